"""A D-Bus of a test's own, and services on it that a desktop would have."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jeepney import (  # type: ignore[import-untyped]
    DBusAddress,
    HeaderFields,
    MessageType,
    message_bus,
    new_error,
    new_method_call,
    new_method_return,
)
from jeepney.bus import get_connectable_addresses  # type: ignore[import-untyped]
from jeepney.io.blocking import (  # type: ignore[import-untyped]
    DBusConnection,
    prep_socket,
)

BUS_CONFIGURATION = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@dataclass
class Call:
    """What a client asked a service."""

    interface: str
    method: str
    body: tuple[Any, ...]
    sender: str


Answer = Callable[[Call], tuple[str, tuple[Any, ...]] | None]
"""The signature and body of an answer; None: an error."""


@dataclass
class OwnBus:
    """A real bus, with services on it that answer as the test says."""

    address: str
    stack: ExitStack
    calls: list[Call] = field(default_factory=list)

    def connect(self) -> DBusConnection:
        where = next(get_connectable_addresses(self.address))
        return self.stack.enter_context(DBusConnection(prep_socket(where, True), True))

    def serve(self, name: str, answer: Answer) -> None:
        """Somebody owns `name` from now on, and answers until the test ends."""
        connection = self.connect()
        to_bus = connection.send_and_get_reply(message_bus.RequestName(name))
        assert to_bus.body == (1,)
        over, end = os.pipe()
        thread = threading.Thread(target=self._answer, args=(connection, over, answer))
        thread.start()

        def stop() -> None:
            os.close(end)
            thread.join()
            os.close(over)

        self.stack.callback(stop)

    def _answer(self, connection: DBusConnection, over: int, answer: Answer) -> None:
        while over not in select.select([connection.sock, over], [], [])[0]:
            message = connection.receive(timeout=5)
            if message.header.message_type != MessageType.method_call:
                continue
            fields = message.header.fields
            call = Call(
                fields[HeaderFields.interface],
                fields[HeaderFields.member],
                tuple(message.body),
                fields[HeaderFields.sender],
            )
            self.calls.append(call)
            told = answer(call)
            if told is None:
                connection.send(new_error(message, "org.example.NotToday"))
            else:
                connection.send(new_method_return(message, *told))

    def has(self, unique_name: str) -> bool:
        """Whether that client is still connected."""
        bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        asking = self.connect()
        question = new_method_call(bus, "NameHasOwner", "s", (unique_name,))
        return bool(asking.send_and_get_reply(question).body[0])


@contextmanager
def own_bus() -> Iterator[OwnBus]:
    if not shutil.which("dbus-daemon"):
        pytest.skip("dbus-daemon is not on this machine")
    with ExitStack() as stack:
        # A socket's path is short; a folder of pytest's may not be.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bus")))
        configuration = folder / "bus.conf"
        configuration.write_text(BUS_CONFIGURATION.format(socket=folder / "socket"))
        daemon = subprocess.Popen(
            ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--print-address"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert daemon.stdout
        address = daemon.stdout.readline().strip()
        assert address, "the bus did not start"
        bus = OwnBus(address, stack)
        try:
            yield bus
        finally:
            stack.close()
            daemon.terminate()
            daemon.wait()
            daemon.stdout.close()
