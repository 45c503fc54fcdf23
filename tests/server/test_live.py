"""Events over the WebSocket: public ones for all, the rest for those who may."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from qubix_server.cli.serve import GRACE_SECONDS
from tests.conftest import LiveServer
from tests.server.conftest import Command

pytestmark = pytest.mark.both_databases


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


def test_why_a_computer_is_paused_is_told_to_operators_and_not_to_everyone(
    shared_server: LiveServer, live: ClientConnection
) -> None:
    machine = shared_server.join("resting")
    path = "/api/providers/resting/heartbeat"
    ask(live, type="subscribe:marketplace")
    with connect(
        f"ws://127.0.0.1:{shared_server.port}/ws", proxy=None,
        additional_headers={"Authorization": f"Bearer {shared_server.token}"},
    ) as operator:  # fmt: skip
        said(operator)
        ask(operator, type="subscribe:provider", subscriptionId="resting")
        reasons = ["Somebody uses it.", "It runs on its battery."]
        for reason in reasons:
            machine.ask("POST", path, {"status": "paused", "pauseReason": reason})
            told = until(operator, "PROVIDER_STATUS_CHANGED")["data"]
            assert (told["status"], told["pauseReason"]) == ("paused", reason)
            shown = shared_server.ask(
                "GET", "/api/providers/resting", credential=shared_server.token
            ).json()["provider"]
            assert shown["pauseReason"] == reason
        assert reasons[-1] in shared_server.cli("providers", "list").stdout
        machine.beat()
        told = until(operator, "PROVIDER_STATUS_CHANGED")["data"]
        assert (told["status"], told["pauseReason"]) == ("online", None)
    public = [until(live, "PROVIDER_STATUS_CHANGED")["data"] for _ in range(2)]
    assert [one["status"] for one in public] == ["paused", "online"]
    assert not any("pauseReason" in one for one in public)


def test_what_an_operator_switches_is_told_to_operators_and_its_owner_alone(
    shared_server: LiveServer, live: ClientConnection
) -> None:
    machine = shared_server.join("switched")
    machine.beat("paused")  # so that nothing that is public changes
    token = shared_server.token
    address = f"ws://127.0.0.1:{shared_server.port}/ws"
    ask(live, type="subscribe:marketplace")
    with connect(address, proxy=None) as operator, connect(address, proxy=None) as owner:
        for reader, message in (
            (operator, {"type": "subscribe:marketplace", "token": token}),
            (owner, {"type": "subscribe:provider", "subscriptionId": "switched",
                     "token": machine.secret}),
        ):  # fmt: skip
            said(reader)
            assert ask(reader, **message)["type"] == "subscribed"
        for wanted in (False, True):
            path, body = "/api/providers/switched/toggle", {"online": wanted}
            assert shared_server.ask("POST", path, body, credential=token).ok
            for reader in (operator, owner):
                told = until(reader, "PROVIDER_STATUS_CHANGED")["data"]
                assert (told["workerId"], told["isEnabled"]) == ("switched", wanted)
        machine.beat()
        assert until(operator, "PROVIDER_STATUS_CHANGED")["data"]["isAvailable"] is True
    public = until(live, "PROVIDER_STATUS_CHANGED")["data"]
    assert public["isAvailable"] is True
    assert "isEnabled" not in public


@pytest.mark.parametrize("who", ["a worker", "a stranger"])
def test_the_marketplace_is_public_and_no_more_to_who_is_no_operator(
    shared_server: LiveServer, live: ClientConnection, who: str
) -> None:
    machine = shared_server.join(f"public-to-{who[2:]}")
    token = machine.secret if who == "a worker" else "no-token"
    assert ask(live, type="subscribe:marketplace", token=token)["type"] == "subscribed"
    machine.beat()
    assert "isEnabled" not in until(live, "PROVIDER_STATUS_CHANGED")["data"]


def test_who_proves_to_be_an_operator_later_is_told_once_and_can_leave(
    shared_server: LiveServer, live: ClientConnection
) -> None:
    token = shared_server.token
    ask(live, type="subscribe:marketplace")
    ask(live, type="subscribe:marketplace", token=token)
    machine = shared_server.join("told-once")
    assert said(live)["type"] == "PROVIDER_REGISTERED"
    machine.beat()
    assert "isEnabled" in said(live)["data"]
    assert ask(live, type="unsubscribe", subscriptionId="marketplace")["type"] == "unsubscribed"
    machine.beat("offline")
    assert ask(live, type="ping") == {"type": "pong"}


def test_a_machine_that_was_asked_for_by_two_names_is_told_of_until_both_are_given_up(
    shared_server: LiveServer, live: ClientConnection
) -> None:
    machine, token = shared_server.join("two-names"), shared_server.token
    path = "/api/providers/two-names"
    other_name = shared_server.ask("GET", path, credential=token).json()["provider"]["id"]
    for name in ("two-names", other_name):
        ask(live, type="subscribe:provider", subscriptionId=name, token=token)
    ask(live, type="unsubscribe", subscriptionId=other_name)
    machine.beat()
    assert until(live, "PROVIDER_STATUS_CHANGED")["data"]["isOnline"] is True


def test_a_job_is_told_of_to_operators(shared_server: LiveServer) -> None:
    machine = shared_server.join("jobbing")
    machine.beat()
    body = {"kind": "wasm", "spec": {"module": "AA=="}}
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


def closed_with(connection: ClientConnection) -> int:
    """With which code, once all that was told before is read."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            connection.recv(timeout=20)
    assert closed.value.rcvd
    return closed.value.rcvd.code


