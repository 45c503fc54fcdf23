"""Handshakes that are none: each is answered in the form of all else, and the connection closed."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.conftest import LiveServer

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
GOOD = {
    b"Upgrade": b"websocket",
    b"Connection": b"Upgrade",
    b"Sec-WebSocket-Key": KEY,
    b"Sec-WebSocket-Version": b"13",
}


def handshake(
    *, line: bytes = b"GET /ws HTTP/1.1", more: bytes = b"", **changed: bytes | None
) -> bytes:
    """`changed`: by the header's last word; None leaves it out."""
    headers = {
        name: changed.get(name.rpartition(b"-")[2].decode().lower(), value)
        for name, value in GOOD.items()
    }
    lines = [line, b"Host: example"]
    lines += [name + b": " + value for name, value in headers.items() if value is not None]
    return b"\r\n".join(lines) + b"\r\n" + more + b"\r\n"


MANY = b"".join(b"X-%d: a\r\n" % number for number in range(200))
MALFORMED = {
    "no key": (handshake(key=None), 400),
    "an empty key": (handshake(key=b""), 400),
    "a short key": (handshake(key=b"AAAA"), 400),
    "a key that is no base64": (handshake(key=b"!" * 24), 400),
    "a key that is not ASCII": (handshake(key=b"\xe9" * 24), 400),
    "two keys": (handshake(more=b"Sec-WebSocket-Key: " + KEY + b"\r\n"), 400),
    "no version": (handshake(version=None), 426),
    "an old version": (handshake(version=b"8"), 426),
    "a version that is not ASCII": (handshake(version=b"\xff"), 426),
    "two versions": (handshake(more=b"Sec-WebSocket-Version: 13\r\n"), 426),
    "another method": (handshake(line=b"POST /ws HTTP/1.1"), 405),
    "another upgrade": (handshake(upgrade=b"h2c"), 426),
    "two upgrades": (handshake(more=b"Upgrade: websocket\r\n"), 426),
    "no upgrade": (handshake(connection=b"close"), 426),
    "a connection that is no list": (handshake(connection=b"Upgrade, ;;"), 400),
    "subprotocols that are no list": (handshake(more=b"Sec-WebSocket-Protocol: ,,;\r\n"), 400),
    "two origins": (handshake(more=b"Origin: a\r\nOrigin: b\r\n"), 400),
    "another site's page": (handshake(more=b"Origin: https://evil.example\r\n"), 403),
    "a long header": (handshake(more=b"X: " + b"a" * 9000 + b"\r\n"), 431),
    "a very long header": (handshake(more=b"X: " + b"a" * 60_000 + b"\r\n"), 431),
    "a header without end": (handshake(more=b"X: " + b"a" * 400_000 + b"\r\n"), 431),
    "many headers": (handshake(more=MANY), 431),
    "a long address": (handshake(line=b"GET /ws?" + b"a" * 9000 + b" HTTP/1.1"), 431),
    "an address that is not ASCII": (handshake(line=b"GET /ws\xe9 HTTP/1.1"), 400),
    "another address": (handshake(line=b"GET /other HTTP/1.1"), 404),
    "a NUL": (handshake(more=b"X: a\0b\r\n"), 400),
    "a folded header": (handshake(more=b"X: a\r\n b\r\n"), 400),
    "a name that is not ASCII": (handshake(more=b"X\xe9: a\r\n"), 400),
    "a body": (handshake(more=b"Content-Length: 5\r\n") + b"hello", 400),
    "half a body": (handshake(more=b"Content-Length: 5\r\n") + b"he", 400),
    "a chunked body": (handshake(more=b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n", 400),
}


@pytest.fixture(scope="module")
def server(shared_server: LiveServer) -> Iterator[LiveServer]:
    yield shared_server


def connected(server: LiveServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def answered(server: LiveServer, request: bytes) -> bytes:
    """All that comes until the answer is whole."""
    with connected(server) as connection:
        connection.sendall(request)
        told = b""
        while not _is_whole(told):
            more = connection.recv(65536)
            assert more, told
            told += more
        return told


def _is_whole(told: bytes) -> bool:
    head, end, body = told.partition(b"\r\n\r\n")
    return bool(end) and len(body) >= int(_headers(head).get("content-length", "0"))


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_handshake_is_refused_in_the_form_of_all_else(
    server: LiveServer, name: str
) -> None:
    request, status = MALFORMED[name]
    head, _, body = answered(server, request).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    headers = _headers(head)
    assert headers["content-type"] == "application/json"
    assert headers["x-content-type-options"] == "nosniff"
    told = json.loads(body)
    assert set(told) == {"success", "error", "code"}
    assert told["success"] is False
    assert head.lower().count(b"\r\ncontent-length") == 1


@pytest.mark.parametrize("name", ["no key", "a long header", "a body", "another address"])
def test_who_is_refused_is_not_kept(server: LiveServer, name: str) -> None:
    with connected(server) as connection:
        connection.sendall(MALFORMED[name][0])
        while connection.recv(65536):
            pass


def test_an_older_version_is_told_which_one_is_spoken(server: LiveServer) -> None:
    head = answered(server, handshake(version=b"8")).partition(b"\r\n\r\n")[0]
    assert _headers(head)["sec-websocket-version"] == "13"


@pytest.mark.parametrize("more", [b"", b"Content-Length: 0\r\n", b"Sec-WebSocket-Protocol: a\r\n"])
def test_a_good_handshake_is_taken(server: LiveServer, more: bytes) -> None:
    assert answered(server, handshake(more=more)).startswith(b"HTTP/1.1 101 ")


def test_no_refusal_is_written_down_as_a_mistake_of_the_servers(live_server: LiveServer) -> None:
    for request, _ in MALFORMED.values():
        answered(live_server, request)
    output = live_server.stop()
    assert "ERROR" not in output
    assert "Traceback" not in output
