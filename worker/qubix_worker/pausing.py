"""What pauses the worker at this moment, and how long its jobs may stand still meanwhile.

A person's pause comes before the computer's own rest. Both classes belong to the thread that owns
the worker's state. A pause for an hour is over after an hour, by a clock that nobody sets; one
until six o'clock when the clock on the wall says so. Over a restart only the latter goes on: then
it counts for both, and no pause lasts longer than it was asked for.
"""

from __future__ import annotations

import dataclasses
import logging
import math
import time
from collections.abc import Callable
from pathlib import Path

from qubix_worker import clocks
from qubix_worker.guest.rules import Rest
from qubix_worker.jobs import JobRunner
from qubix_worker.pause import Pause, load, save
from qubix_worker.settings import Settings

log = logging.getLogger(__name__)

FROZEN_SECONDS_MOST = 600.0
"""A job that has stood still for this long is given back: another computer may do it sooner."""

LOOK_SECONDS = 60.0
"""How often the clock on the wall is looked at while a pause lasts: it may be set meanwhile."""

MOVED_SECONDS = 2.0
"""The clock on the wall has been set where it parts by more than this from the one nobody sets."""


class Pausing:
    """The pause that holds. What a person asked for is kept at `path`, over a restart."""

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], float] = time.time,
        lasting: Callable[[], float] = clocks.lasting,
    ) -> None:
        self._path = path
        self._now = now
        self._lasting = lasting
        self._rest: Pause | None = None
        self._asked = load(path)
        self._is_kept = True
        """Whether it was asked for before this worker began."""
        self._ends = self._end(self._asked)

    @property
    def holds(self) -> Pause | None:
        return self._asked or self._rest

    def ask(self, pause: Pause | None) -> None:
        """A person wants this; None: to resume."""
        self._is_kept = False
        self._ends = self._end(pause)
        self._keep(pause)

    def rest(self, rest: Rest | None) -> None:
        """The computer's own state asks for this."""
        self._rest = Pause(rest.by, rest.until, rest.reason) if rest else None

    def seconds_left(self) -> float:
        """Until `look_at_the_clocks` is to be called next; infinite where nothing ends."""
        asked = self._asked
        if asked is None or asked.until is None:
            return math.inf
        return 0.0 if self._is_moved(asked, asked.until) else min(self._left(asked), LOOK_SECONDS)

    def look_at_the_clocks(self) -> bool:
        """Ends a person's pause that is over; says of one whose end the clock on the wall shows
        otherwise now, since it was set, when that is. Whether what holds has changed."""
        asked = self._asked
        if asked is None or asked.until is None:
            return False
        if (left := self._left(asked)) <= 0:
            self.ask(None)
            return True
        if not self._is_moved(asked, asked.until):
            return False
        self._keep(dataclasses.replace(asked, until=self._now() + left))
        return True

    def _keep(self, pause: Pause | None) -> None:
        self._asked = pause
        try:
            save(self._path, pause)
        except OSError:
            log.exception("the pause could not be kept; it holds until the worker ends")

    def _end(self, pause: Pause | None) -> float:
        """When it is over by the clock that nobody sets."""
        if pause is None or pause.until is None or pause.seconds is None:
            return math.inf
        return self._lasting() + min(pause.seconds, pause.until - self._now())

    def _left(self, pause: Pause) -> float:
        by_wall = math.inf if pause.until is None else pause.until - self._now()
        if pause.seconds is None:
            return by_wall
        left = self._ends - self._lasting()
        return min(left, by_wall) if self._is_kept else left

    def _is_moved(self, pause: Pause, until: float) -> bool:
        return abs(self._now() + self._left(pause) - until) > MOVED_SECONDS


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
