"""What pauses the worker at this moment, and how long its jobs may stand still meanwhile.

A person's pause comes before the computer's own rest. Both classes belong to the thread that owns
the worker's state. Where a time is given, two clocks count towards it: the one on the wall, which
may be set, and the steady one, so that an hour is over after an hour in any case.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from pathlib import Path

from qubix_worker.guest.rules import Rest
from qubix_worker.jobs import JobRunner
from qubix_worker.pause import Pause, load, save
from qubix_worker.settings import Settings

log = logging.getLogger(__name__)

FROZEN_SECONDS_MOST = 600.0
"""A job that has stood still for this long is given back: another computer may do it sooner."""

LOOK_SECONDS = 60.0
"""How often the clock on the wall is looked at while a pause lasts: it may be set meanwhile."""


class Pausing:
    """The pause that holds. What a person asked for is kept at `path`, over a restart."""

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._now = now
        self._monotonic = monotonic
        self._rest: Pause | None = None
        self._asked = load(path)
        self._ends = self._end(self._asked)

    @property
    def holds(self) -> Pause | None:
        return self._asked or self._rest

    def ask(self, pause: Pause | None) -> None:
        """A person wants this; None: to resume."""
        self._asked, self._ends = pause, self._end(pause)
        try:
            save(self._path, pause)
        except OSError:
            log.exception("the pause could not be kept; it holds until the worker ends")

    def rest(self, rest: Rest | None) -> None:
        """The computer's own state asks for this."""
        self._rest = Pause(rest.by, rest.until, rest.reason) if rest else None

    def seconds_left(self) -> float:
        """Until `end_what_is_over` is to be called next, infinite where nothing ends by itself."""
        if self._asked is None or self._asked.until is None:
            return math.inf
        left = min(self._asked.until - self._now(), self._ends - self._monotonic())
        return min(left, LOOK_SECONDS)

    def end_what_is_over(self) -> bool:
        """Ends a person's pause that is over by either clock. Whether there was one."""
        asked = self._asked
        if asked is None or not (self._monotonic() >= self._ends or asked.is_over(self._now())):
            return False
        self.ask(None)
        return True

    def _end(self, pause: Pause | None) -> float:
        """When it is over by the steady clock."""
        if pause is None or pause.until is None:
            return math.inf
        return self._monotonic() + pause.until - self._now()


class Standstill:
    """Jobs that stand still while a pause lasts, for a while at the most."""

    def __init__(self, jobs: JobRunner, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._jobs = jobs
        self._monotonic = monotonic
        self._since: float | None = None

    def begin(self) -> None:
        self._jobs.freeze()
        self._since = self._monotonic()

    def end(self) -> bool:
        """Lets them go on. Whether any stood still."""
        if self._since is None:
            return False
        self._since = None
        self._jobs.thaw()
        return True

    def forget(self) -> None:
        """No job is left that could stand still."""
        self._since = None

    def seconds_left(self) -> float:
        """Until it has lasted too long; infinite where none stands still."""
        if self._since is None:
            return math.inf
        return self._since + FROZEN_SECONDS_MOST - self._monotonic()


def stands_still(pause: Pause, settings: Settings, now: float) -> bool:
    """Whether jobs at work wait for the end of a pause that begins; else they are given back."""
    is_long = pause.until is not None and pause.until - now > FROZEN_SECONDS_MOST
    return settings.when_paused == "freeze" and not is_long
