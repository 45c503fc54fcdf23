"""The heartbeat: tells the server how this computer is, for as long as the worker runs.

Two threads. The one asks for a fresh report each time, sends it, and hands every outcome on as a
value; the server may hold its answer until there is something to tell: a job, or the end of one.
The other, at its side, tells news while an answer is held, and notices that the computer has slept.
Only the first one's answers bring jobs: so no answer that is older than a job's end can begin it
once more.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from qubix_worker.backoff import Backoff
from qubix_worker.client import READ_SECONDS, ServerClient
from qubix_worker.clocks import GLANCE_SECONDS, Clocks
from qubix_worker.errors import Problem, QubixError, ServerError
from qubix_worker.failures import CUT, FORGOTTEN, NOT_OURS, TooLongError
from qubix_worker.pending import UnreadableJob
from qubix_worker.protocol import SLOTS_MOST, Heartbeat, HeartbeatAnswer

log = logging.getLogger(__name__)

WAIT_SECONDS_MOST = 25.0
"""The longest that a server holds an answer."""

ASIDE_SECONDS = 3.0
"""The patience of a heartbeat that a person waits for; also the most that `stop` takes."""

LOST = ("refused", "no_network", "timeout")
"""How it looks when a server has gone."""

NEWS_AT_ONCE = 20
NEWS_PER_SECOND = 4.0
"""How often news is told without being asked for: enough for jobs of half a second, one after the
other; a script that pauses and resumes without end is told of no more often."""

REFUSED_AT_ONCE = 8
"""How many jobs that cannot be read are refused after one heartbeat; the next must not wait."""
TOO_LONG = "The server's answer was too long to be read."
NOTED_MOST = 64
"""So many of them are remembered, so that the log tells of each once."""


@dataclass(frozen=True)
class Beat:
    """The server has acknowledged a heartbeat."""

    answer: HeartbeatAnswer
    at: float
    told: Heartbeat


@dataclass(frozen=True)
class BeatFailed:
    """A heartbeat did not get through; the next try is at `retry_at` (seconds since the epoch)."""

    problem: Problem
    retry_at: float
    forgotten: bool
    """The server does not know this computer: waiting will not help."""


class Bucket:
    """How often something may happen: `most` times at once, then so many times a second. For
    several threads."""

    def __init__(
        self, most: float, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._per_second = per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._left = most
        self._at = clock()

    def take(self) -> float:
        """0 where it may happen now, which is then counted; else the seconds until it may."""
        with self._lock:
            now = self._clock()
            self._left = min(self._most, self._left + (now - self._at) * self._per_second)
            self._at = now
            if self._left < 1.0:
                return (1.0 - self._left) / self._per_second
            self._left -= 1.0
            return 0.0


class Link:
    """Heartbeats until `stop`. `client` makes a connection of this patience (seconds)
    for each thread that needs one. `acknowledged` takes each report that the server has, on the
    thread that told it, before the next is asked for there."""

    def __init__(
        self,
        client: Callable[[float], ServerClient],
        report: Callable[[], Heartbeat],
        post: Callable[[Beat | BeatFailed], None],
        acknowledged: Callable[[Heartbeat], None] = lambda report: None,
        *,
        interval_seconds: float,
        backoff: Backoff | None = None,
        clocks: Clocks | None = None,
        glance_seconds: float = GLANCE_SECONDS,
    ) -> None:
        self._client = client
        self._report = report
        self._post = post
        self._heard = acknowledged
        self._interval = interval_seconds
        self._backoff = backoff or Backoff()
        self._clocks = clocks
        self._glance = glance_seconds
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._slept = threading.Event()
        self._news = threading.Event()
        self._waiting = False
        self._acknowledged = False
        self._spread = 0.0
        self._slots_most = SLOTS_MOST
        """More is not asked for, after an answer that was too long to be read."""
        self._bucket = Bucket(NEWS_AT_ONCE, NEWS_PER_SECOND)
        """For the heartbeats that nothing but news is the reason of."""
        self._noted: dict[tuple[str | None, str], None] = {}
        """The jobs that could not be read, as far as the log tells of them."""
        self._main: ServerClient | None = None
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._aside = threading.Thread(target=self._run_aside, name="heartbeat-aside", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._aside.start()

    def beat_soon(self) -> None:
        """Something has changed that the server should know before the next heartbeat is due."""
        self._wake.set()
        if self._waiting:
            # The thread stands in an answer that the server holds: tell it on another connection.
            self._news.set()

    def stop(self) -> None:
        """Ends the heartbeats with a last one that says so, if the server can be had at once."""
        self._stopping.set()
        self._wake.set()
        self._news.set()
        if self._aside.is_alive():
            self._aside.join(timeout=ASIDE_SECONDS)
        if self._main is not None:
            self._main.cut()

    # --- The one -------------------------------------------------------------------------------

    def _run(self) -> None:
        client = self._main = self._client(READ_SECONDS)
        while not self._stopping.is_set():
            self._wake.clear()
            began = time.monotonic()
            due, floor = self._beat(client)
            self._rest(began + due, began + floor)
        client.close()

    def _rest(self, until: float, floor: float) -> None:
        """Waits until then, or until there is news, though not before `floor`; the computer's
        waking up ends it in any case."""
        while not self._stopping.is_set() and not self._slept.is_set():
            now = time.monotonic()
            if now >= until:
                return
            if not self._wake.is_set():
                self._wake.wait(until - now)
                continue
            # There is news; but the server may have asked for patience, or there was much of it.
            seconds = floor - now if now < floor else self._bucket.take()
            if seconds <= 0:
                return
            self._slept.wait(min(seconds, until - now, self._glance))

    def _wait_for(self, report: Heartbeat) -> float:
        """How long the answer may be held: not at all before one has been acknowledged, since an
        answer that is held tells nothing to a person who waits for "online"."""
        if report.status not in ("online", "busy") or not self._acknowledged:
            return 0.0
        return min(WAIT_SECONDS_MOST, self._interval)

    def _beat(self, client: ServerClient) -> tuple[float, float]:
        """One heartbeat; returns the seconds from its beginning until the next is due, and before
        which there must not be one."""
        began = time.monotonic()
        if self._slept.is_set():
            self._slept.clear()
            # What failed before the sleep tells nothing about now, and no crowd has slept with us.
            self._backoff.succeeded()
            self._spread = 0.0
        try:
            # Before the report is made: what changes after it is told aside.
            self._waiting = self._acknowledged
            report = self._told()
            wait = self._wait_for(report)
            self._waiting = wait > 0
            unreadable: list[UnreadableJob] = []
            answer = client.heartbeat(report, wait, unreadable.append)
            self._heard(report)
        except ServerError as error:
            if error.problem.code == CUT:
                return 0.0, 0.0
            if isinstance(error, TooLongError):
                self._slots_most = 0
            if self._acknowledged and _is_lost(error):
                self._spread = lost_spread(self._interval)
            self._acknowledged = False
            floor = error.retry_after_seconds or 0.0
            delay = self._backoff.failed(floor, spread_seconds=self._spread)
            log.warning(
                "heartbeat failed (%s): %s (again in %.0f s)",
                error.problem.code, error.problem, delay,
            )  # fmt: skip
            forgotten = error.status in FORGOTTEN and error.problem.code != NOT_OURS
            self._post(BeatFailed(error.problem, time.time() + delay, forgotten))
            took = time.monotonic() - began
            return took + delay, took + floor
        except Exception as error:  # the thread's edge: the heartbeat must go on
            self._acknowledged = False
            delay = self._backoff.failed()
            log.exception("a heartbeat failed unexpectedly")
            self._post(BeatFailed(_unexpected(error), time.time() + delay, forgotten=False))
            return time.monotonic() - began + delay, 0.0
        finally:
            self._waiting = False
        self._backoff.succeeded()
        self._spread = 0.0
        gave_back, self._slots_most = not self._slots_most, self._more_slots()
        self._interval = answer.heartbeat_interval_seconds
        self._post(Beat(answer, time.time(), report))
        self._refuse(client, unreadable, report.current_jobs or ())
        first, self._acknowledged = not self._acknowledged, True
        # A server that has held its answer to the end has nothing: let it hold the next one, so
        # that a job need never wait for a heartbeat to be due. One that does not hold any is
        # not asked again before its interval is over.
        held = wait > 0 and time.monotonic() - began > 0.9 * wait
        if (first or held) and not answer.pending_jobs and not gave_back:
            return 0.0, 0.0
        return self._interval, 0.0

    def _told(self) -> Heartbeat:
        """The report, as it is told: after an answer that was too long, jobs that were given and
        not begun are given back first, then few are asked for at a time. Else the same answer
        would come for ever."""
        report = self._report()
        if report.status not in ("online", "busy") or report.free_slots is None:
            return report
        if not self._slots_most:
            return replace(report, status="paused", free_slots=0, pause_reason=TOO_LONG)
        return replace(report, free_slots=min(report.free_slots, self._slots_most))

    def _more_slots(self) -> int:
        return min(2 * self._slots_most, SLOTS_MOST) or 1

    def _refuse(
        self, client: ServerClient, jobs: Sequence[UnreadableJob], held: Sequence[str]
    ) -> None:
        """Tells the server of jobs that cannot be read, but of none that is at work here. Those
        that it does not hear of come again with the next answer."""
        for job in jobs[:REFUSED_AT_ONCE]:
            if job.id in held:
                continue
            if (job.id, job.why) not in self._noted:
                log.warning("a job was left out, %s: %s", job.id or "which has no name", job.why)
                self._noted[job.id, job.why] = None
                for oldest in list(self._noted)[:-NOTED_MOST]:
                    del self._noted[oldest]
            if job.id is None:
                continue
            try:
                client.complete(job.id, job.refusal)
            except ServerError as error:
                log.info("job %s could not be refused: %s", job.id, error.problem.happened)
                return

    # --- The other -----------------------------------------------------------------------------

    def _run_aside(self) -> None:
        client = self._client(ASIDE_SECONDS)
        clocks = self._clocks or Clocks()
        while not self._stopping.is_set():
            news = self._news.wait(self._glance)
            if news:  # else what comes just now would be lost
                self._news.clear()
            if clocks.passed().in_sleep:
                self._woke_up()
            elif news and not self._stopping.is_set():
                if seconds := self._bucket.take():
                    self._stopping.wait(seconds)
                    self._news.set()  # the state as it is then
                else:
                    self._beat_aside(client)
        self._beat_aside(client)
        client.close()

    def _woke_up(self) -> None:
        """The connections from before are dead by now, and nobody has said so."""
        log.info("the computer has slept, or its clock was set: telling the server at once")
        self._slept.set()
        self._wake.set()
        if self._main is not None:
            self._main.cut()

    def _beat_aside(self, client: ServerClient) -> None:
        try:
            report = self._told()
            answer = client.heartbeat(report)
            self._heard(report)
        except QubixError as error:
            log.info("a heartbeat on the side failed: %s", error.problem.happened)
        except Exception:  # the thread's edge
            log.exception("a heartbeat on the side failed unexpectedly")
        else:
            if answer.pending_jobs and self._main is not None and not self._stopping.is_set():
                # The server has a job for us, and our other heartbeat stands in its way.
                self._main.cut()


def lost_spread(interval_seconds: float) -> float:
    """Over how long a fleet that has lost its server comes back, at the least: at twice the rate of
    its usual heartbeats, and not all at once, however short the server was away."""
    return interval_seconds / 2


def _is_lost(error: ServerError) -> bool:
    if error.status is None:
        return error.problem.code in LOST
    return error.status >= 500 or error.status == 429


def _unexpected(error: Exception) -> Problem:
    return Problem(
        "internal",
        f"Talking to the network failed in an unexpected way ({type(error).__name__}).",
        "It goes on trying. If it lasts, tell the people who run the network; the log says more.",
    )
