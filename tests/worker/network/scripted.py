"""A server that does as the test says, down to the bytes: late, cut short, a drop at a time."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Visit:
    """One connection, while it stands."""

    def __init__(self, connection: socket.socket, number: int, stopping: threading.Event) -> None:
        self.connection = connection
        self.number = number
        self._stopping = stopping

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer(self, body: Any, status: int = 200, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(data)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + data)

    def drip(self, data: bytes, every_seconds: float = 0.1) -> None:
        """`data` over and over, a byte at a time, until the other side has had enough."""
        while True:
            for at in range(len(data)):
                self.send(data[at : at + 1])
                if self._stopping.wait(every_seconds):
                    return

    def hold(self, seconds: float) -> None:
        """Says nothing for so long, or until the test ends or the other side has gone."""
        self.connection.settimeout(seconds)
        with contextlib.suppress(TimeoutError, OSError):
            self.connection.recv(1)
        self.connection.settimeout(None)

    def drop(self) -> None:
        """Ends the connection as a killed server does."""
        linger = b"\1\0\0\0\0\0\0\0"
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        socket.close(self.connection.detach())  # at once, whoever else has it open


Answer = Callable[[Request, Visit], None]


class Scripted:
    """Serves until `close`. `answer` may be changed at any time; it keeps what was asked."""

    def __init__(
        self,
        answer: Answer,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        name: str | None = None,
    ) -> None:
        self.answer = answer
        self.asked: list[Request] = []
        self.visits = 0
        self._stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family)
        self._tls = tls
        self.port: int = self._socket.getsockname()[1]
        shown = name or (f"[{host}]" if ":" in host else host)
        self.url = f"{'https' if tls else 'http'}://{shown}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._stopping.set()
        # Closing alone does not wake a thread that accepts.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            threading.Thread(
                target=self._serve, args=(connection, self.visits), daemon=True
            ).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        self._connections.add(connection)
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            visit = Visit(connection, number, self._stopping)
            with connection, connection.makefile("rb") as stream:
                while request := _read(stream):
                    self.asked.append(request)
                    self.answer(request, visit)
        except (OSError, ValueError):
            pass
        finally:
            self._connections.discard(connection)


def _read(stream: Any) -> Request | None:
    first = stream.readline().decode("latin-1").split()
    if len(first) < 2:
        return None
    headers = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.strip().title()] = value.strip()
    body = stream.read(int(headers.get("Content-Length", 0)))
    return Request(first[0], first[1], headers, body)


@contextlib.contextmanager
def serving(answer: Answer, **options: Any) -> Iterator[Scripted]:
    server = Scripted(answer, **options)
    try:
        yield server
    finally:
        server.close()


HEARD = {"success": True, "pendingJobs": [], "heartbeatIntervalSeconds": 30}
"""What a server says to a heartbeat when it has nothing to say."""
