"""Hands results in: one thread that sends what is in the spool until the server has it.

Nothing leaves the spool before the server has acknowledged it, or has refused it for good. A result
that does not get through while other calls do holds up neither the others nor progress; in the end
the server is told that it will not come, and it is kept aside.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from qubix_worker.backoff import Backoff
from qubix_worker.client import ServerClient
from qubix_worker.errors import Problem, ServerError
from qubix_worker.failures import CUT, NOT_OURS
from qubix_worker.protocol import JobCompletion, JobProgress
from qubix_worker.spool import Entry, Spool

log = logging.getLogger(__name__)

REFUSED = (400, 403, 404, 409, 422)
"""Repeating would not help: the job is somebody else's by now, or gone."""
FOR_ALL = (401, 407, 429, 511)
"""What is refused in this way is so whatever is sent: a stranger, or one who must sign in first,
or too much at once."""

UNFIT = (400, 413, 422)
"""Where the server itself says so of a result, it takes the job's end without one."""
REFUSED_ON_THE_WAY = "refused_on_the_way"

IN_VAIN = 3
"""After so many failures in a row no more is sent for now: it is not about single results."""

NOT_THERE = ("name_not_found", "refused", "proxy_unreachable", CUT)
"""How it looks when the server could not even be spoken to."""

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
    problem: Problem | None = None
    """What a person should know, where it did not get to the server."""


@dataclass(frozen=True)
class Patience:
    """With a result that does not get through though the server can be had: it may be as large as
    results are, so it is sent less and less often."""

    first_seconds: float = 2.0
    most_seconds: float = 3600.0
    seconds: float = 24 * 3600.0
    """How long it must have waited before it is given up; a size that something on the way does
    not take (413) is a matter of settings there, and does not mend by waiting."""
    tries: int = 3
    """How often it must have failed, in this run of the worker, while the server could be had."""


