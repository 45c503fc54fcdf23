"""Hands results in: one thread that sends what is in the spool until the server has it.

Nothing leaves the spool before the server has acknowledged it, or has refused it for good.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from qubix_worker.backoff import Backoff
from qubix_worker.client import NOT_OURS, ServerClient
from qubix_worker.errors import ServerError
from qubix_worker.protocol import JobCompletion, JobProgress
from qubix_worker.spool import Entry, Spool

log = logging.getLogger(__name__)

REFUSED = (400, 403, 404, 409, 422)
"""Repeating would not help: the job is somebody else's by now, or gone."""

STOP_SECONDS = 2.0
UNREADABLE_SECONDS = 60.0
PROGRESS_SECONDS = 0.5
"""The least time between two tellings of progress: a chatty job must not flood the server."""
LINES_MOST = 1000
"""How many lines of a job's log wait to be told; of more, the newest stay."""
LINES_BYTES = 40 * 1024
"""The most of them in one request, whose body the server limits to 64 KiB."""


@dataclass(frozen=True)
class Delivered:
    """A result has left the spool. `problem_code` tells why, where the server refused it."""

    job_id: str
    problem_code: str | None = None


class Courier:
    """Sends results and, when there is nothing more urgent, the latest progress."""

    def __init__(
        self,
        client: Callable[[], ServerClient],
        spool: Spool,
        post: Callable[[Delivered], None],
        *,
        backoff: Backoff | None = None,
        progress_seconds: float = PROGRESS_SECONDS,
    ) -> None:
        self._client = client
        self._spool = spool
        self._post = post
        self._backoff = backoff or Backoff(most_seconds=60)
        self._progress_seconds = progress_seconds
        self._progress_backoff = Backoff(first_seconds=progress_seconds, most_seconds=60)
        self._progress_at = time.monotonic()
        """Before then no progress is told."""
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._progress: dict[str, JobProgress] = {}
        self._lock = threading.Lock()
        self._sending: ServerClient | None = None
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def result_is_there(self) -> None:
        """The spool has something new."""
        self._wake.set()

    def progress(self, job_id: str, progress: JobProgress) -> None:
        """Progress to tell: only the latest of each job is told, with all lines of its log since
        the last time (the newest, where they are too many)."""
        with self._lock:
            before = self._progress.get(job_id)
            self._progress[job_id] = _merged(before.log if before else (), progress)
        self._wake.set()

    def stop(self) -> None:
        """Ends the thread; what is in the spool stays for the next start."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_SECONDS)
        if self._thread.is_alive() and self._sending is not None:
            self._sending.cut()  # the result stays in the spool
            self._thread.join(timeout=STOP_SECONDS)

    def _run(self) -> None:
        client = self._sending = self._client()
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self._send_results(client)
                self._send_progress(client)
            except ServerError as error:
                delay = self._backoff.failed(error.retry_after_seconds)
                log.warning("handing in failed: %s; again in %.0f s", error.problem, delay)
                self._stopping.wait(delay)
            except OSError as error:
                delay = self._backoff.failed()
                log.warning("the spool cannot be used: %s; again in %.0f s", error, delay)
                self._stopping.wait(delay)
            except Exception:  # the thread's edge: results must go on being handed in
                log.exception("handing in failed unexpectedly")
                self._stopping.wait(self._backoff.failed())
            else:
                self._backoff.succeeded()
                self._wake.wait(self._seconds_to_rest())
        client.close()

    def _seconds_to_rest(self) -> float | None:
        """Until progress that waits may be told, or a result that could not be read is tried
        again; None where nothing waits."""
        # None is in the spool now but for those that could not be read.
        rest = UNREADABLE_SECONDS if self._spool.job_ids() else None
        with self._lock:
            if not self._progress:
                return rest
        return max(0.0, self._progress_at - time.monotonic())

    def _send_progress(self, client: ServerClient) -> None:
        if time.monotonic() < self._progress_at:
            return
        with self._lock:
            jobs = tuple(self._progress)
        for job_id in jobs:
            try:
                self._tell(client, job_id)
            except ServerError as error:
                delay = self._progress_backoff.failed(error.retry_after_seconds)
                self._progress_at = time.monotonic() + delay
                return
        if jobs:
            self._progress_backoff.succeeded()
            self._progress_at = time.monotonic() + self._progress_seconds

    def _tell(self, client: ServerClient, job_id: str) -> None:
        """Tells what waits of that job; what does not fit into one request waits for the next.
        Raises ServerError where it may be told later."""
        with self._lock:
            waiting = self._progress.pop(job_id, None)
            if waiting is None:
                return
            told, rest = _fitting(waiting)
            if rest.log:
                self._progress[job_id] = rest
        try:
            client.progress(job_id, told)
        except ServerError as error:
            log.info("progress of job %s not told: %s", job_id, error.problem.happened)
            if error.status in REFUSED and error.problem.code != NOT_OURS:
                with self._lock:
                    self._progress.pop(job_id, None)
                return
            with self._lock:
                newer = self._progress.get(job_id, dataclasses.replace(told, log=()))
                self._progress[job_id] = _merged(told.log, newer)
            raise

    def _send_results(self, client: ServerClient) -> None:
        while entries := self._spool.pending():
            for entry in entries:
                if self._stopping.is_set():
                    return
                self._send(client, entry)

    def _send(self, client: ServerClient, entry: Entry) -> None:
        with contextlib.suppress(ServerError):
            self._tell(client, entry.job_id)  # its last words: after its end the server takes none
        problem_code = None
        try:
            client.complete(entry.job_id, entry.completion)
        except ServerError as error:
            if error.status == 413:
                client.complete(entry.job_id, _too_large(entry.completion))
            elif error.status in REFUSED and error.problem.code != NOT_OURS:
                log.warning("the result of job %s was refused: %s", entry.job_id, error.problem)
                problem_code = error.problem.code
            else:
                raise
        with self._lock:
            self._progress.pop(entry.job_id, None)
        self._spool.remove(entry)
        self._post(Delivered(entry.job_id, problem_code))


def _too_large(completion: JobCompletion) -> JobCompletion:
    return JobCompletion(
        "failed",
        error="The result is larger than the server takes.",
        metrics=completion.metrics,
        attempt=completion.attempt,
    )


def _merged(earlier: tuple[str, ...], progress: JobProgress) -> JobProgress:
    """`progress` with the lines that were there before it, in their order."""
    return dataclasses.replace(progress, log=(*earlier, *progress.log)[-LINES_MOST:])


def _fitting(progress: JobProgress) -> tuple[JobProgress, JobProgress]:
    """As many of the oldest lines as fit into a request, and the rest."""
    size = count = 0
    for line in progress.log:
        size += len(json.dumps(line)) + 2
        if size > LINES_BYTES and count:
            break
        count += 1
    told = dataclasses.replace(progress, log=progress.log[:count])
    return told, dataclasses.replace(progress, log=progress.log[count:])
