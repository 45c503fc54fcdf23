"""A proxy as offices have them: plain requests and CONNECT, with a password or without."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from tests.worker.network.scripted import Request, Scripted, Visit


class Proxy:
    """Goes where it is asked to, or, with `hosts`, to other addresses for those names."""

    def __init__(
        self,
        *,
        password: str | None = None,
        refusal: int | None = None,
        hosts: dict[str, tuple[str, int]] | None = None,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        """`meanwhile` is called while somebody waits for an answer."""
        self._wanted = password and "Basic " + base64.b64encode(password.encode()).decode()
        self._refusal = refusal
        self._hosts = hosts or {}
        self._meanwhile = meanwhile
        self.server = Scripted(self._answer)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.server.asked]

    def _answer(self, request: Request, visit: Visit) -> None:
        self._meanwhile()
        if self._wanted and request.headers.get("Proxy-Authorization") != self._wanted:
            visit.answer(b"<html>Password?</html>", 407, Proxy_Authenticate='Basic realm="office"')
        elif self._refusal:
            visit.answer(b"<html>Forbidden</html>", self._refusal)
        elif request.method == "CONNECT":
            host, _, port = request.path.rpartition(":")
            with self._reach(host, int(port)) as there:
                visit.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _pass_on(visit.connection, there)
        else:
            self._forward(request, visit)

    def _forward(self, request: Request, visit: Visit) -> None:
        parts = urlsplit(request.path)
        with self._reach(parts.hostname or "", parts.port or 80) as there:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            kept = {k: v for k, v in request.headers.items() if not k.startswith("Proxy-")}
            head = [f"{request.method} {path} HTTP/1.1"]
            head += [f"{name}: {value}" for name, value in (kept | {"Connection": "close"}).items()]
            there.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + request.body)
            there.shutdown(socket.SHUT_WR)
            while data := there.recv(1 << 16):
                visit.send(data)

    def _reach(self, host: str, port: int) -> socket.socket:
        return socket.create_connection(self._hosts.get(host, (host, port)), timeout=5)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    while True:
        ready, _, _ = select.select([one, other], [], [], 10)
        if not ready:
            return
        for source in ready:
            data = source.recv(1 << 16)
            if not data:
                return
            (other if source is one else one).sendall(data)


@contextlib.contextmanager
def proxying(**options: object) -> Iterator[Proxy]:
    proxy = Proxy(**options)  # type: ignore[arg-type]
    try:
        yield proxy
    finally:
        proxy.server.close()