@pytest.mark.slow
def test_who_listens_by_a_token_that_was_replaced_is_closed_and_others_are_not(
    command: Command, live_server: LiveServer
) -> None:
    address, old = f"ws://127.0.0.1:{live_server.port}/ws", live_server.token
    machine = live_server.join("stays")
    with (
        connect(address, proxy=None) as everyone, connect(address, proxy=None) as operator,
        connect(address, proxy=None) as owner,
    ):  # fmt: skip
        for reader in (everyone, operator, owner):
            said(reader)
        ask(everyone, type="subscribe:marketplace")
        ask(operator, type="subscribe:marketplace", token=old)
        wanted = {"type": "subscribe:provider", "subscriptionId": "stays"}
        ask(owner, **wanted, token=machine.secret)
        assert command("token", environment=live_server.variables()).returncode == 0
        assert closed_with(operator) == 4401
        assert ask(everyone, type="ping") == {"type": "pong"}
        assert ask(owner, type="ping") == {"type": "pong"}
        assert ask(everyone, **wanted, token=old)["code"] == "unauthorized"


@pytest.mark.slow
def test_a_machine_that_was_removed_listens_no_more(shared_server: LiveServer) -> None:
    machine, token = shared_server.join("to-go"), shared_server.token
    with connect(f"ws://127.0.0.1:{shared_server.port}/ws", proxy=None) as owner:
        said(owner)
        ask(owner, type="subscribe:provider", subscriptionId="to-go", token=machine.secret)
        assert shared_server.ask("DELETE", "/api/providers/to-go", credential=token).ok
        assert until(owner, "PROVIDER_REMOVED")["data"]["workerId"] == "to-go"
        assert closed_with(owner) == 4401


def test_pages_of_other_sites_may_not_listen(shared_server: LiveServer) -> None:
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        connect(
            f"ws://127.0.0.1:{shared_server.port}/ws", proxy=None,
            additional_headers={"Origin": "https://evil.example"},
        )  # fmt: skip


@pytest.mark.slow
def test_our_own_pages_may_listen_also_by_the_public_address(tmp_path: Path) -> None:
    public = {"QUBIX_PUBLIC_URL": "https://share.example"}
    server = LiveServer(tmp_path, environment=public)
    server.start()
    address = f"ws://127.0.0.1:{server.port}/ws"
    for origin in (server.url, "https://share.example"):
        with connect(address, proxy=None, additional_headers={"Origin": origin}) as connection:
            assert said(connection)["type"] == "connected"
    server.stop()


def test_an_open_connection_does_not_delay_the_end(live_server: LiveServer) -> None:
    with connect(f"ws://127.0.0.1:{live_server.port}/ws", proxy=None) as connection:
        ask(connection, type="subscribe:marketplace")
        began = time.monotonic()
        live_server.stop()
        assert time.monotonic() - began < GRACE_SECONDS


def test_what_was_subscribed_by_one_name_is_unsubscribed_by_it(
    shared_server: LiveServer, live: ClientConnection
) -> None:
    machine = shared_server.join("named")
    path = "/api/providers/named"
    found = shared_server.ask("GET", path, credential=shared_server.token).json()["provider"]
    ask(
        live, type="subscribe:provider", subscriptionId=found["id"], token=shared_server.token
    )  # fmt: skip
    assert ask(live, type="unsubscribe", subscriptionId=found["id"])["type"] == "unsubscribed"
    machine.beat()
    assert ask(live, type="ping") == {"type": "pong"}


def test_the_marketplace_is_told_when_a_computer_is_free_again(
    shared_server: LiveServer, live: ClientConnection
) -> None:
    machine = shared_server.join("free-again")
    machine.beat()
    body = {"kind": "wasm", "spec": {"module": "AA=="}}
    created = shared_server.ask(
        "POST", "/api/jobs/create", body, credential=shared_server.token
    )  # fmt: skip
    job_id = created.json()["job"]["id"]
    machine.beat()
    ask(live, type="subscribe:marketplace")
    machine.ask("POST", f"/api/jobs/{job_id}/complete", {"status": "completed"})
    changed = until(live, "PROVIDER_STATUS_CHANGED")["data"]
    assert (changed["workerId"], changed["isAvailable"]) == ("free-again", True)
