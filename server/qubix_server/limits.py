"""How often one address may do a thing: a bucket of tries for each, which fills up again.

Each server counts in memory, which costs nothing and holds off a flood; a restart forgives. What
must hold for several servers together, and over a restart, is counted in the database as well
(`take_shared`), in a write; only what has passed the first count gets there. Where the database is
away, so is what would be tried. IPv6 users have a /64 each, so that is one address.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from qubix_server.clock import Clock
from qubix_server.errors import ApiError
from qubix_server.store import tries

ADDRESSES_MOST = 20_000
EVERYBODY = ""
"""Whose tries are counted in all."""


@dataclass(frozen=True)
class Bucket:
    """As all servers know it. `kind`: of which tries, at most 16 characters."""

    kind: str
    whose: str
    burst: int
    one_ms: int
    """In so long one try is there again."""


class Limiter:
    """`burst` tries at once, and one more every `refill_seconds`."""

    def __init__(self, clock: Clock, kind: str, *, burst: int, refill_seconds: int) -> None:
        self._clock = clock
        self._kind = kind
        self._burst = burst
        self._refill_ms = refill_seconds * 1000
        # For each address, the moment at which its bucket will be full again.
        self._full_at: OrderedDict[str, int] = OrderedDict()

    def bucket(self, address: str) -> Bucket:
        return Bucket(self._kind, _group(address), self._burst, self._refill_ms)

    def check(self, address: str) -> None:
        """Raises ApiError 429 where no try is left; takes none."""
        now = self._clock()
        least = now + (self._burst - 1) * self._refill_ms
        over = self._full_at.get(_group(address), now) - least
        if over > 0:
            raise _too_many(over)

    def take(self, address: str) -> None:
        """Takes one try. Raises ApiError 429 where none is left."""
        self.check(address)
        group = _group(address)
        now = self._clock()
        self._full_at[group] = max(self._full_at.get(group, now), now) + self._refill_ms
        self._full_at.move_to_end(group)
        if len(self._full_at) > ADDRESSES_MOST:
            self._full_at.popitem(last=False)

    def give_back(self, address: str) -> None:
        """The try that was taken last was none."""
        group = _group(address)
        if group in self._full_at:
            self._full_at[group] -= self._refill_ms


def take_shared(connection: Connection, buckets: Sequence[Bucket], now: int) -> None:
    """Takes a try of each of these. Raises ApiError 429 where one has none: then this write, and
    with it whatever it took, is undone."""
    for bucket in buckets:
        full_at = tries.take(connection, bucket.kind, bucket.whose, bucket.one_ms, now)
        over = full_at - now - bucket.burst * bucket.one_ms
        if over > 0:
            raise _too_many(over)


def give_back_shared(connection: Connection, buckets: Sequence[Bucket]) -> None:
    for bucket in buckets:
        tries.give_back(connection, bucket.kind, bucket.whose, bucket.one_ms)


def _too_many(over_ms: int) -> ApiError:
    seconds = max(1, -(-over_ms // 1000))
    return ApiError(429, "too_many", f"Too many tries. Try again in {seconds} seconds.", seconds)


def _group(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
