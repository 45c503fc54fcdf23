"""One window process per home: a second start brings the first one's window to the front.

Both the lock and the socket lie in the state folder, so that another QUBIX_HOME is another world.
"""

from __future__ import annotations

import contextlib
import json
import time

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from qubix_desktop.invitation import Invitation, from_link
from qubix_worker import system
from qubix_worker.paths import Paths

MESSAGE_BYTES = 4096
CONNECT_SECONDS = 5.0


class FirstWindow(QObject):
    """Held by the first process; says when another one was started."""

    raise_wanted = Signal(object)
    """Another one was started, with this Invitation."""

    def __init__(self, lock: QLockFile, address: contextlib.ExitStack, name: str) -> None:
        super().__init__()
        self._lock = lock
        self._address = address
        self._server = QLocalServer(self)
        self._server.newConnection.connect(self._greet)
        QLocalServer.removeServer(name)  # left by a killed one: the lock says there is no other
        self._server.listen(name)

    def close(self) -> None:
        self._server.close()
        self._address.close()
        self._lock.unlock()

    def _greet(self) -> None:
        while socket := self._server.nextPendingConnection():
            socket.readyRead.connect(lambda socket=socket: self._read(socket))
            socket.disconnected.connect(socket.deleteLater)
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() > MESSAGE_BYTES:
                socket.abort()
            return
        try:
            message = json.loads(bytes(socket.readLine(MESSAGE_BYTES).data()))
        except ValueError:
            message = None
        if isinstance(message, dict) and message.get("command") == "raise":
            self.raise_wanted.emit(from_link(str(message.get("link", ""))))
        socket.disconnectFromServer()


def first_or_raise(paths: Paths, invitation: Invitation) -> FirstWindow | None:
    """This process as the first one; None where there is one already, which was told to come up,
    and of `invitation`."""
    paths.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = QLockFile(str(paths.state / "window.lock"))
    lock.setStaleLockTime(0)  # only a dead process's lock is stale, however old
    address = contextlib.ExitStack()
    name = address.enter_context(system.current().control_address(paths.state / "window.sock"))
    until = time.monotonic() + CONNECT_SECONDS
    while not lock.tryLock(100):
        if lock.error() != QLockFile.LockError.LockFailedError:
            break  # the folder can't be written: go on alone, setup will say what is wrong
        if _told(name, invitation) or time.monotonic() > until:
            address.close()
            return None
    return FirstWindow(lock, address, name)


def _told(name: str, invitation: Invitation) -> bool:
    """Whether the one that listens at `name` took the message. An invitation goes as the link that
    a browser would have handed over, and is read as carefully."""
    socket = QLocalSocket()
    socket.connectToServer(name)
    if not socket.waitForConnected(1000):
        return False
    message = {"command": "raise", "link": invitation.link}
    socket.write(json.dumps(message).encode() + b"\n")
    socket.waitForBytesWritten(1000)
    socket.waitForDisconnected(1000)
    return True
