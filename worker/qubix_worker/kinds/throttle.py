"""Gives a process less than one core: lets it run and stand still in turns, by the time it used.

The last resort where the system has no better means: it works on every system and needs no rights.
Has one owner, who calls `turn` when the seconds that `seconds` gave are over.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

import psutil

from qubix_worker.kinds.confine import HERE

PERIOD_SECONDS = 0.1
STILL_SECONDS_MOST = 2.0
"""After a burst that was not seen in time, it is not stopped for longer than this at once."""


class Throttle:
    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._cores: float | None = None
        self._stopped = False
        self._held = False
        self._next = math.inf
        self._at = 0.0
        self._used = 0.0
        self._debt = 0.0

    def set_cores(self, cores: float | None) -> None:
        """0.25 is a quarter of one core's time; None, or 1 and more: no limit."""
        self._cores = cores if cores is not None and cores < 1 else None
        if self._cores is None:
            self._next = math.inf
            self._debt = 0.0
            self._resume()
        elif self._next == math.inf:
            self._next = -math.inf

    def seconds(self, now: float) -> float:
        """How long until the next turn."""
        return self._next - now if self._next > now else 0.0

    def turn(self, now: float) -> None:
        """Stops the process or lets it go on, if it is time to."""
        if self._cores is None or self._held or now < self._next:
            return
        used = self._processor_seconds()
        if self._next != -math.inf:
            self._debt += used - self._used - self._cores * (now - self._at)
            # What was not used is not saved up: a whole core for a while is not what was asked.
            self._debt = max(self._debt, -self._cores * PERIOD_SECONDS)
        self._used, self._at = used, now
        if self._debt > 0:
            self._stop()
            self._next = now + min(self._debt / self._cores, STILL_SECONDS_MOST)
        else:
            self._resume()
            self._next = now + PERIOD_SECONDS * max(self._cores, 0.1)

    def hold(self) -> None:
        """Lets it go on, and leaves it alone from now on: somebody else stops it for a while."""
        self._resume()
        self._held = True

    def release(self) -> None:
        """It has been let go on."""
        self._held = False
        if self._cores is not None:
            self._next = -math.inf

    def _processor_seconds(self) -> float:
        with contextlib.suppress(psutil.Error):
            times = [process.cpu_times() for process in HERE.processes(self._process)]
            return sum(time.user + time.system for time in times)
        return self._used

    def _stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._each(psutil.Process.suspend)

    def _resume(self) -> None:
        if self._stopped:
            self._stopped = False
            self._each(psutil.Process.resume)

    def _each(self, act: Callable[[psutil.Process], None]) -> None:
        with contextlib.suppress(psutil.Error, OSError):
            for process in HERE.processes(self._process):
                act(process)
