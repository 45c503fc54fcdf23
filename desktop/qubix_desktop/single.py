"""One window process per home: a second start brings the first one's window to the front.

Both the lock and the socket lie in the state folder, so that another QUBIX_HOME is another world.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLockFile, QObject, Signal

from qubix_desktop.invitation import Invitation, from_link
from qubix_worker.paths import Paths

if TYPE_CHECKING:
    import multiprocessing.connection as channel

log = logging.getLogger(__name__)

MESSAGE_BYTES = 4096
CONNECT_SECONDS = 5.0
PATIENCE_SECONDS = 1.0
"""For one that has connected to say what it wants."""


class FirstWindow(QObject):
    """Held by the first process; says when another one was started."""

    raise_wanted = Signal(object)
    """Another one was started, with this Invitation."""

    def __init__(self, lock: QLockFile, socket: Path) -> None:
        super().__init__()
        self._lock = lock
        self._socket = socket
        self._open = contextlib.ExitStack()
        self._closed = threading.Event()

    def listen(self) -> None:
        """From now on others are heard. They try for a while: this need not come first of all."""
        if not self._closed.is_set():
            threading.Thread(target=self._serve, name="single", daemon=True).start()

    def close(self) -> None:
        self._closed.set()
        self._open.close()
        self._lock.unlock()

    def _serve(self) -> None:
        """On its own thread. The libraries for it are imported here: nobody waits for them."""
        from multiprocessing.connection import Listener  # noqa: PLC0415

        from qubix_worker import system  # noqa: PLC0415

        try:
            # Left by a killed one: the lock says that there is no other.
            system.current().control_stale(self._socket)
            address = self._open.enter_context(system.current().control_address(self._socket))
            listener = self._open.enter_context(contextlib.closing(Listener(address)))
        except OSError:
            log.warning("a second start will not be heard", exc_info=True)
            return
        while not self._closed.is_set():
            try:
                self._greet(listener.accept())
            except (OSError, EOFError):
                if not self._closed.wait(0.1):
                    log.info("a second start was not understood", exc_info=True)

    def _greet(self, connection: channel.Connection[Any, Any]) -> None:
        from qubix_worker.control import Line  # noqa: PLC0415

        with contextlib.closing(connection):
            line = Line(connection, time.monotonic() + PATIENCE_SECONDS)
            try:
                message = json.loads(line.recv_bytes(MESSAGE_BYTES))
            except ValueError:
                message = None
            if isinstance(message, dict) and message.get("command") == "raise":
                self.raise_wanted.emit(from_link(str(message.get("link", ""))))
            line.send_bytes(b"heard")


def first_or_raise(paths: Paths, invitation: Invitation) -> FirstWindow | None:
    """This process as the first one; None where there is one already, which was told to come up,
    and of `invitation`."""
    paths.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = QLockFile(str(paths.state / "window.lock"))
    lock.setStaleLockTime(0)  # only a dead process's lock is stale, however old
    socket = paths.state / "window.sock"
    until = time.monotonic() + CONNECT_SECONDS
    while not lock.tryLock(100):
        if lock.error() != QLockFile.LockError.LockFailedError:
            break  # the folder can't be written: go on alone, setup will say what is wrong
        if _told(socket, invitation) or time.monotonic() > until:
            return None
    return FirstWindow(lock, socket)


def _told(socket: Path, invitation: Invitation) -> bool:
    """Whether the one that listens at `socket` took the message. An invitation goes as the link
    that a browser would have handed over, and is read as carefully."""
    from qubix_worker import system  # noqa: PLC0415
    from qubix_worker.control import Line  # noqa: PLC0415

    message = {"command": "raise", "link": invitation.link}
    try:
        with system.current().control_address(socket) as address:
            connection = system.current().control_connection(address, PATIENCE_SECONDS)
        with contextlib.closing(connection):
            line = Line(connection, time.monotonic() + PATIENCE_SECONDS)
            line.send_bytes(json.dumps(message).encode())
            line.recv_bytes(MESSAGE_BYTES)
    except (OSError, EOFError):
        return False
    return True
