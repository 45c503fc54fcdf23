"""How often one address may do a thing: a bucket of tries for each, which fills up again.

Kept in memory only: a restart forgives. IPv6 users have a /64 each, so that is one address.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict

from qubix_server.clock import Clock
from qubix_server.errors import ApiError

ADDRESSES_MOST = 20_000


class Limiter:
    """`burst` tries at once, and one more every `refill_seconds`."""

    def __init__(self, clock: Clock, *, burst: int, refill_seconds: float) -> None:
        self._clock = clock
        self._burst = burst
        self._refill_ms = refill_seconds * 1000
        # For each address, the moment at which its bucket will be full again.
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises ApiError 429 where no try is left; takes none."""
        now = self._clock()
        least = now + (self._burst - 1) * self._refill_ms
        over = self._full_at.get(_group(address), now) - least
        if over > 0:
            seconds = max(1, -(-int(over) // 1000))
            raise ApiError(
                429, "too_many", f"Too many tries. Try again in {seconds} seconds.", seconds
            )

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


def _group(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
