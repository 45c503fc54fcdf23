"""The time of a container's job, which its child process keeps itself."""

from __future__ import annotations

import time
from collections.abc import Callable

STILL_SECONDS = 0.5
"""A longer time between two ticks is one in which this process was frozen, or its computer slept.
"""


class OverdueError(Exception):
    """The job's time is over."""


class Clock:
    """Counts down at every tick; what was spent frozen does not count."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.left = seconds
        self._now = now
        self._last = now()

    def tick(self) -> None:
        """To be called at every poll. Raises OverdueError when the time is over."""
        now = self._now()
        passed, self._last = now - self._last, now
        self.left -= min(passed, STILL_SECONDS)
        if self.left <= 0:
            raise OverdueError
