"""Keeps a Linux computer from falling asleep by itself, for as long as a connection is open.

Whoever puts this computer to sleep is asked not to do it because of idleness: the desktop's power
manager, and logind. A person who closes the lid or chooses to suspend is not held up, so logind is
asked for `idle` and not for `sleep`. All of it ends with the connections, and so with this
process however it ends; no process is started.
"""

from __future__ import annotations

import contextlib
import logging
import os
from typing import Any

from qubix_worker.system.senses_bus import Bus

log = logging.getLogger(__name__)

WHO = "QUBIX"
SUSPEND = 4
"""gnome-session's flag: do not suspend. 8 would keep the screen lit too."""


class Hold:
    """Raises OSError where nobody takes the wish."""

    def __init__(self, session_address: str, system_address: str, why: str) -> None:
        self._buses: list[Bus] = []
        self._files: list[int] = []
        ways = (
            (session_address, self._gnome),
            (session_address, self._power_management),
            (system_address, self._logind),
        )
        for address, way in ways:
            try:
                bus = Bus(address, descriptors=way == self._logind)
            except OSError as error:
                log.debug("no bus to ask for staying awake: %s", error)
                continue
            try:
                way(bus, why)
            except OSError as error:
                log.debug("nobody there to stay awake for %s: %s", way.__name__, error)
                bus.close()
            else:
                self._buses.append(bus)
        if not self._buses:
            raise OSError("no power manager on this desktop takes that wish")

    def release(self) -> None:
        for bus in self._buses:
            bus.close()
        for file in self._files:
            os.close(file)
        self._buses, self._files = [], []

    def _gnome(self, bus: Bus, why: str) -> None:
        """GNOME, Cinnamon, MATE (gnome-session's D-Bus API, org.gnome.SessionManager.Inhibit)."""
        name = "org.gnome.SessionManager"
        bus.call(name, "/org/gnome/SessionManager", name, "Inhibit", "susu", WHO, 0, why, SUSPEND)

    def _power_management(self, bus: Bus, why: str) -> None:
        """KDE, Xfce, LXQt (freedesktop.org's power management specification)."""
        name = "org.freedesktop.PowerManagement"
        path, interface = "/org/freedesktop/PowerManagement/Inhibit", f"{name}.Inhibit"
        bus.call(name, path, interface, "Inhibit", "ss", WHO, why)

    def _logind(self, bus: Bus, why: str) -> None:
        """systemd and elogind (org.freedesktop.login1(5)): as long as the file is open."""
        name, path = "org.freedesktop.login1", "/org/freedesktop/login1"
        wish: tuple[Any, ...] = ("idle", WHO, why, "block")
        (file,) = bus.call(name, path, f"{name}.Manager", "Inhibit", "ssss", *wish)
        with contextlib.closing(file):
            kept = os.dup(file.fileno())  # not inherited by children, unlike what came
        self._files.append(kept)
