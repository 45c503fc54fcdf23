"""What a client sends cannot look like a line that the server has written."""

from __future__ import annotations

import logging
import re
import socket

import pytest

from qubix_server.cli.serve import OneLine
from tests.conftest import LiveServer
from tests.server.test_websocket import answered, handshake

HOSTILE = (
    "/x\n2026-01-01 00:00:00,000 WARNING qubix_server: all is well",
    "a\rb", "a\x1b[2Jb", "a\u2028b", "a\x85b", "a\u202eb", "a\0b", "a\x0bb\x0cc",
)  # fmt: skip


def written(message: str, error: Exception | None = None) -> list[str]:
    """As lines, whatever a reader takes for the end of one."""
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("server", logging.WARNING, "", 0, "%s failed", (message,), info)
    return OneLine("%(levelname)s %(name)s: %(message)s").format(record).splitlines()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_message_is_one_line(hostile: str) -> None:
    (line,) = written(hostile)
    assert line.startswith("WARNING server: ")
    assert line.isprintable()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_of_what_failed_no_line_begins_where_a_message_does(hostile: str) -> None:
    first, *rest = written("it", ValueError(hostile))
    assert first == "WARNING server: it failed"
    assert rest
    for line in rest:
        assert re.match(r"  ", line)
        assert line.isprintable()


def test_no_address_that_was_asked_for_is_written_down(live_server: LiveServer) -> None:
    """Somebody may put a token there, where it does not belong."""
    for path in ("/", "/api/jobs", "/api/providers/x/heartbeat", "/nothing"):
        for method in ("GET", "POST"):
            live_server.ask(method, f"{path}?token=in-the-address")
    for path in (b"/ws", b"/nothing"):
        answered(live_server, handshake(line=b"GET " + path + b"?token=in-the-address HTTP/1.1"))
        bad = handshake(line=b"GET " + path + b"?token=in-the-address HTTP/1.1", key=None)
        answered(live_server, bad)
    answered(live_server, b"GET /?token=in-the-address\xff\0 HTTP/1.1\r\n\r\n")
    assert "in-the-address" not in live_server.stop()


def test_who_sends_no_http_is_answered_and_fills_no_log(live_server: LiveServer) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", live_server.port), timeout=30) as line:
            line.sendall(b"\x16\x03\x01 this is no request\r\n\r\n")
            assert b"bad_request" in line.recv(4096)
    assert "Invalid" not in live_server.stop()
