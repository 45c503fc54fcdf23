"""Linux: /sys for the battery, NetworkManager for the cost, the desktop or logind for the use; each
has a module of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qubix_worker.system.buses_linux import Buses
from qubix_worker.system.cost_linux import Connection
from qubix_worker.system.power_linux import on_battery
from qubix_worker.system.use_linux import Use

if TYPE_CHECKING:
    from qubix_worker.system.awake_linux import Hold


class Linux:
    """See `Body`. `root` is where /sys, /proc, /dev, /run and /tmp are."""

    def __init__(
        self,
        root: Path = Path("/"),
        environment: Mapping[str, str] | None = None,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        environment = os.environ if environment is None else environment
        self._root = root
        self._buses = Buses(root, environment)
        self._connection = Connection(root, self._buses, monotonic)
        self._use = Use(root, environment, self._buses, now, monotonic)
        self._hold: Hold | None = None

    def on_battery(self) -> bool | None:
        return on_battery(self._root / "sys/class/power_supply")

    def metered(self) -> bool | None:
        return self._connection.metered()

    def idle_seconds(self) -> float | None:
        return self._use.idle_seconds()

    def stay_awake(self, why: str) -> None:
        from qubix_worker.system import awake_linux  # noqa: PLC0415 - only who wants it pays

        self.may_sleep()
        buses = self._buses
        self._hold = awake_linux.Hold(buses.session_address, buses.system_address, why)

    def may_sleep(self) -> None:
        if self._hold is not None:
            self._hold.release()
            self._hold = None

    def close(self) -> None:
        self.may_sleep()
        self._use.close()
