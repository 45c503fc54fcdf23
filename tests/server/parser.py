"""What the parser that the server uses reads in some bytes."""

from __future__ import annotations

import httptools

from qubix_server.known_heads import Asked
from qubix_server.routes.heartbeat import PATH

BEFORE, AFTER = PATH.split("{worker_id}")
CLIENT = ("192.0.2.1", 1)


class Reader:
    """Raises httptools' errors."""

    def __init__(self, data: bytes) -> None:
        self.url = b""
        self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.begun = self.ended = 0
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.begun += 1

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.ended += 1

    def asked(self) -> Asked:
        path, _, query = self.url.partition(b"?")
        worker_id = path.decode().removeprefix(BEFORE).removesuffix(AFTER)
        scope = {"query_string": query, "headers": self.headers, "client": CLIENT}
        return Asked.parsed(scope, worker_id, self.body)


def parsed(data: bytes) -> Asked:
    """A heartbeat, as the server is handed it."""
    return Reader(data).asked()
