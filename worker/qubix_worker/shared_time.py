"""How long this computer has shared: counted by the worker while it does, and kept day by day.

How much time has passed tells a clock that nobody sets; which day it belongs to, the clock on the
wall. What was counted is written once an hour, when sharing pauses and when the worker ends: each
time may wake a disk, and the figure is only shown. A worker that is killed loses an hour of it at
most.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from qubix_worker.files import write_whole
from qubix_worker.status import Shared
from qubix_worker.wire import WireError, from_wire, to_wire

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""How often to count while it shares. More than that at once was sleep: some clocks go on in it."""

KEEP_SECONDS = 3600.0
"""So much shared time is written down."""
KEEP_PAUSED_SECONDS = 300.0
"""The same where sharing has just paused: less than this waits for more, so that a connection that
comes and goes is not written down each time."""
DAYS_KEPT = 21


@dataclass(frozen=True)
class Kept:
    """Seconds shared on each day, by its date here, `2030-01-31`."""

    days: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Count:
    """What was counted up to the last look, and when that was, where time is being shared since."""

    days: Mapping[str, float]
    since: float | None = None


class SharedTime:
    """Belongs to the thread that owns the worker's state, but for `shown`."""

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._now = now
        self._steady = steady
        self._count = Count(_load(path))
        self._unkept_seconds = 0.0

    def note(self, *, sharing: bool) -> None:
        """Counts what was shared since the last look; from now on it shares, or does not."""
        steady = self._steady()
        passed = _passed(self._count, steady)
        self._count = Count(self._days(self._count, passed), steady if sharing else None)
        self._unkept_seconds += passed
        if self._unkept_seconds >= (KEEP_SECONDS if sharing else KEEP_PAUSED_SECONDS):
            self._keep()

    def seconds_left(self) -> float:
        """Until `note` is to be called again at the latest."""
        since = self._count.since
        return math.inf if since is None else max(0.0, since + LOOK_SECONDS - self._steady())

    def end(self) -> None:
        """The worker ends: it shares no more, and all that was counted is kept."""
        self.note(sharing=False)
        if self._unkept_seconds:
            self._keep()

    def shown(self) -> Shared:
        """The figures of this moment; safe to call from several threads."""
        count = self._count
        days = self._days(count, _passed(count, self._steady()))
        today = datetime.fromtimestamp(self._now()).date()
        monday = today - timedelta(days=today.weekday())
        week = ((monday + timedelta(days=day)).isoformat() for day in range(7))
        return Shared(days.get(today.isoformat(), 0.0), sum(days.get(day, 0.0) for day in week))

    def _keep(self) -> None:
        """Writes down what was counted. A disk that does not take it costs only the figure."""
        self._unkept_seconds = 0.0
        try:
            write_whole(self._path, json.dumps(to_wire(Kept(dict(self._count.days)))).encode())
        except OSError:
            log.warning("the time that was shared could not be kept", exc_info=True)

    def _days(self, count: Count, passed: float) -> Mapping[str, float]:
        """With the seconds that passed since it was counted."""
        if not passed:
            return count.days
        now = datetime.fromtimestamp(self._now())
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        since_midnight = max(0.0, now.timestamp() - midnight.timestamp())
        days = dict(count.days)
        _add(days, now.date(), min(passed, since_midnight))
        _add(days, now.date() - timedelta(days=1), passed - since_midnight)
        near = sorted(days, key=lambda day: abs(date.fromisoformat(day) - now.date()))
        return {day: days[day] for day in sorted(near[:DAYS_KEPT])}


def _passed(count: Count, steady: float) -> float:
    """Seconds shared since that count."""
    if count.since is None:
        return 0.0
    return min(max(0.0, steady - count.since), LOOK_SECONDS + 1)


def _add(days: dict[str, float], day: date, seconds: float) -> None:
    if seconds > 0:
        days[day.isoformat()] = round(days.get(day.isoformat(), 0.0) + seconds, 3)


def _load(path: Path) -> Mapping[str, float]:
    try:
        days = from_wire(Kept, json.loads(path.read_bytes())).days
        for day, seconds in days.items():
            date.fromisoformat(day)
            if not 0 <= seconds < math.inf:
                raise ValueError(f"{seconds} seconds in a day")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, WireError):
        log.warning("the time shared so far cannot be read; counting begins anew", exc_info=True)
        return {}
    return days
