"""Keeps the history of what providers were doing small, a little at a time.

What there is to do is found by a reader; only small writes take the writer from heartbeats. Where
it was is not written down: after a restart it goes once over what is thin already.
"""

from __future__ import annotations

import asyncio

from qubix_server.store import metrics
from qubix_server.store.database import Database
from qubix_server.store.metrics import GRAINS, HOUR_MS, KEPT_MS, Grain

PROVIDERS_AT_ONCE = 100
"""Of so many the rows of a window are thinned in one write: some 20 ms."""
FORGOTTEN_AT_ONCE = 2_000
BETWEEN_WRITES_SECONDS = 0.02


class Thinning:
    def __init__(
        self, database: Database, *, between_seconds: float = BETWEEN_WRITES_SECONDS
    ) -> None:
        self._database = database
        self._between_seconds = between_seconds
        self._done_until: dict[Grain, int] = {}

    async def go_on(self, now: int) -> None:
        """Thins what has become old enough since the last time."""
        for grain in GRAINS:
            await self._thin(grain, now)
        while await self._database.write(metrics.forget_old, now, FORGOTTEN_AT_ONCE):
            await asyncio.sleep(self._between_seconds)

    async def _thin(self, grain: Grain, now: int) -> None:
        begin = self._done_until.get(grain, now - _reach(grain))
        while True:
            first = await self._database.read(metrics.first_since, begin)
            if first is None:
                return
            first = max(begin, first)
            begin = first - first % grain.window_ms
            if begin + grain.window_ms > now - grain.after_ms:
                return
            await self._thin_window(grain, begin)
            begin += grain.window_ms
            self._done_until[grain] = begin

    async def _thin_window(self, grain: Grain, begin: int) -> None:
        after = 0
        while found := await self._database.read(metrics.thick, begin, grain, after):
            after = found[-1]["of"]
            for at in range(0, len(found), PROVIDERS_AT_ONCE):
                await self._database.write(metrics.thin, found[at : at + PROVIDERS_AT_ONCE])
                await asyncio.sleep(self._between_seconds)


def _reach(grain: Grain) -> int:
    """How far back it looks at first: what is older than that is for the next grain."""
    later = [one.after_ms for one in GRAINS if one.after_ms > grain.after_ms]
    return (min(later) if later else KEPT_MS) + HOUR_MS
