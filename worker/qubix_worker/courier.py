"""Hands results in: one thread that sends what is in the spool until the server has it.

Nothing leaves the spool before the server has acknowledged it, or has refused it for good.
"""

from __future__ import annotations

import logging
import threading
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
    ) -> None:
        self._client = client
        self._spool = spool
        self._post = post
        self._backoff = backoff or Backoff(most_seconds=60)
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._progress: dict[str, JobProgress] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def result_is_there(self) -> None:
        """The spool has something new."""
        self._wake.set()

    def progress(self, job_id: str, progress: JobProgress) -> None:
        """Progress to tell; only the latest of each job is told."""
        with self._lock:
            self._progress[job_id] = progress
        self._wake.set()

    def stop(self) -> None:
        """Ends the thread; what is in the spool stays for the next start."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        client = self._client()
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self._send_progress(client)
                self._send_results(client)
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
                self._wake.wait()
        client.close()

    def _send_progress(self, client: ServerClient) -> None:
        with self._lock:
            told, self._progress = self._progress, {}
        for job_id, progress in told.items():
            try:
                client.progress(job_id, progress)
            except ServerError as error:
                # Progress is news, not a fact to keep: the next line replaces it.
                log.info("progress of job %s not told: %s", job_id, error.problem.happened)

    def _send_results(self, client: ServerClient) -> None:
        while entries := self._spool.pending():
            for entry in entries:
                if self._stopping.is_set():
                    return
                self._send(client, entry)

    def _send(self, client: ServerClient, entry: Entry) -> None:
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
        self._spool.remove(entry)
        self._post(Delivered(entry.job_id, problem_code))


def _too_large(completion: JobCompletion) -> JobCompletion:
    return JobCompletion(
        "failed",
        error="The result is larger than the server takes.",
        metrics=completion.metrics,
        attempt=completion.attempt,
    )
