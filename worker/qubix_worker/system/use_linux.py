"""Whether somebody uses a Linux computer. Several tell of it, and the one who saw a person last is
right: terminals (also those over the network), this account's desktop, and other people's desktops.

Desktops are asked in ways that cannot end or hold up this process; see `senses_x11`,
`senses_wayland`, `senses_bus`. org.freedesktop.ScreenSaver's GetSessionIdleTime is not asked: KDE
has it for X11 only, where the X server tells the same, and not for Wayland.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qubix_worker.system import senses_wayland, senses_x11
from qubix_worker.system.buses_linux import Buses
from qubix_worker.system.senses import FILM_SECONDS

if TYPE_CHECKING:
    from qubix_worker.system.senses_bus import Bus

log = logging.getLogger(__name__)

MARKED_IDLE = 8
"""gnome-session's flag: the session must not be taken for idle."""
LOOK_UP_SECONDS = 30.0
"""Without input for this long, somebody may be watching a film; before that it is not asked."""

LOGIND = "org.freedesktop.login1"
GRAPHICAL = ("x11", "wayland", "mir")


class Use:
    """Keeps a connection to a Wayland desktop until `close`, and who told last."""

    def __init__(
        self,
        root: Path,
        environment: Mapping[str, str],
        buses: Buses,
        now: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._root = root
        self._environment = environment
        self._buses = buses
        self._now = now
        self._monotonic = monotonic
        self._typed: dict[str, tuple[float, float]] = {}
        """Of each terminal: its file's time of access, and when that was by `monotonic`."""
        self._looked_at = -math.inf
        self._told_by = ""
        self._wayland: senses_wayland.Wayland | None = None

    def idle_seconds(self) -> float | None:
        screens = self._screens()
        return None if screens is None else min(screens, self._terminals())

    def _terminals(self) -> float:
        """Since somebody typed in a terminal, here or over the network; infinite without any.
        A terminal is read only when somebody types, and its file then has a new time of access.

        What is kept of each is when that was on the clock that nobody sets: the other one may be
        set back for hours (a computer without a battery for its clock), or ahead while nobody is
        there. Only a terminal that is new is believed by its time, and one from the future counts
        as used when it is first seen."""
        now, uptime, before = self._now(), self._monotonic(), self._typed
        dev = self._root / "dev"
        typed = {}
        for path in itertools.chain(dev.glob("pts/[0-9]*"), dev.glob("tty[1-9]*")):
            with contextlib.suppress(OSError):
                accessed = path.stat().st_atime
                known = before.get(path.name)
                ago = max(0.0, now - accessed)
                if known and known[0] == accessed:
                    typed[path.name] = known
                elif known:  # since the last look, whatever the clocks say
                    typed[path.name] = accessed, max(uptime - ago, self._looked_at)
                else:
                    typed[path.name] = accessed, uptime - ago
        self._typed, self._looked_at = typed, uptime
        return uptime - max((at for _, at in typed.values()), default=-math.inf)

    def _screens(self) -> float | None:
        """Since somebody touched a desktop of this computer; infinite where nobody can, and None
        where there is a desktop that does not tell."""
        own = self._own_desktop()
        try:
            with self._buses.system() as bus:
                signed_in = self._ask_logind(bus, own_is_told=own is not None)
        except OSError as error:
            log.debug("logind does not tell of use: %s", error)
            signed_in = None if own is None and self._has_screen() else math.inf
        if own is None or signed_in is None:
            return signed_in
        return min(own, signed_in)

    def _own_desktop(self) -> float | None:
        """This account's, by the first way that tells; the one that told last is asked first."""
        ways: dict[str, Callable[[], float | None]] = {"GNOME": self._gnome}
        # Under Wayland an X server sees only a part of what a person does.
        if self._wayland_socket():
            ways["Wayland"] = self._wayland_desktop
        else:
            ways["X11"] = self._x11
        for name in sorted(ways, key=lambda name: name != self._told_by):
            try:
                told = ways[name]()
            except OSError as error:
                log.debug("%s does not tell of use: %s", name, error)
            else:
                if told is not None:
                    self._told_by = name
                    return told
        return None

    def _gnome(self) -> float | None:
        """GNOME's compositor, on X11 and Wayland alike, in milliseconds. It counts no film that
        somebody watches; but who shows one asks gnome-session to keep the screen on."""
        name, manager = "org.gnome.Mutter.IdleMonitor", "org.gnome.SessionManager"
        with self._buses.session() as bus:
            (told,) = bus.call(name, "/org/gnome/Mutter/IdleMonitor/Core", name, "GetIdletime")
            idle, actions = float(told) / 1000, 0
            if LOOK_UP_SECONDS < idle < FILM_SECONDS:
                with contextlib.suppress(OSError):
                    path = "/org/gnome/SessionManager"
                    actions = bus.property(manager, path, manager, "InhibitedActions")
        return 0.0 if actions & MARKED_IDLE else idle

    def _x11(self) -> float | None:
        number = senses_x11.display_number(self._environment.get("DISPLAY", ""))
        if number is None:
            return None
        home = Path(self._environment.get("HOME") or "/nonexistent")
        authority = Path(self._environment.get("XAUTHORITY") or home / ".Xauthority")
        return senses_x11.idle_seconds(number, authority, self._root / "tmp/.X11-unix")

    def _wayland_desktop(self) -> float | None:
        socket = self._wayland_socket()
        if socket is None:
            return None
        if self._wayland is None:
            self._wayland = senses_wayland.Wayland(socket, self._monotonic)
        try:
            return self._wayland.idle_seconds()
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        if self._wayland is not None:
            self._wayland.close()
            self._wayland = None

    def _wayland_socket(self) -> Path | None:
        """A worker that was started in another way than by the desktop is told of none: then it
        is the one that this account has."""
        folder = self._buses.runtime_folder
        name = self._environment.get("WAYLAND_DISPLAY")
        if name:
            return folder / name
        if self._environment.get("DISPLAY"):
            return None
        return next(iter(sorted(p for p in folder.glob("wayland-*") if p.is_socket())), None)

    def _ask_logind(self, bus: Bus, *, own_is_told: bool) -> float | None:
        """Of the desktops where somebody is signed in and which are on a screen now, by what they
        have told logind: who did that once tells whether it is idle, and since when. Infinite
        where there are none, None where one never told."""
        idle = math.inf
        manager, path = "org.freedesktop.login1.Manager", "/org/freedesktop/login1"
        (sessions,) = bus.call(LOGIND, path, manager, "ListSessions")
        for _, user, _, seat, session in sessions:
            if own_is_told and user == os.getuid():
                continue
            told = bus.properties(LOGIND, session, "org.freedesktop.login1.Session")
            if told.get("Class") != "user" or not told.get("Active"):
                continue
            if told.get("Type") not in GRAPHICAL:
                if seat and self._has_screen():
                    return None  # a desktop that was begun from a console; or a console, who knows
                continue
            since = told.get("IdleSinceHint", 0) / 1e6
            if not since:
                return None
            idle = min(idle, self._since(told) if told.get("IdleHint") else 0.0)
        return idle

    def _since(self, told: Mapping[str, Any]) -> float:
        """By the clock that nobody sets, where logind tells of it (org.freedesktop.login1(5))."""
        since = told.get("IdleSinceHintMonotonic", 0) / 1e6
        ago: float = (
            self._monotonic() - since if since else self._now() - told["IdleSinceHint"] / 1e6
        )
        return max(0.0, ago)

    def _has_screen(self) -> bool:
        """Whether a desktop seems to be at work here, for any account."""
        display = self._environment.get("DISPLAY", "")
        return (
            senses_x11.display_number(display) is not None
            or bool(self._environment.get("WAYLAND_DISPLAY"))
            or any((self._root / "tmp/.X11-unix").glob("X*"))
            or any((self._root / "run/user").glob("*/wayland-*"))
        )
