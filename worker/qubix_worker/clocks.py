"""Two clocks side by side: what they tell of a sleep of the computer, and of a clock that was set.

In a sleep some clocks go on and others stand still; which, differs between systems: Python promises
of `time.monotonic` only that nobody sets it. So both are looked at, every few seconds.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

GLANCE_SECONDS = 5.0
"""How often to look, which costs next to nothing."""

SLEPT_SECONDS = 10.0
"""A glance that comes later than this was held up by sleep, or by a clock that was set."""

JUMP_SECONDS = 2.0
"""How far the clocks must part in between to be a jump."""


def lasting() -> float:
    """Seconds of a clock that nobody sets and that goes on in a sleep.

    Linux: CLOCK_BOOTTIME (clock_gettime(2)); macOS: CLOCK_MONOTONIC, other than the clock behind
    `time.monotonic` (clock_gettime(3)); Windows: `time.monotonic`, which is GetTickCount64.
    """
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        if (clock := getattr(time, name, None)) is not None:
            with contextlib.suppress(OSError):  # a kernel that does not have it
                return time.clock_gettime(clock)
    return time.monotonic()


@dataclass(frozen=True)
class Passed:
    """What has passed between two looks, in seconds."""

    wall: float
    steady: float

    @property
    def in_sleep(self) -> bool:
        """Some clock has gone on by more than the time that was waited. A clock that is set forward
        looks the same, and does no harm."""
        return max(self.wall, self.steady) > SLEPT_SECONDS

    @property
    def jumped(self) -> bool:
        """The one on the wall was set, either way, or only one of them went on in a sleep."""
        return abs(self.wall - self.steady) > JUMP_SECONDS


class Clocks:
    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clocks = (wall, steady)
        self._seen = (wall(), steady())

    def passed(self) -> Passed:
        """Since the last call, which is not to be longer ago than a glance."""
        (wall, steady), self._seen = self._seen, (self._clocks[0](), self._clocks[1]())
        return Passed(self._seen[0] - wall, self._seen[1] - steady)
