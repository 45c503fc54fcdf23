"""Whether the connection of a Linux computer is paid by use: NetworkManager knows."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path

from qubix_worker.system.buses_linux import Buses

log = logging.getLogger(__name__)

COST_FRESH_SECONDS = 300.0
"""For how long what NetworkManager has said holds, while the routes stay as they are."""

NETWORK_MANAGER = "org.freedesktop.NetworkManager"
METERED_YES, METERED_GUESS_YES = 1, 3
"""NMMetered (NetworkManager's D-Bus API, "Types")."""


class Connection:
    """Remembers what it was told for a while."""

    def __init__(self, root: Path, buses: Buses, monotonic: Callable[[], float]) -> None:
        self._root = root
        self._buses = buses
        self._monotonic = monotonic
        self._cost: bool | None = None
        self._cost_of = b""
        self._cost_at = -math.inf

    def metered(self) -> bool | None:
        """NetworkManager's word, kept while the routes stay as they are: asking it at every look
        would be waste. Where it does not run, no bus is opened."""
        if not (self._root / "run/NetworkManager").is_dir():
            return None
        routes = self._routes()
        fresh = self._monotonic() - self._cost_at < COST_FRESH_SECONDS
        if not fresh or routes != self._cost_of:
            self._cost_of, self._cost_at, self._cost = routes, self._monotonic(), None
            try:
                with self._buses.system() as bus:
                    path = "/org/freedesktop/NetworkManager"
                    told = bus.property(NETWORK_MANAGER, path, NETWORK_MANAGER, "Metered")
            except OSError as error:
                log.debug("NetworkManager does not tell of the cost: %s", error)
            else:
                self._cost = told in (METERED_YES, METERED_GUESS_YES)
        return self._cost

    def _routes(self) -> bytes:
        """What changes when the connection does: where this computer sends to (proc(5)). The
        last figures of a line count use; only the interfaces and gateways are taken."""
        told = set()
        for line in _lines(self._root / "proc/net/route")[1:]:
            told.add(" ".join(line.split()[:3]))
        for line in _lines(self._root / "proc/net/ipv6_route"):
            parts = line.split()
            if parts[1:2] == ["00"]:
                told.add(f"{parts[4]} {parts[-1]}")
        return "\n".join(sorted(told)).encode()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
