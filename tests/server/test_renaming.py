"""A computer is called what its owner calls it: shown at once, noted, and told to who listens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import connect

from qubix_server import renaming
from qubix_server.store.engine import writing_engine
from tests.conftest import LiveServer, Machine
from tests.server.ledger import Ledger, opened

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with opened(writing_engine(database_url)) as ledger:
        yield ledger


def says(machine: Machine, **more: Any) -> int:
    path = f"/api/providers/{machine.worker_id}/heartbeat"
    body = {"status": "online", "usage": {"cpuPercent": 1}} | more
    return machine.ask("POST", path, body).status_code


def name_of(machine: Machine) -> str:
    server = machine.server
    path = f"/api/providers/{machine.worker_id}"
    name: str = server.ask("GET", path, credential=server.token).json()["provider"]["name"]
    return name


def acts(server: LiveServer) -> list[dict[str, Any]]:
    entries = server.ask("GET", "/api/audit", credential=server.token).json()["entries"]
    return [one for one in entries if one["action"] == renaming.ACTION]


def test_a_heartbeat_may_bring_another_name(shared_server: LiveServer) -> None:
    machine = shared_server.join("renamed", name="before")
    assert says(machine) == 200
    assert name_of(machine) == "before"
    assert says(machine, name="the one upstairs") == 200
    assert name_of(machine) == "the one upstairs"
    assert says(machine) == says(machine, name="the one upstairs") == 200
    assert name_of(machine) == "the one upstairs"
    (noted,) = (one for one in acts(shared_server) if one["target"] == "renamed")
    assert (noted["actor"], noted["actorId"], noted["address"]) == (
        "worker", "renamed", "127.0.0.1",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["", "a" * 65, "two\nlines", "\x1b[31mred", 1])
def test_no_heartbeat_brings_what_could_not_have_been_registered(
    shared_server: LiveServer, name: object
) -> None:
    machine = shared_server.join(f"strange{len(str(name))}", name="before")
    assert says(machine, name=name) == 400
    assert name_of(machine) == "before"


def test_what_was_said_before_the_last_name_changes_nothing_any_more(
    shared_server: LiveServer,
) -> None:
    machine = shared_server.join("overtaken", name="first")
    assert says(machine, session="s", report=1) == 200
    assert says(machine, session="s", report=3, name="third") == 200
    assert says(machine, session="s", report=2, name="second") == 200
    assert name_of(machine) == "third"


def test_who_listens_is_told_at_once(shared_server: LiveServer) -> None:
    machine = shared_server.join("listened", name="before")
    assert says(machine) == 200
    with connect(f"ws://127.0.0.1:{shared_server.port}/ws") as events:
        events.send(json.dumps({"type": "subscribe:marketplace"}))
        while json.loads(events.recv(20))["type"] != "subscribed":
            pass
        assert says(machine, name="after") == 200
        while True:
            event = json.loads(events.recv(20))
            if event["type"] == "PROVIDER_STATUS_CHANGED":
                break
    assert event["data"]["name"] == "after"


def test_one_worker_pushes_nothing_out_of_the_audit_log(ledger: Ledger) -> None:
    ledger.join("restless")
    for at in range(renaming.NOTED_A_DAY * 2):
        ledger.beat("restless", name=f"called {at}")
    noted = [row for row in ledger.audited() if row["action"] == renaming.ACTION]
    assert len(noted) == renaming.NOTED_A_DAY
    ledger.now += 24 * 3600 * 1000
    ledger.beat("restless", name="called otherwise")
    noted = [row for row in ledger.audited() if row["action"] == renaming.ACTION]
    assert len(noted) == renaming.NOTED_A_DAY + 1
