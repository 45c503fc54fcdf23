"""Each path is answered by its own route, and says which methods it takes."""

from __future__ import annotations

import json
import re
import socket

import pytest
from starlette.routing import Match

from qubix_server import app
from qubix_server.routing import Address
from qubix_server.settings import Settings
from tests.conftest import LiveServer

FILLED = {"worker_id": "a-worker", "job_id": "a-job", "code": "K7QM-2XWD", "sha256": "0" * 64,
          "os": "linux", "name": "style.css"}  # fmt: skip


@pytest.fixture(scope="module")
def all_addresses(tmp_path_factory: pytest.TempPathFactory) -> list[Address]:
    file = tmp_path_factory.mktemp("unused") / "qubix.db"
    application = app.create(Settings(f"sqlite:///{file}"))
    try:
        return [route for route in application.router.routes if isinstance(route, Address)]
    finally:
        application.state.services.database.close()


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: FILLED[found[1]], path)


def test_each_path_is_answered_by_its_own_route(all_addresses: list[Address]) -> None:
    for address in all_addresses:
        scope = {"type": "http", "path": filled(address.path), "method": "GET", "root_path": ""}
        first = next(one for one in all_addresses if one.matches(scope)[0] is not Match.NONE)
        assert first.path == address.path


def test_each_path_refuses_other_methods_and_names_its_own(
    shared_server: LiveServer, all_addresses: list[Address]
) -> None:
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
    for address in all_addresses:
        for method in known - address.methods:
            answer = shared_server.ask(method, filled(address.path))
            assert (address.path, method, answer.status_code) == (address.path, method, 405)
            assert set(answer.headers["Allow"].split(", ")) == address.methods
            assert method == "HEAD" or answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("path", "origin", "status", "code"),
    [
        ("/ws", "https://evil.example", 403, "forbidden_origin"),
        ("/nothing", None, 404, "not_found"),
        ("/api/jobs", None, 404, "not_found"),
    ],
)
def test_a_websocket_that_is_refused_says_why_as_all_else_does(
    shared_server: LiveServer, path: str, origin: str | None, status: int, code: str
) -> None:
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{shared_server.port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        + (f"Origin: {origin}\r\n" if origin else "")
        + "\r\n"
    )
    with socket.create_connection(("127.0.0.1", shared_server.port), timeout=10) as connection:
        connection.sendall(request.encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status}".encode())
    assert b"nosniff" in head
    assert json.loads(body)["code"] == code


def test_the_websockets_address_asked_by_http_alone_says_so(shared_server: LiveServer) -> None:
    answer = shared_server.ask("GET", "/ws")
    assert (answer.status_code, answer.headers["Upgrade"]) == (426, "websocket")
    assert answer.json()["code"] == "upgrade_required"
