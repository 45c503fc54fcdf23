"""Heartbeats: kept before they are answered, held while there is nothing to say."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from qubix_worker.client import ANSWER_BYTES
from tests.conftest import LiveServer, Machine, wait_until

pytestmark = pytest.mark.both_databases


def create_job(server: LiveServer, **changes: object) -> str:
    body = {"kind": "wasm", "spec": {"module": "AGFzbQEAAAA="}, "timeoutSeconds": 5} | changes
    answer = server.ask("POST", "/api/jobs/create", body, credential=server.token)
    assert answer.status_code == 201, answer.text
    job_id: str = answer.json()["job"]["id"]
    return job_id


def test_an_answer_brings_what_the_contract_says(shared_server: LiveServer) -> None:
    answer = shared_server.join("says").beat()
    body = answer.json()
    assert body["success"] is True
    assert body["pendingJobs"] == []
    assert body["heartbeatIntervalSeconds"] == 30
    assert len(body["worker"]["sha256"]) == 64
    assert body["worker"]["version"]


def test_a_worker_that_is_not_known_is_told_so_with_an_empty_list(
    shared_server: LiveServer,
) -> None:
    answer = shared_server.ask(
        "POST", "/api/providers/nobody/heartbeat", {"status": "online"}, credential="x"
    )
    assert answer.status_code == 404
    assert answer.json()["pendingJobs"] == []
    assert answer.json()["error"] == "Provider not found"


@pytest.mark.parametrize(
    "spec",
    [
        {"args": ["\N{GRINNING FACE}" * 15_000]},
        {"args": ["\x01" * 9_000]},
        pytest.param({"args": [1e15] * 3_000}, marks=pytest.mark.slow),
        pytest.param({"args": ["a" * 60_000]}, marks=pytest.mark.slow),
    ],
    ids=["four bytes each", "escapes", "long numbers", "plain"],
)
def test_no_answer_is_longer_than_its_worker_reads_and_the_rest_comes_with_the_next(
    server: LiveServer, spec: dict[str, Any]
) -> None:
    machine = server.join("long")
    body = {"kind": "wasm", "spec": {"module": "AGFzbQEAAAA="} | spec, "timeoutSeconds": 5}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).replace("000000.0", "e6")
    for _ in range(40):
        answer = server.ask("POST", "/api/jobs/create", data=text.encode(), credential=server.token)
        assert answer.status_code == 201, answer.text
    held: list[str] = []
    while len(held) < 40:
        told = {"status": "online", "freeSlots": 64 - len(held), "currentJobs": held}
        answer = machine.ask("POST", "/api/providers/long/heartbeat", told)
        assert len(answer.content) < ANSWER_BYTES
        given = [job["id"] for job in answer.json()["pendingJobs"]]
        assert given, "each answer brings some"
        held += given


def test_usage_may_be_spelled_as_older_workers_do(shared_server: LiveServer) -> None:
    machine = shared_server.join("snake")
    usage = {"cpu_percent": 33.0, "ram_percent": 44.0, "gpu_mem_used_mb": 512, "gpu_temp": 61}
    path = "/api/providers/snake/heartbeat"
    assert machine.ask("POST", path, {"status": "online", "usage": usage}).status_code == 200
    history = machine.ask("GET", "/api/providers/snake/metrics/history?limit=1").json()["history"]
    (entry,) = history
    assert entry["cpu_percent"] == 33
    assert entry["gpu_mem_used"] == 512
    assert entry["gpu_temp"] == 61
    assert set(entry) == {
        "timestamp", "cpu_percent", "ram_percent", "gpu_percent", "gpu_temp", "gpu_mem_used",
    }  # fmt: skip


def test_an_acknowledged_heartbeat_survives_kill_9(live_server: LiveServer) -> None:
    machine = live_server.join("durable")
    assert machine.beat().status_code == 200
    live_server.kill()
    live_server.start()
    answer = live_server.ask("GET", "/api/providers/durable", credential=live_server.token)
    assert answer.json()["provider"]["lastHeartbeat"] is not None
    assert len(machine.ask("GET", "/api/providers/durable/metrics/history").json()["history"]) == 1


def test_a_held_answer_comes_when_a_job_does(server: LiveServer) -> None:
    machine = server.join("waits")
    machine.beat()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(machine.beat(wait=20).json()))
    began = time.monotonic()
    thread.start()
    wait_until(lambda: metrics(server, "waits") == 2)
    job_id = create_job(server)
    thread.join()
    assert [job["id"] for job in answers[0]["pendingJobs"]] == [job_id]
    assert time.monotonic() - began < 15


def held(server: LiveServer, machine: Machine, **told: Any) -> tuple[threading.Thread, list[Any]]:
    """A heartbeat whose answer the server holds by now, and where the answer will be."""
    before = metrics(server, machine.worker_id)
    answers: list[Any] = []
    path = f"/api/providers/{machine.worker_id}/heartbeat?wait=20"
    thread = threading.Thread(target=lambda: answers.append(machine.ask("POST", path, told).json()))
    thread.start()
    wait_until(lambda: metrics(server, machine.worker_id) == before + 1)
    return thread, answers


def test_a_busy_worker_with_a_free_slot_is_told_at_once_of_a_job_and_of_a_cancelled_one(
    server: LiveServer,
) -> None:
    machine = server.join("slots")
    first = create_job(server)
    path = "/api/providers/slots/heartbeat"
    given = machine.ask("POST", path, {"status": "online", "freeSlots": 2}).json()["pendingJobs"]
    assert [job["id"] for job in given] == [first]
    busy = {"status": "busy", "currentJobs": [first], "currentJob": first, "freeSlots": 1}
    began = time.monotonic()
    thread, answers = held(server, machine, **busy)
    second = create_job(server)
    thread.join()
    assert [job["id"] for job in answers[0]["pendingJobs"]] == [second]
    full = busy | {"currentJobs": [first, second], "freeSlots": 0}
    thread, answers = held(server, machine, **full)
    create_job(server)
    server.ask("POST", f"/api/jobs/{first}/cancel", {}, credential=server.token)
    thread.join()
    assert (answers[0]["cancelledJobs"], answers[0]["pendingJobs"]) == ([first], [])
    assert time.monotonic() - began < 15


def test_a_slot_that_another_heartbeat_tells_of_lets_the_held_one_bring_a_job(
    server: LiveServer,
) -> None:
    machine = server.join("aside")
    full = {"status": "online", "currentJobs": [], "freeSlots": 0}
    began = time.monotonic()
    thread, answers = held(server, machine, **full)
    told = machine.ask("POST", "/api/providers/aside/heartbeat", full | {"freeSlots": 1})
    assert told.json()["pendingJobs"] == []
    job_id = create_job(server)
    thread.join()
    assert [job["id"] for job in answers[0]["pendingJobs"]] == [job_id]
    assert time.monotonic() - began < 15


def test_a_computer_that_is_switched_on_again_is_given_a_job_while_its_heartbeat_is_held(
    server: LiveServer,
) -> None:
    machine = server.join("switched")
    path, token = "/api/providers/switched/toggle", server.token
    machine.beat()
    server.ask("POST", path, {"online": False}, credential=token)
    began = time.monotonic()
    thread, answers = held(server, machine, status="online", freeSlots=1)
    job_id = create_job(server)
    server.ask("POST", path, {"online": True}, credential=token)
    thread.join()
    assert [job["id"] for job in answers[0]["pendingJobs"]] == [job_id]
    assert time.monotonic() - began < 15


def metrics(server: LiveServer, worker_id: str) -> int:
    path = f"/api/providers/{worker_id}/metrics/history"
    return len(server.ask("GET", path, credential=server.token).json()["history"])


@pytest.mark.parametrize("wait", ["26", "-1", "x", "1e3", "NaN"])
def test_a_wait_out_of_range_is_refused(shared_server: LiveServer, wait: str) -> None:
    answer = shared_server.ask(
        "POST", f"/api/providers/any/heartbeat?wait={wait}", {"status": "online"}
    )
    assert answer.status_code == 400
    assert "wait" in answer.json()["error"]


def test_a_server_that_ends_answers_those_it_holds(live_server: LiveServer) -> None:
    machine = live_server.join("held")
    machine.beat()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(machine.beat(wait=25).status_code))
    thread.start()
    wait_until(lambda: metrics(live_server, "held") == 2)
    began = time.monotonic()
    live_server.stop()
    thread.join()
    assert answers == [200]
    assert time.monotonic() - began < 10


@pytest.fixture
def brisk_server(tmp_path: Path) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path / "brisk", interval_seconds=1)
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
def test_who_is_silent_for_three_intervals_is_offline_and_loses_its_job(
    brisk_server: LiveServer,
) -> None:
    server, token = brisk_server, brisk_server.token
    machine = server.join("silent")
    job_id = create_job(server)
    assert machine.beat().json()["pendingJobs"][0]["id"] == job_id
    machine.beat("busy", job=job_id)

    def job() -> dict[str, object]:
        found: dict[str, object] = server.ask(
            "GET", f"/api/jobs/{job_id}", credential=token
        ).json()["job"]
        return found

    assert job()["status"] == "RUNNING"
    with connect(f"ws://127.0.0.1:{server.port}/ws", proxy=None) as live:
        live.send(json.dumps({"type": "subscribe:marketplace"}))
        events = (json.loads(live.recv(timeout=20)) for _ in range(100))
        told = next(one["data"] for one in events if one["type"] == "PROVIDER_STATUS_CHANGED")
        assert (told["event"], told["workerId"]) == ("PROVIDER_TIMEOUT", "silent")
        assert (told["isOnline"], told["status"]) == (False, "offline")
    wait_until(lambda: job()["status"] == "PENDING")
    provider = server.ask("GET", "/api/providers/silent", credential=token).json()["provider"]
    assert provider["isOnline"] is False
    late = machine.ask(
        "POST", f"/api/jobs/{job_id}/complete", {"status": "completed", "result": {}, "attempt": 1}
    )
    assert late.status_code == 409
    assert job()["status"] == "PENDING"


@pytest.mark.slow
def test_an_answer_is_not_held_until_its_worker_counts_as_silent(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "patient", interval_seconds=1)
    server.start()
    machine = server.join("patient")
    began = time.monotonic()
    assert machine.beat(wait=25).status_code == 200
    assert 0.9 < time.monotonic() - began < 6
    server.stop()
