"""Events over the WebSocket: public ones for all, the rest for those who may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conftest import LiveServer
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect


def said(connection: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=10))
    return message


def ask(connection: ClientConnection, **message: Any) -> dict[str, Any]:
    connection.send(json.dumps(message))
    return said(connection)


@pytest.fixture
def live(shared_server: LiveServer) -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{shared_server.port}/ws", proxy=None) as connection:
        assert said(connection)["type"] == "connected"
        yield connection


def until(connection: ClientConnection, kind: str) -> dict[str, Any]:
    while (message := said(connection))["type"] != kind:
        pass
    return message


def test_the_marketplace_tells_who_joins_comes_and_goes(
    shared_server: LiveServer, live: ClientConnection
) -> None:
    assert ask(live, type="subscribe:marketplace")["type"] == "subscribed"
    machine = shared_server.join("live")
    joined = until(live, "PROVIDER_REGISTERED")["data"]
    assert joined["workerId"] == "live"
    assert "hardware" not in joined
    machine.beat()
    changed = until(live, "PROVIDER_STATUS_CHANGED")["data"]
    assert (changed["event"], changed["isOnline"]) == ("PROVIDER_ONLINE", True)
    machine.beat("offline")
    assert until(live, "PROVIDER_STATUS_CHANGED")["data"]["event"] == "PROVIDER_OFFLINE"
    machine.ask("DELETE", "/api/providers/live")
    assert until(live, "PROVIDER_REMOVED")["data"]["workerId"] == "live"


def test_ping_and_unsubscribe(shared_server: LiveServer, live: ClientConnection) -> None:
    assert ask(live, type="ping") == {"type": "pong"}
    ask(live, type="subscribe:marketplace")
    assert ask(live, type="unsubscribe", subscriptionId="marketplace")["type"] == "unsubscribed"
    shared_server.join("unheard")
    assert ask(live, type="ping") == {"type": "pong"}


@pytest.mark.parametrize(
    "message",
    ["", "{", "[]", '{"type": 1}', '{"type": "no"}', '{"type": "subscribe:job"}', "x" * 20000],
)
def test_a_message_that_makes_no_sense_is_an_error(live: ClientConnection, message: str) -> None:
    live.send(message)
    assert said(live)["type"] == "error"
    assert ask(live, type="ping") == {"type": "pong"}


def test_a_provider_is_told_of_to_itself_and_to_operators(
    shared_server: LiveServer, live: ClientConnection
) -> None:
    machine = shared_server.join("watched")
    other = shared_server.join("watcher")
    wanted = {"type": "subscribe:provider", "subscriptionId": "watched"}
    assert ask(live, **wanted)["code"] == "unauthorized"
    assert ask(live, **wanted, token=other.secret)["code"] == "forbidden"
    assert ask(live, **wanted, token=machine.secret)["type"] == "subscribed"
    machine.beat()
    assert until(live, "GPU_METRICS_UPDATE")["data"]["usage"]["cpuPercent"] == 12.5


def test_a_job_is_told_of_to_operators(shared_server: LiveServer) -> None:
    machine = shared_server.join("jobbing")
    machine.beat()
    body = {"kind": "wasm", "spec": {}}
    token = shared_server.token
    created = shared_server.ask("POST", "/api/jobs/create", body, credential=token)
    job_id = created.json()["job"]["id"]
    machine.beat()
    with connect(
        f"ws://127.0.0.1:{shared_server.port}/ws", proxy=None,
        additional_headers={"Authorization": f"Bearer {token}"},
    ) as live:  # fmt: skip
        said(live)
        assert ask(live, type="subscribe:job", subscriptionId=job_id)["type"] == "subscribed"
        machine.ask("POST", f"/api/jobs/{job_id}/progress", {"progress": 50})
        assert until(live, "JOB_PROGRESS")["data"]["progress"] == 50
        machine.ask("POST", f"/api/jobs/{job_id}/complete", {"status": "completed"})
        assert until(live, "JOB_COMPLETED")["data"]["status"] == "COMPLETED"


def test_pages_of_other_sites_may_not_listen(shared_server: LiveServer) -> None:
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        connect(
            f"ws://127.0.0.1:{shared_server.port}/ws", proxy=None, origin="https://evil.example"
        )  # fmt: skip
