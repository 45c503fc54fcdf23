"""Where the two buses of a Linux session are: the desktop's own, and the system's."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qubix_worker.system.senses_bus import Bus

SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"


class Buses:
    """By what `environment` says, or else where they usually are below `root`. Raises OSError
    where there is none."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self._environment = environment
        told = environment.get("XDG_RUNTIME_DIR")
        self.runtime_folder = Path(told) if told else root / "run/user" / str(os.getuid())

    @property
    def session_address(self) -> str:
        told = self._environment.get("DBUS_SESSION_BUS_ADDRESS")
        return told or f"unix:path={self.runtime_folder / 'bus'}"

    @property
    def system_address(self) -> str:
        return self._environment.get("DBUS_SYSTEM_BUS_ADDRESS") or SYSTEM_BUS

    def session(self) -> contextlib.closing[Bus]:
        return _connected(self.session_address)

    def system(self) -> contextlib.closing[Bus]:
        return _connected(self.system_address)


def _connected(address: str) -> contextlib.closing[Bus]:
    from qubix_worker.system import senses_bus  # noqa: PLC0415 - only who asks pays

    return contextlib.closing(senses_bus.Bus(address))
