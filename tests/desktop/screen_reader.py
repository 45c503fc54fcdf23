"""What a screen reader is told of the windows on this desktop, over AT-SPI's own bus.

The interfaces are those of at-spi2-core's xml folder (gitlab.gnome.org/GNOME/at-spi2-core).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jeepney import DBusAddress, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

ACCESSIBLE = "org.a11y.atspi.Accessible"
STATES = {4: "checked", 8: "enabled", 11: "focusable", 12: "focused", 25: "showing"}
"""AtspiStateType's numbers."""
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Node:
    """One thing that can be read aloud."""

    name: str
    role: str
    states: frozenset[str]
    place: tuple[int, int, int, int]
    """Left, top, width and height on the screen."""
    children: tuple[Node, ...] = ()

    def all(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.all()

    def shown(self) -> list[Node]:
        return [node for node in self.all() if "showing" in node.states]


class ScreenReader:
    def __init__(self, session_bus: str) -> None:
        with open_dbus_connection(session_bus) as session:
            bus = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
            address = _ask(session, new_method_call(bus, "GetAddress"))
        self._bus = open_dbus_connection(address)

    def close(self) -> None:
        self._bus.close()

    def windows(self) -> list[Node]:
        """The windows of all programs, as far as they are shown."""
        root = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
        programs = self._children(root)
        found = [self._node(window) for program in programs for window in self._children(program)]
        return [window for window in found if "showing" in window.states]

    def _children(self, of: tuple[str, str]) -> list[tuple[str, str]]:
        return [tuple(one) for one in self._call(of, "GetChildren")]  # type: ignore[misc]

    def _node(self, at: tuple[str, str]) -> Node:
        low, high = self._call(at, "GetState")
        bits = low | high << 32
        states = frozenset(word for bit, word in STATES.items() if bits >> bit & 1)
        # A wizard's other pages are there as well, but nobody reads what is not shown.
        children = self._children(at) if "showing" in states else []
        component = DBusAddress(at[1], at[0], "org.a11y.atspi.Component")
        place = _ask(self._bus, new_method_call(component, "GetExtents", "u", (0,)))
        name = _ask(self._bus, Properties(self._address(at)).get("Name"))
        return Node(
            name[1],
            self._call(at, "GetRoleName"),
            states,
            tuple(place),  # type: ignore[arg-type]
            tuple(self._node(child) for child in children),
        )

    def _call(self, at: tuple[str, str], method: str) -> Any:
        return _ask(self._bus, new_method_call(self._address(at), method))

    def _address(self, at: tuple[str, str]) -> DBusAddress:
        return DBusAddress(at[1], at[0], ACCESSIBLE)


def _ask(bus: DBusConnection, message: Any) -> Any:
    answer = bus.send_and_get_reply(message, timeout=PATIENCE_SECONDS)
    assert answer.header.message_type.name == "method_return", answer.body
    return answer.body[0]


def environment(session_bus: str, display: str) -> dict[str, str]:
    """For a program that is to be read: Qt tells nobody anything unless it is asked to."""
    return {
        **os.environ,
        "DBUS_SESSION_BUS_ADDRESS": session_bus,
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
    }
