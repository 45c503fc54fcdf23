"""The D-Bus of a Linux desktop, for short questions.

jeepney is a small library in plain Python: it cannot end the process, as libraries of desktops may.
Each question has a time limit, so that a bus that hangs costs one look's answer and no more.
"""

from __future__ import annotations

from typing import Any

from jeepney import (  # type: ignore[import-untyped]
    DBusAddress,
    HeaderFields,
    MessageFlag,
    MessageType,
    message_bus,
    new_method_call,
)
from jeepney.bus import get_connectable_addresses  # type: ignore[import-untyped]
from jeepney.io.blocking import DBusConnection, DBusConnectionBase, prep_socket  # type: ignore[import-untyped]
from jeepney.io.common import MessageFilters  # type: ignore[import-untyped]

PATIENCE_SECONDS = 2.0


class BusError(OSError):
    """The bus, or who was asked over it, gave an error or no answer."""


class Bus(DBusConnection):  # type: ignore[misc]  # jeepney tells no types
    """One connection, to be used by one thread. Raises OSError where there is no such bus."""

    def __init__(self, address: str, *, descriptors: bool = False) -> None:
        try:
            where = next(get_connectable_addresses(address))
            socket = prep_socket(where, descriptors, timeout=PATIENCE_SECONDS)
        except (ValueError, RuntimeError) as error:
            raise BusError(f"not a bus that can be reached: {error}") from error
        # Not DBusConnection's own: it says hello without a time limit.
        DBusConnectionBase.__init__(self, socket, descriptors)
        self._filters = MessageFilters()
        try:
            (self.unique_name,) = self._ask(message_bus.Hello())
        except BaseException:
            self.close()
            raise

    def call(
        self, name: str, path: str, interface: str, method: str, signature: str = "", *body: Any
    ) -> tuple[Any, ...]:
        """What `method` answers. Raises OSError. Nobody is started only in order to answer."""
        to = DBusAddress(path, bus_name=name, interface=interface)
        message = new_method_call(to, method, signature or None, body)
        message.header.flags |= MessageFlag.no_auto_start
        return self._ask(message)

    def property(self, name: str, path: str, interface: str, key: str) -> Any:
        properties = "org.freedesktop.DBus.Properties"
        return self.call(name, path, properties, "Get", "ss", interface, key)[0][1]

    def properties(self, name: str, path: str, interface: str) -> dict[str, Any]:
        properties = "org.freedesktop.DBus.Properties"
        (told,) = self.call(name, path, properties, "GetAll", "s", interface)
        return {key: value for key, (_, value) in told.items()}

    def _ask(self, message: Any) -> tuple[Any, ...]:
        try:
            answer = self.send_and_get_reply(message, timeout=PATIENCE_SECONDS)
        except TimeoutError as error:
            raise BusError("no answer in time") from error
        if answer.header.message_type == MessageType.error:
            raise BusError(str(answer.header.fields.get(HeaderFields.error_name, "an error")))
        return tuple(answer.body)