class _Rest:
    """A single result that is not sent for now."""

    def __init__(self, backoff: Backoff) -> None:
        self.backoff = backoff
        self.until = 0.0
        self.tries = 0


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
        session: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        """`session`: tells this run of the worker from others; a new one where none is given."""
        self._client = client
        self._spool = spool
        self._post = post
        self._backoff = backoff or Backoff(most_seconds=60)
        self._progress_seconds = progress_seconds
        self._progress_backoff = Backoff(first_seconds=progress_seconds, most_seconds=60)
        self._progress_at = time.monotonic()
        """Before then no progress is told."""
        self._refused: set[str] = set()
        """The names of the results that could not be handed in just now."""
        self._in_a_row = 0
        """How many could not since the last that could."""
        self._refused_until = 0.0
        """Before then they are not tried again."""
        self._patience = patience or Patience()
        self._rests: dict[str, _Rest] = {}
        """Those that do not get through while other calls do, by their names."""
        self._not_now: set[str] = set()
        """Those of them that are not sent in this round, or were."""
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._progress: dict[str, JobProgress] = {}
        """What waits to be told of each job."""
        self._doubtful: dict[str, JobProgress] = {}
        """What was told of a job, and not acknowledged: it is told again as it was, under its
        number, so that the server can see whether it has it already."""
        self._session = session or secrets.token_hex(8)
        self._reports = 0
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
            except OSError as error:
                delay = self._backoff.failed()
                log.warning("the spool cannot be used: %s; again in %.0f s", error, delay)
                self._stopping.wait(delay)
            except Exception:  # the thread's edge: results must go on being handed in
                log.exception("handing in failed unexpectedly")
                self._stopping.wait(self._backoff.failed())
            else:
                if not self._refused:
                    self._backoff.succeeded()
                self._wake.wait(self._seconds_to_rest())
        client.close()

    def _seconds_to_rest(self) -> float | None:
        """Until progress that waits may be told, or a result that was refused or could not be read
        is tried again; None where nothing waits."""
        now = time.monotonic()
        waits = []
        if self._spool.job_ids() or self._spool.is_hidden:
            # None is in the spool now but for these.
            waits += [
                rest.until - now for name, rest in self._rests.items() if name in self._not_now
            ]
            waits.append(self._refused_until - now if self._refused else UNREADABLE_SECONDS)
        with self._lock:
            if self._progress or self._doubtful:
                waits.append(self._progress_at - now)
        return max(0.0, min(waits)) if waits else None

    def _send_progress(self, client: ServerClient) -> None:
        if time.monotonic() < self._progress_at:
            return
        with self._lock:
            # What could not be told comes last: it may be the only one that does not get through.
            fresh = [job_id for job_id in self._progress if job_id not in self._doubtful]
            jobs = (*fresh, *self._doubtful)
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

    def _tell(self, client: ServerClient, job_id: str) -> bool:
        """Tells what waits of that job, or as much of it as fits into one request; whether there
        was something that the server took. Raises ServerError where it may be told later."""
        with self._lock:
            told = self._doubtful.pop(job_id, None) or self._next_report(job_id)
            if told is None:
                return False
            self._doubtful[job_id] = told
        try:
            client.progress(job_id, told)
        except ServerError as error:
            log.info("progress of job %s not told: %s", job_id, error.problem.happened)
            if error.status not in REFUSED or error.problem.code == NOT_OURS:
                raise
            self._drop_progress(job_id)
            return False
        with self._lock:
            self._doubtful.pop(job_id, None)
        return True

    def _next_report(self, job_id: str) -> JobProgress | None:
        waiting = self._progress.pop(job_id, None)
        if waiting is None:
            return None
        told, rest = _fitting(waiting)
        if rest.log:
            self._progress[job_id] = rest
        self._reports += 1
        return dataclasses.replace(told, session=self._session, report=self._reports)

    def _drop_progress(self, job_id: str) -> None:
        with self._lock:
            self._progress.pop(job_id, None)
            self._doubtful.pop(job_id, None)

    def _send_results(self, client: ServerClient) -> None:
        """Sends what waits, until it is in vain. What could not be sent comes after all else the
        next time."""
        if time.monotonic() >= self._refused_until:
            self._refused.clear()
            self._in_a_row = 0
        # Each of them once: on a poor connection the first may be due again by the end of it.
        self._not_now = self._resting()
        while entries := self._spool.pending(besides=self._refused | self._not_now):
            for entry in entries:
                if self._stopping.is_set() or self._in_a_row >= IN_VAIN:
                    return
                try:
                    self._send(client, entry)
                except ServerError as error:
                    self._not_sent(client, entry, error)
                except OSError as error:
                    self._set_back(entry, f"the spool does not let go of it: {error}")
                else:
                    self._in_a_row = 0

    def _resting(self) -> set[str]:
        now, waiting = time.monotonic(), self._spool.job_ids()
        for name in [name for name in self._rests if name.rpartition("-")[0] not in waiting]:
            del self._rests[name]
        return {name for name, rest in self._rests.items() if rest.until > now}

    def _not_sent(self, client: ServerClient, entry: Entry, error: ServerError) -> None:
        """Finds out whether it is about this result alone. If so, it rests, or is given up."""
        if not self._is_about_it(client, error):
            self._set_back(entry, str(error.problem), error.retry_after_seconds)
            if _is_for_all(error):
                self._in_a_row = IN_VAIN
            return
        most = self._patience
        fresh = _Rest(Backoff(first_seconds=most.first_seconds, most_seconds=most.most_seconds))
        rest = self._rests.setdefault(entry.name, fresh)
        self._spool.postpone(entry)
        self._not_now.add(entry.name)
        rest.tries += 1
        seconds = rest.backoff.failed()
        rest.until = time.monotonic() + seconds
        happened = error.problem.happened
        log.warning(
            "job %s does not get through, other calls do: %s; again in %.0f s",
            entry.job_id,
            happened,
            seconds,
        )
        waited = error.status == 413 or self._spool.age_seconds(entry) >= most.seconds
        if waited and rest.tries >= most.tries:
            self._give_up(client, entry, happened)

    def _is_about_it(self, client: ServerClient, error: ServerError) -> bool:
        """Whether another call gets through now, though this one did not."""
        if error.status in FOR_ALL or error.retry_after_seconds is not None:
            return False
        if error.problem.code in NOT_THERE or self._stopping.is_set():
            return False
        try:
            return client.is_known()
        except ServerError:
            return False

    def _give_up(self, client: ServerClient, entry: Entry, happened: str) -> None:
        """Tells the server that the result will not come; where even that does not get through, it
        goes on as before."""
        told = _without_result(
            entry.completion,
            f"The result could not be handed in, though the server could be reached: {happened} "
            "The computer that did the job keeps it for a while (spool/refused).",
        )
        try:
            code = _hand_in(client, entry.job_id, told)
            self._spool.set_apart(entry)
        except (ServerError, OSError) as error:
            log.warning("job %s could not be given up: %s", entry.job_id, error)
            return
        self._drop_progress(entry.job_id)
        del self._rests[entry.name]
        problem = Problem(
            REFUSED_ON_THE_WAY,
            f"The result of a job could not be handed in: {happened}",
            "Tell the people who run the network. The result is kept in the folder spool/refused.",
        )
        self._post(Delivered(entry.job_id, code or REFUSED_ON_THE_WAY, problem))

    def _set_back(self, entry: Entry, why: str, at_least_seconds: float | None = None) -> None:
        """Tries that one again later, and meanwhile the others."""
        self._spool.postpone(entry)
        now = time.monotonic()
        if not self._refused:
            self._refused_until = now + self._backoff.failed(at_least_seconds)
        self._refused_until = max(self._refused_until, now + (at_least_seconds or 0.0))
        self._refused.add(entry.name)
        self._in_a_row += 1
        seconds = max(0.0, self._refused_until - now)
        log.warning("handing in job %s failed: %s; again in %.0f s", entry.job_id, why, seconds)

    def _send(self, client: ServerClient, entry: Entry) -> None:
        with contextlib.suppress(ServerError):
            while self._tell(client, entry.job_id):
                pass  # its last words: after its end the server takes none
        problem_code = _hand_in(client, entry.job_id, entry.completion)
        self._drop_progress(entry.job_id)
        self._spool.remove(entry)
        self._post(Delivered(entry.job_id, problem_code))


def _hand_in(client: ServerClient, job_id: str, completion: JobCompletion) -> str | None:
    """Why it was refused for good, as a code, or None. Raises ServerError where it was not."""
    try:
        client.complete(job_id, completion)
    except ServerError as error:
        if error.problem.code == NOT_OURS:
            raise
        if error.status in UNFIT and completion.result is not None:
            log.warning(
                "the result of job %s is not taken (%s): %s",
                job_id, error.problem.code, error.problem,
            )  # fmt: skip
            why = error.problem.happened
            if error.status == 413:
                why = "The result is larger than the server takes."
            return _hand_in(client, job_id, _without_result(completion, why))
        if error.status not in REFUSED:
            raise
        log.warning(
            "the result of job %s was refused (%s): %s", job_id, error.problem.code, error.problem
        )
        return error.problem.code
    return None


def _is_for_all(error: ServerError) -> bool:
    """Whether other results would not be taken either, or the server wants none for a while."""
    return error.status is None or error.status in FOR_ALL or error.retry_after_seconds is not None


def _without_result(completion: JobCompletion, why: str) -> JobCompletion:
    return JobCompletion(
        "failed",
        error=why,
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
