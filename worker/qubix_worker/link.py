"""The heartbeat: one thread that tells the server how this computer is, for as long as it runs.

It asks for a fresh report each time and hands every outcome on as a value; it decides nothing.
The server may hold its answer until there is something to tell: a job, or the end of one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from qubix_worker.backoff import Backoff
from qubix_worker.client import FORGOTTEN, NOT_OURS, READ_SECONDS, ServerClient
from qubix_worker.errors import Problem, QubixError, ServerError
from qubix_worker.protocol import Heartbeat, HeartbeatAnswer

log = logging.getLogger(__name__)

WAIT_SECONDS_MOST = 25.0
"""The longest that a server holds an answer."""

ASIDE_SECONDS = 3.0
"""The patience of a heartbeat that a person waits for."""


@dataclass(frozen=True)
class Beat:
    """The server has acknowledged a heartbeat."""

    answer: HeartbeatAnswer
    at: float


@dataclass(frozen=True)
class BeatFailed:
    """A heartbeat did not get through; the next try is at `retry_at` (seconds since the epoch)."""

    problem: Problem
    retry_at: float
    forgotten: bool
    """The server does not know this computer: waiting will not help."""


class Link:
    """Heartbeats until `stop`. `client` makes a connection of this patience (seconds)
    for each thread that needs one."""

    def __init__(
        self,
        client: Callable[[float], ServerClient],
        report: Callable[[], Heartbeat],
        post: Callable[[Beat | BeatFailed], None],
        *,
        interval_seconds: float,
        backoff: Backoff | None = None,
    ) -> None:
        self._client = client
        self._report = report
        self._post = post
        self._interval = interval_seconds
        self._backoff = backoff or Backoff()
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._waiting = False
        self._acknowledged = False
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def beat_soon(self) -> None:
        """Something has changed that the server should know before the next heartbeat is due."""
        self._wake.set()
        if self._waiting:
            # The thread stands in an answer that the server holds: tell it on another connection.
            threading.Thread(target=self._beat_aside, name="heartbeat-aside", daemon=True).start()

    def stop(self) -> None:
        """Ends the heartbeats with a last one that says so, if the server can be had at once."""
        self._stopping.set()
        self._wake.set()
        self._beat_aside()

    def _run(self) -> None:
        client = self._client(READ_SECONDS)
        while not self._stopping.is_set():
            self._wake.clear()
            began = time.monotonic()
            report = self._report()
            delay = self._beat(client, report, self._wait_for(report))
            self._wake.wait(max(0.0, delay - (time.monotonic() - began)))
        client.close()

    def _wait_for(self, report: Heartbeat) -> float:
        """How long the answer may be held: not at all before one has been acknowledged, since an
        answer that is held tells nothing to a person who waits for "online"."""
        if report.status not in ("online", "busy") or not self._acknowledged:
            return 0.0
        return min(WAIT_SECONDS_MOST, self._interval)

    def _beat(self, client: ServerClient, report: Heartbeat, wait: float) -> float:
        """One heartbeat; returns the seconds from its beginning until the next is due."""
        began = time.monotonic()
        self._waiting = wait > 0
        try:
            answer = client.heartbeat(report, wait)
        except ServerError as error:
            self._acknowledged = False
            delay = self._backoff.failed(error.retry_after_seconds)
            log.warning("heartbeat failed: %s; again in %.0f s", error.problem.happened, delay)
            forgotten = error.status in FORGOTTEN and error.problem.code != NOT_OURS
            self._post(BeatFailed(error.problem, time.time() + delay, forgotten))
            return time.monotonic() - began + delay
        except Exception as error:  # the thread's edge: the heartbeat must go on
            self._acknowledged = False
            delay = self._backoff.failed()
            log.exception("a heartbeat failed unexpectedly")
            self._post(BeatFailed(_unexpected(error), time.time() + delay, forgotten=False))
            return time.monotonic() - began + delay
        finally:
            self._waiting = False
        self._backoff.succeeded()
        self._interval = answer.heartbeat_interval_seconds
        self._post(Beat(answer, time.time()))
        first, self._acknowledged = not self._acknowledged, True
        return 0.0 if first else self._interval

    def _beat_aside(self) -> None:
        client = self._client(ASIDE_SECONDS)
        try:
            client.heartbeat(self._report())
        except QubixError as error:
            log.info("a heartbeat on the side failed: %s", error.problem.happened)
        finally:
            client.close()


def _unexpected(error: Exception) -> Problem:
    return Problem(
        "internal",
        f"The heartbeat failed in an unexpected way ({type(error).__name__}).",
        "It is tried again by itself; the log tells more.",
    )
