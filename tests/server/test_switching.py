"""Requests for another protocol: one that is not spoken is ignored, and WebSocket begins in its
turn."""

from __future__ import annotations

import json
import socket

import pytest

from tests.conftest import LiveServer
from tests.server.test_websocket import handshake

H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"


class Wire:
    """One connection to the server; what comes is read a part at a time."""

    def __init__(self, server: LiveServer) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self._come = self._socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._come.close()
        self._socket.close()

    def sends(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self) -> tuple[int, bytes]:
        """The status and the body of the next answer."""
        status = int(self._come.readline().split()[1])
        length = 0
        while (line := self._come.readline()) != b"\r\n":
            assert line, "it ended within a head"
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, self._come.read(length)

    def frame(self) -> dict[str, object]:
        """The next message of the WebSocket; all here are short."""
        first, length = self._come.read(2)
        assert first == 0x81
        if length == 126:
            length = int.from_bytes(self._come.read(2), "big")
        told: dict[str, object] = json.loads(self._come.read(length))
        return told

    def has_ended(self) -> bool:
        return self._come.read(1) == b""


def post(path: str, body: bytes, more: bytes = b"", credential: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\n"
    if credential:
        head += f"Authorization: Bearer {credential}\r\n"
    return head.encode() + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


def masked(text: str) -> bytes:
    """A text frame as a client sends it (RFC 6455, 5.2), with a mask of zeros."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text.encode()


PING = '{"type":"ping"}'
HEARTBEAT = b'{"status":"online"}'


@pytest.mark.parametrize("at_once", [True, False], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
def test_an_upgrade_that_is_not_spoken_is_ignored_and_its_body_read(
    shared_server: LiveServer, at_once: bool, chunked: bool
) -> None:
    worker = f"ignores-{at_once}-{chunked}".lower()
    machine = shared_server.join(worker)
    path = f"/api/providers/{worker}/heartbeat"
    first = post(path, HEARTBEAT, H2C, machine.secret)
    if chunked:
        head = first.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
        first = head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(HEARTBEAT), HEARTBEAT)
    second = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    with Wire(shared_server) as wire:
        if at_once:
            wire.sends(first + second)
        else:
            for at in range(len(first)):
                wire.sends(first[at : at + 1])
            wire.sends(second)
        status, body = wire.answer()
        assert status == 200
        assert json.loads(body)["success"] is True
        assert wire.answer()[0] == 200


def test_an_upgrade_that_is_ignored_needs_no_body(shared_server: LiveServer) -> None:
    with Wire(shared_server) as wire:
        for _ in range(2):
            wire.sends(b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + H2C + b"\r\n")
            assert wire.answer()[0] == 200


def test_a_body_that_is_too_large_is_refused_whatever_else_is_asked_for(
    shared_server: LiveServer,
) -> None:
    with Wire(shared_server) as wire:
        wire.sends(post("/api/providers/quick-register", b" " * 70_000, H2C))
        assert wire.answer()[0] == 413


def test_a_tunnel_is_refused_and_the_connection_ended(shared_server: LiveServer) -> None:
    with Wire(shared_server) as wire:
        wire.sends(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n")
        assert 400 <= wire.answer()[0] < 500
        assert wire.has_ended()


@pytest.mark.parametrize("number", [1, 5])
def test_a_handshake_behind_heartbeats_is_answered_after_them_and_nothing_is_lost(
    shared_server: LiveServer, number: int
) -> None:
    worker = f"pipelined-{number}"
    machine = shared_server.join(worker)
    beat = post(f"/api/providers/{worker}/heartbeat", HEARTBEAT, credential=machine.secret)
    with Wire(shared_server) as wire:
        wire.sends(beat * number + handshake())
        for _ in range(number):
            status, body = wire.answer()
            assert (status, json.loads(body)["success"]) == (200, True)
        assert wire.answer()[0] == 101
        assert wire.frame()["type"] == "connected"
        wire.sends(masked(PING))
        assert wire.frame()["type"] == "pong"


def test_what_comes_behind_a_handshake_is_heard_once_it_is_answered(
    shared_server: LiveServer,
) -> None:
    machine = shared_server.join("early")
    beat = post("/api/providers/early/heartbeat", HEARTBEAT, credential=machine.secret)
    with Wire(shared_server) as wire:
        wire.sends(beat + handshake() + masked(PING) * 3)
        assert wire.answer()[0] == 200
        assert wire.answer()[0] == 101
        assert wire.frame()["type"] == "connected"
        for _ in range(3):
            assert wire.frame()["type"] == "pong"


def test_a_handshake_behind_a_request_that_ends_the_connection_is_not_begun(
    shared_server: LiveServer,
) -> None:
    with Wire(shared_server) as wire:
        wire.sends(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + handshake())
        assert wire.answer()[0] == 200
        assert wire.has_ended()


def test_who_sends_without_end_behind_a_handshake_that_waits_is_cut_off(
    shared_server: LiveServer,
) -> None:
    machine = shared_server.join("endless")
    held = post("/api/providers/endless/heartbeat?wait=20", HEARTBEAT, credential=machine.secret)
    with Wire(shared_server) as wire, pytest.raises(OSError):
        wire.sends(held + handshake())
        while True:
            wire.sends(masked(PING) * 1000)
