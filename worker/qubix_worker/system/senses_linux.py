"""Linux: /sys for the battery, the desktop or logind for the use, NetworkManager for the cost.

Whether somebody uses the computer is told by several, and the one who saw a person last is right:
terminals (also those over the network), this account's desktop, and other people's desktops.
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
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qubix_worker.system import senses_wayland, senses_x11
from qubix_worker.system.senses import FILM_SECONDS

if TYPE_CHECKING:
    from qubix_worker.system.awake_linux import Hold
    from qubix_worker.system.senses_bus import Bus

log = logging.getLogger(__name__)

SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"
COST_FRESH_SECONDS = 300.0
"""For how long what NetworkManager has said holds, while the routes stay as they are."""

NETWORK_MANAGER = "org.freedesktop.NetworkManager"
METERED_YES, METERED_GUESS_YES = 1, 3
"""NMMetered (NetworkManager's D-Bus API, "Types")."""

MARKED_IDLE = 8
"""gnome-session's flag: the session must not be taken for idle."""
LOOK_UP_SECONDS = 30.0
"""Without input for this long, somebody may be watching a film; before that it is not asked."""

LOGIND = "org.freedesktop.login1"
GRAPHICAL = ("x11", "wayland", "mir")


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
        self._root = root
        self._environment = os.environ if environment is None else environment
        self._now = now
        self._monotonic = monotonic
        self._told_by = ""
        self._wayland: senses_wayland.Wayland | None = None
        self._cost: bool | None = None
        self._cost_of = b""
        self._cost_at = -math.inf
        self._hold: Hold | None = None

    # --- The battery ---------------------------------------------------------------------------

    def on_battery(self) -> bool | None:
        return on_battery(self._root / "sys/class/power_supply")

    # --- The connection ------------------------------------------------------------------------

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
                with self._system_bus() as bus:
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
        for line in _read(self._root / "proc/net/route").splitlines()[1:]:
            told.add(" ".join(line.split()[:3]))
        for line in _read(self._root / "proc/net/ipv6_route").splitlines():
            parts = line.split()
            if parts[1:2] == ["00"]:
                told.add(f"{parts[4]} {parts[-1]}")
        return "\n".join(sorted(told)).encode()

    # --- The use -------------------------------------------------------------------------------

    def idle_seconds(self) -> float | None:
        screens = self._screens()
        return None if screens is None else min(screens, self._terminals())

    def _terminals(self) -> float:
        """Since somebody typed in a terminal, here or over the network; infinite without any.
        A terminal is read only when somebody types, and its file then has a new time of access."""
        youngest = -math.inf
        dev = self._root / "dev"
        for path in itertools.chain(dev.glob("pts/[0-9]*"), dev.glob("tty[1-9]*")):
            with contextlib.suppress(OSError):
                youngest = max(youngest, path.stat().st_atime)
        return max(0.0, self._now() - youngest)

    def _screens(self) -> float | None:
        """Since somebody touched a desktop of this computer; infinite where nobody can, and None
        where there is a desktop that does not tell."""
        own = self._own_desktop()
        try:
            with self._system_bus() as bus:
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
        with self._session_bus() as bus:
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
            self._forget_wayland()
            raise

    def _forget_wayland(self) -> None:
        if self._wayland is not None:
            self._wayland.close()
            self._wayland = None

    def _wayland_socket(self) -> Path | None:
        """A worker that was started in another way than by the desktop is told of none: then it
        is the one that this account has."""
        folder = self._runtime_folder()
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
            idle = min(idle, max(0.0, self._now() - since) if told.get("IdleHint") else 0.0)
        return idle

    def _has_screen(self) -> bool:
        """Whether a desktop seems to be at work here, for any account."""
        display = self._environment.get("DISPLAY", "")
        return (
            senses_x11.display_number(display) is not None
            or bool(self._environment.get("WAYLAND_DISPLAY"))
            or any((self._root / "tmp/.X11-unix").glob("X*"))
            or any((self._root / "run/user").glob("*/wayland-*"))
        )

    # --- Keeping awake -------------------------------------------------------------------------

    def stay_awake(self, why: str) -> None:
        from qubix_worker.system import awake_linux  # noqa: PLC0415 - only who wants it pays

        self.may_sleep()
        self._hold = awake_linux.Hold(self._session_address(), self._system_address(), why)

    def may_sleep(self) -> None:
        if self._hold is not None:
            self._hold.release()
            self._hold = None

    def close(self) -> None:
        self.may_sleep()
        self._forget_wayland()

    # --- The buses -----------------------------------------------------------------------------

    def _session_bus(self) -> contextlib.closing[Bus]:
        return self._bus(self._session_address())

    def _system_bus(self) -> contextlib.closing[Bus]:
        return self._bus(self._system_address())

    def _bus(self, address: str) -> contextlib.closing[Bus]:
        from qubix_worker.system import senses_bus  # noqa: PLC0415 - only who asks pays

        return contextlib.closing(senses_bus.Bus(address))

    def _session_address(self) -> str:
        told = self._environment.get("DBUS_SESSION_BUS_ADDRESS")
        return told or f"unix:path={self._runtime_folder() / 'bus'}"

    def _system_address(self) -> str:
        return self._environment.get("DBUS_SYSTEM_BUS_ADDRESS") or SYSTEM_BUS

    def _runtime_folder(self) -> Path:
        told = self._environment.get("XDG_RUNTIME_DIR")
        return Path(told) if told else self._root / "run/user" / str(os.getuid())


def on_battery(supplies: Path) -> bool | None:
    """Whether this computer runs on its battery, by its power supplies in sysfs (the kernel's
    Documentation/ABI/testing/sysfs-class-power). None where it has no battery of its own: that
    of a mouse has the scope Device."""
    batteries: set[str] = set()
    mains: set[str] = set()
    others: set[str] = set()
    for supply in _folders(supplies):
        kind, online = _read(supply / "type"), _read(supply / "online")
        if kind in ("Battery", "UPS"):
            if _read(supply / "scope") != "Device" and _read(supply / "present") != "0":
                batteries.add(_read(supply / "status"))
        elif kind == "Mains":
            mains.add(online)
        else:
            others.add(online)
    # A laptop may have several sockets and batteries. What is said by a socket is surest; a port
    # of USB may call itself online while it feeds a telephone.
    if not batteries:
        return None
    if "1" in mains:
        return False
    if "Discharging" in batteries:
        return True
    if "Charging" in batteries or "1" in others:
        return False
    if mains:
        return True
    return False if batteries & {"Full", "Not charging"} else None


def _folders(path: Path) -> Iterator[Path]:
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208 - a quarter of iterdir's cost, at each look
    except OSError:
        return
    for name in names:
        yield path / name


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
