"""What is counted while the server works: plain numbers, each added to in one place.

They are read only when somebody asks for them (`routes.metrics`). Heartbeats and commits pass here
by the ten thousand a second: whatever is done for each of them stands in `Spread.note`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Spread:
    """How many values lay up to each of `bounds` and not up to the one before; and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def note(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Commits:
    """Of the database's writer, which alone adds to them, in its own thread."""

    __slots__ = ("seconds", "sizes")

    def __init__(self) -> None:
        self.seconds = Spread(SECONDS)
        self.sizes = Spread(SIZES)

    def note(self, seconds: float, size: int) -> None:
        self.seconds.note(seconds)
        self.sizes.note(size)


class Beats:
    """Heartbeats: those that were kept and answered at once, those whose answer was held, and how
    many were refused, by status."""

    __slots__ = ("at_once", "held", "refused")

    def __init__(self) -> None:
        self.at_once = Spread(SECONDS)
        self.held = 0
        self.refused: dict[int, int] = {}

    def refuse(self, status: int) -> None:
        self.refused[status] = self.refused.get(status, 0) + 1

    @property
    def kept(self) -> int:
        return sum(self.at_once.counts) + self.held


class Measures:
    """All of one server process, but for what its writer counts."""

    def __init__(self) -> None:
        self.beats = Beats()
        self.sockets = 0
        self.answers: dict[tuple[str, str, int], int] = {}
        """By route, method and hundreds of the status."""
        self.seconds: dict[tuple[str, str], Spread] = {}

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        key = (route, method, status // 100)
        self.answers[key] = self.answers.get(key, 0) + 1
        spread = self.seconds.get(key[:2])
        if spread is None:
            spread = self.seconds[key[:2]] = Spread(SECONDS)
        spread.note(seconds)
