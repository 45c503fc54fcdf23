"""How long nobody has touched a Wayland desktop that speaks ext-idle-notify (KDE, sway, Hyprland).

Written by hand, since it is short: Wayland's wire format and four of its interfaces (wayland.xml;
ext-idle-notify-v1 and, for desktops before 2023, KDE's idle.xml). The compositor tells when nobody
has touched it for a few seconds and when somebody does again, so one connection is kept while the
question is being asked, and what it tells is read at the next look. A film that keeps the screen
on counts as somebody, as the compositor sees it.
"""

from __future__ import annotations

import math
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PATIENCE_SECONDS = 2.0
QUIET_SECONDS = 5.0
"""Without input for this long, the compositor tells so."""

NOTIFIER, OLD_NOTIFIER, SEAT = "ext_idle_notifier_v1", "org_kde_kwin_idle", "wl_seat"
DISPLAY, REGISTRY = 1, 2
SYNC, GET_REGISTRY, BIND = 0, 1, 0
"""Requests, of the display and of the registry."""
DISPLAY_ERROR, GLOBAL, DONE = 0, 0, 0
IDLED, RESUMED = 0, 1
"""Events; the last two are the same in both interfaces."""


class WaylandError(OSError):
    """The compositor gave no such answer."""


class Wayland:
    """A connection to the compositor. Raises OSError where it is none, or does not tell."""

    def __init__(
        self,
        path: Path,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self._monotonic = monotonic
        self._quiet_seconds = quiet_seconds
        self._data = b""
        self._next = REGISTRY
        self._since: dict[int, float] = {}
        """By notification, when the last input was; infinite while there is input."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE_SECONDS)
        try:
            self._socket.connect(str(path))
            self._begin()
        except BaseException:
            self._socket.close()
            raise

    def idle_seconds(self) -> float:
        """Since somebody touched it. Raises OSError where the compositor has gone."""
        while select.select([self._socket], [], [], 0)[0]:
            self._receive()
            for sender, event, body in self._messages():
                self._heed(sender, event, body)
        now = self._monotonic()
        return min((max(0.0, now - since) for since in self._since.values()), default=0.0)

    def close(self) -> None:
        self._socket.close()

    def _begin(self) -> None:
        self._send(DISPLAY, GET_REGISTRY, struct.pack("=I", self._new()))
        found: dict[str, list[int]] = {}
        for sender, event, body in self._until_done():
            if sender == REGISTRY and event == GLOBAL:
                name = int.from_bytes(body[:4], sys.byteorder)
                found.setdefault(_string(body[4:]), []).append(name)
        interface = NOTIFIER if NOTIFIER in found else OLD_NOTIFIER
        if interface not in found or SEAT not in found:
            raise WaylandError("this desktop does not tell whether somebody uses it")
        notifier = self._bind(found[interface][0], interface)
        for name in found[SEAT]:
            seat, told = self._bind(name, SEAT), self._new()
            quiet = int(self._quiet_seconds * 1000)
            if interface == NOTIFIER:
                self._send(notifier, 1, struct.pack("=III", told, quiet, seat))
            else:
                self._send(notifier, 0, struct.pack("=III", told, seat, quiet))
            self._since[told] = math.inf
        for sender, event, body in self._until_done():
            self._heed(sender, event, body)

    def _bind(self, name: int, interface: str) -> int:
        new = self._new()
        text = interface.encode() + b"\0"
        text += bytes(-len(text) % 4)
        body = struct.pack("=II", name, len(interface) + 1) + text + struct.pack("=II", 1, new)
        self._send(REGISTRY, BIND, body)
        return new

    def _until_done(self) -> Iterator[tuple[int, int, bytes]]:
        """What the compositor tells up to its answer to all that was asked."""
        asked = self._new()
        self._send(DISPLAY, SYNC, struct.pack("=I", asked))
        while True:
            self._receive()
            for sender, event, body in self._messages():
                if sender == asked and event == DONE:
                    return
                yield sender, event, body

    def _heed(self, sender: int, event: int, body: bytes) -> None:
        if sender == DISPLAY and event == DISPLAY_ERROR:
            raise WaylandError(f"the compositor objects: {_string(body[8:])}")
        if sender in self._since and event == IDLED:
            self._since[sender] = self._monotonic() - self._quiet_seconds
        elif sender in self._since and event == RESUMED:
            self._since[sender] = math.inf

    def _new(self) -> int:
        self._next += 1
        return self._next - 1

    def _send(self, to: int, request: int, body: bytes) -> None:
        self._socket.sendall(struct.pack("=II", to, (8 + len(body)) << 16 | request) + body)

    def _receive(self) -> None:
        part = self._socket.recv(1 << 16)
        if not part:
            raise WaylandError("the compositor has hung up")
        self._data += part

    def _messages(self) -> Iterator[tuple[int, int, bytes]]:
        while len(self._data) >= 8:
            sender, size_and_event = struct.unpack_from("=II", self._data)
            size = size_and_event >> 16
            if size < 8:
                raise WaylandError("the compositor tells nonsense")
            if len(self._data) < size:
                return
            body, self._data = self._data[8:size], self._data[size:]
            yield sender, size_and_event & 0xFFFF, body


def _string(data: bytes) -> str:
    length = int.from_bytes(data[:4], sys.byteorder)
    return data[4 : 4 + length - 1].decode("utf-8", "replace")
