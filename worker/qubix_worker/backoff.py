"""How long to wait before trying again: exponential, with full jitter.

Full jitter (a uniform draw from zero to the bound) spreads a crowd that lost the same server
evenly over the bound, so that it does not come back in one second. Before changing a figure here,
run tools/reconnecting.py, which plays it with ten thousand workers.
"""

from __future__ import annotations

import random

FIRST_SECONDS = 2.0
MOST_SECONDS = 300.0


class Backoff:
    """The delays of one series of failures."""

    def __init__(
        self,
        *,
        first_seconds: float = FIRST_SECONDS,
        most_seconds: float = MOST_SECONDS,
        draw: random.Random | None = None,
    ) -> None:
        self._first = first_seconds
        self._most = most_seconds
        self._draw = draw or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._failures = 0

    def succeeded(self) -> None:
        self._failures = 0

    def failed(
        self, retry_after_seconds: float | None = None, *, spread_seconds: float = 0.0
    ) -> float:
        """Seconds until the next try. What the server asked for is a floor, with jitter on top.
        `spread_seconds`: the least that the bound is, where a crowd may have failed as well."""
        bound = min(self._most, self._first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return (retry_after_seconds or 0.0) + self._draw.uniform(0.0, max(bound, spread_seconds))
