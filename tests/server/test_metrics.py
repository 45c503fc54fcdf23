"""GET /metrics: who may read it, and that it counts what has happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from tests.conftest import LiveServer, wait_until

HEARTBEAT = "/api/providers/{worker_id}/heartbeat"


def read(server: LiveServer) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = server.ask("GET", "/metrics", credential=server.token)
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(server: LiveServer, name: str, **labels: str) -> float:
    return read(server).get((name, tuple(sorted(labels.items()))), 0.0)


def test_requests_are_counted_by_the_route_that_answered(shared_server: LiveServer) -> None:
    labels = {"route": "/api/jobs/{job_id}", "method": "GET"}
    before = value(shared_server, "qubix_http_requests_total", **labels, status="4xx")
    for job in ("one", "two"):
        shared_server.ask("GET", f"/api/jobs/{job}", credential=shared_server.token)
    after = read(shared_server)
    key = tuple(sorted({**labels, "status": "4xx"}.items()))
    assert after["qubix_http_requests_total", key] == before + 2
    assert after["qubix_http_request_seconds_count", tuple(sorted(labels.items()))] == before + 2


def test_what_nobody_has_named_adds_no_line(shared_server: LiveServer) -> None:
    for name in ("a", "b", "c"):
        shared_server.ask("GET", f"/{name}")
        shared_server.ask("BREW", "/api/jobs")
    routes = {dict(labels).get("route") for _, labels in read(shared_server)}
    assert "none" in routes
    assert not routes & {"/a", "/b", "/c"}
    methods = {dict(labels).get("method") for _, labels in read(shared_server)}
    assert "BREW" not in methods


def test_heartbeats_and_their_commits_are_counted(shared_server: LiveServer) -> None:
    machine = shared_server.join("counted")
    before = read(shared_server)
    for _ in range(3):
        assert machine.beat().ok
    shared_server.ask("POST", "/api/providers/counted/heartbeat", {"status": "online"})
    after = read(shared_server)

    def more(name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return after[key] - before.get(key, 0)

    assert more("qubix_heartbeats_total") == 3
    labels = {"route": HEARTBEAT, "method": "POST"}
    assert more("qubix_http_requests_total", **labels, status="2xx") == 3
    assert more("qubix_http_requests_total", **labels, status="4xx") == 1
    assert more("qubix_http_request_seconds_count", **labels) == 3
    assert more("qubix_commit_seconds_count") >= 3
    assert more("qubix_commit_writes_sum") >= 3


def test_computers_jobs_and_websockets_are_counted_as_they_are(shared_server: LiveServer) -> None:
    online = value(shared_server, "qubix_providers", status="online")
    waiting = value(shared_server, "qubix_jobs", status="PENDING")
    machine = shared_server.join("seen", capabilities=["none"])
    machine.beat()
    body = {"kind": "never", "spec": {}}
    shared_server.ask("POST", "/api/jobs/create", body, credential=shared_server.token)
    assert value(shared_server, "qubix_providers", status="online") == online + 1
    assert value(shared_server, "qubix_jobs", status="PENDING") == waiting + 1
    with connect(f"ws://127.0.0.1:{shared_server.port}/ws", proxy=None) as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "connected"
        assert value(shared_server, "qubix_websocket_clients") == 1
    wait_until(lambda: value(shared_server, "qubix_websocket_clients") == 0)


def test_it_is_open_to_this_computer_and_to_operators(shared_server: LiveServer) -> None:
    secret = shared_server.join("curious").secret
    for credential, status in ((None, 200), ("wrong", 401), (secret, 403)):
        answer = shared_server.ask("GET", "/metrics", credential=credential)
        assert answer.status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Forwarded-Host": "share.example"},
        {"X-Forwarded-Proto": "https"},
        {"X-Real-IP": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"Host": "share.example"},
        {"Host": "rebound.example:3001"},
    ],
)
def test_what_a_proxy_here_hands_on_is_not_from_here(
    shared_server: LiveServer, headers: dict[str, str]
) -> None:
    assert shared_server.ask("GET", "/metrics", headers=headers).status_code == 401
    answer = shared_server.ask("GET", "/metrics", headers=headers, credential=shared_server.token)
    assert answer.status_code == 200


@pytest.fixture(
    params=[
        {"QUBIX_TRUSTED_PROXIES": "127.0.0.0/8"},
        {"QUBIX_PUBLIC_URL": "https://share.example"},
    ],
    ids=["trusted", "public"],
)
def behind_a_proxy(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path / "home", environment=request.param)
    server.start()
    yield server
    server.stop()


def test_where_there_is_a_proxy_here_the_token_is_always_needed(
    behind_a_proxy: LiveServer,
) -> None:
    """It may be one that adds no header at all."""
    assert behind_a_proxy.ask("GET", "/metrics").status_code == 401
    token = behind_a_proxy.token
    assert behind_a_proxy.ask("GET", "/metrics", credential=token).status_code == 200
