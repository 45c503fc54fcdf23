"""The use of the graphics cards, shared by all who ask: a heartbeat, a window, the watch for heat.

Who asks never waits long. A question to a driver is put in the background; a driver that has not
answered in time is left out, and its answer is used by the next who asks.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qubix_worker.hardware import graphics
from qubix_worker.hardware.probe import Answer, Asker, GraphicsProbe
from qubix_worker.protocol import GraphicsUsage

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.5
WITHOUT_FIGURES = 3
"""How many times longer to wait where there are no older figures to make do with."""
STALE_SECONDS = 45.0
"""Older figures tell nothing of now. Longer than a probe is fresh, and than a heartbeat's wait."""

Uses = tuple[GraphicsUsage, ...]


@dataclass
class _Source:
    probe: GraphicsProbe
    asker: Asker[Uses]
    uses: Uses = ()
    """The last that were told: one failed question does not make a card any cooler."""
    told_at: float | None = None
    at: float | None = None
    """When the last answer came, a failure or not."""
    asked_at: float | None = None
    failing: bool = False


class Readings:
    """Safe to use from several threads."""

    def __init__(
        self,
        probes: Sequence[GraphicsProbe],
        clock: Callable[[], float] = time.monotonic,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._changed = threading.Condition()
        self._sources = [_Source(probe, Asker(probe.name, probe.usage, clock)) for probe in probes]

    def usage(self) -> Uses:
        """The cards' use now, or a few seconds ago; a card that is gone is not in it."""
        with self._changed:
            waiting = [source for source in self._sources if self._ask(source)]
            if waiting:
                lasting = all(self._is_of_use(source) for source in waiting)
                self._changed.wait_for(
                    lambda: all(self._is_answered(source) for source in waiting),
                    self._patience_seconds * (1 if lasting else WITHOUT_FIGURES),
                )
            return tuple(
                use for source in self._sources if self._is_of_use(source) for use in source.uses
            )

    def _ask(self, source: _Source) -> bool:
        now = self._clock()
        if source.at is not None and now - source.at < source.probe.fresh_seconds:
            return False
        asked = source.asker.ask(lambda answer: self._answered(source, answer))
        if asked:
            source.asked_at = now
        return asked

    def _is_of_use(self, source: _Source) -> bool:
        return source.told_at is not None and self._clock() - source.told_at <= STALE_SECONDS

    @staticmethod
    def _is_answered(source: _Source) -> bool:
        return (
            source.at is not None and source.asked_at is not None and source.at >= source.asked_at
        )

    def _answered(self, source: _Source, answer: Answer[Uses]) -> None:
        with self._changed:
            if answer.error is not None and not source.failing:
                log.info("no figures from %s", answer.name, exc_info=answer.error)
            source.failing = answer.error is not None
            source.at = self._clock()
            if answer.error is None:
                source.uses, source.told_at = answer.value or (), source.at
            self._changed.notify_all()


@functools.cache
def here() -> Readings:
    """Those of this computer's cards."""
    return Readings(graphics.here())
