"""The use of this computer in the last minutes: what each look has found, and where none did.

No Qt in here. The times are of a clock that nobody sets. Old looks fall out, so that a window that
stays open for months holds no more than one that was just opened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from qubix_desktop.watcher import Seen
from qubix_worker.protocol import GraphicsUsage, Usage

SECONDS = 300.0
SAMPLES = 600
GAP_SECONDS = 5.0
"""Looks that are further apart than this do not tell of the time between them."""

Quantity = tuple[str, str]
"""Of what, and which of its figures: `("processor", "percent")`, `("card:GPU-1", "celsius")`."""

PROCESSOR: Quantity = ("processor", "percent")
MEMORY: Quantity = ("memory", "percent")


@dataclass(frozen=True)
class Point:
    age: float
    """Seconds ago."""
    value: float


@dataclass(frozen=True)
class Trace:
    """The course of one quantity. Each run is without a gap, its oldest point first."""

    runs: tuple[tuple[Point, ...], ...] = ()
    now: float | None = None
    """The figure of the last look; None: it did not tell."""

    @property
    def least(self) -> float | None:
        return min((point.value for run in self.runs for point in run), default=None)

    @property
    def most(self) -> float | None:
        return max((point.value for run in self.runs for point in run), default=None)


class History:
    def __init__(self) -> None:
        self._looks: deque[tuple[float, Mapping[Quantity, float]]] = deque(maxlen=SAMPLES)

    def add(self, seen: Seen, at: float) -> None:
        """What was seen at the moment `at`. A worker that does not answer tells of nothing."""
        known = seen.status is not None and seen.problem is None
        values = dict(_values(seen.status.usage)) if known and seen.status else {}
        self._looks.append((at, values))
        while self._looks[0][0] < at - SECONDS:
            self._looks.popleft()

    def trace(self, quantity: Quantity) -> Trace:
        """The course of `quantity` up to the last look."""
        if not self._looks:
            return Trace()
        end = self._looks[-1][0]
        runs: list[list[Point]] = []
        before: float | None = None
        for at, values in self._looks:
            value = values.get(quantity)
            if value is None:
                before = None
                continue
            if before is None or at - before > GAP_SECONDS:
                runs.append([])
            runs[-1].append(Point(end - at, value))
            before = at
        return Trace(tuple(tuple(run) for run in runs), self._looks[-1][1].get(quantity))

    def knows(self, quantity: Quantity) -> bool:
        """Whether any look within these minutes told of it."""
        return any(quantity in values for _, values in self._looks)


def thing_of(card: GraphicsUsage, at: int) -> str:
    """What the figures of the card at this place are kept under: two cards may share a name."""
    return f"card:{card.uuid or f'{at} {card.name}'}"


def _values(usage: Usage) -> Iterator[tuple[Quantity, float]]:
    figures = [(PROCESSOR, usage.cpu_percent), (MEMORY, usage.ram_percent)]
    for at, card in enumerate(usage.gpus):
        thing = thing_of(card, at)
        share = None
        if card.memory_used_mb is not None and card.memory_total_mb:
            share = min(100.0, 100 * card.memory_used_mb / card.memory_total_mb)
        figures += [
            ((thing, "percent"), card.percent),
            ((thing, "memory"), share),
            ((thing, "celsius"), card.temperature_celsius),
        ]
    for quantity, value in figures:
        if value is not None:
            yield quantity, value
