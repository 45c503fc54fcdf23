"""Clients that are not ours: they join by `quick-register` and speak the inherited API only."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from tests.conftest import LiveServer, Machine

pytestmark = pytest.mark.both_databases

# Memory and graphics as such clients send them: figures in GB, 0 for what they do not know.
FORM = {
    "type": "native",
    "gpu": {"vendor": "NVIDIA", "model": "A card", "vram": 12.0, "type": "native"},
    "cpu": {"model": "A processor", "cores": 8},
    "ram": {"total": 15.9},
    "location": "Local Machine",
    "pricePerHour": 0.5,
    "qubicAddress": "A" * 60,
}


def join(server: LiveServer, worker_id: str, **changes: Any) -> dict[str, Any]:
    body = FORM | {"workerId": worker_id, "enrollment": server.enroll()["enrollment"]} | changes
    answer = server.ask("POST", "/api/providers/quick-register", body)
    assert answer.status_code == 201, answer.text
    joined: dict[str, Any] = answer.json()
    return joined


def in_full(server: LiveServer, worker_id: str) -> dict[str, Any]:
    path = f"/api/providers/{worker_id}"
    provider: dict[str, Any] = server.ask("GET", path, credential=server.token).json()["provider"]
    return provider


def test_what_such_a_client_tells_is_kept_and_nothing_is_made_up(
    shared_server: LiveServer,
) -> None:
    joined = join(shared_server, "quick")
    assert (joined["success"], joined["isNew"]) == (True, True)
    assert joined["heartbeatIntervalSeconds"] == 30
    assert joined["provider"]["gpuModel"] == "A card"
    assert joined["provider"]["gpuVram"] == 12
    full = in_full(shared_server, "quick")
    assert (full["cpuCores"], full["ramTotal"], full["location"]) == (8, 15.9, "Local Machine")
    assert full["pricePerHour"] == 0.5
    assert full["hardware"] == {
        "processor": {"model": "A processor", "logicalCores": 8},
        "memory": {"totalBytes": round(15.9 * 2**30)},
        "graphicsCards": [
            {"vendor": "NVIDIA", "name": "A card", "memoryTotalBytes": 12 * 2**30}
        ],
    }  # fmt: skip


def test_a_browser_that_knows_next_to_nothing_may_join(shared_server: LiveServer) -> None:
    gpu = {"vendor": "Browser", "renderer": "ANGLE (something)", "type": "webgl", "vram": 0}
    provider = join(shared_server, "browser", type="browser", gpu=gpu, cpu=None, ram={})["provider"]
    assert (provider["type"], provider["gpuModel"]) == ("browser", "ANGLE (something)")
    for key in ("gpuVram", "cpuModel", "cpuCores", "ramTotal"):
        assert provider[key] is None
    listed = shared_server.ask(
        "GET", "/api/providers?minVram=1&limit=500", credential=shared_server.token
    )
    assert "browser" not in [one["workerId"] for one in listed.json()["providers"]]
    assert "? GB" in shared_server.cli("providers", "list").stdout


@pytest.mark.parametrize(
    ("vram", "gigabytes"),
    [(8, 8), ("8", 8), ("8 GB", 8), ("8192 MB", 8), ("8192MiB", 8), ("1.5 gib", 1.5),
     ("Unknown", None), ("", None), (None, None), (0, None)],
)  # fmt: skip
def test_memory_may_be_a_figure_or_a_text(
    shared_server: LiveServer, vram: Any, gigabytes: float | None
) -> None:
    name = f"memory-{abs(hash((type(vram), vram)))}"
    provider = join(shared_server, name, gpu={"model": "A card", "vram": vram})["provider"]
    assert provider["gpuVram"] == gigabytes


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"type": "odd"}, "type"),
        ({"workerId": "a b"}, "workerId"),
        ({"workerId": 1}, "workerId"),
        ({"gpu": "a card"}, "gpu"),
        ({"gpu": {"model": 1}}, "gpu.model"),
        ({"gpu": {"vram": [8]}}, "gpu: vram"),
        ({"gpu": {"vram": True}}, "gpu: vram"),
        ({"gpu": {"vram": "much"}}, "gpu: vram"),
        ({"gpu": {"vram": -1}}, "gpu: vram"),
        ({"gpu": {"vram": 10**400}}, "gpu: vram"),
        ({"gpu": {"vram": "9" * 400}}, "gpu: vram"),
        ({"gpu": {"model": "a\nb"}}, "gpu: model"),
        ({"cpu": {"cores": 1.5}}, "cpu: cores"),
        ({"cpu": {"cores": "many"}}, "cpu: cores"),
        ({"ram": {"total": {}}}, "ram: total"),
        ({"location": 1}, "location"),
        ({"pricePerHour": "cheap"}, "pricePerHour"),
        ({"pricePerHour": -1}, "pricePerHour"),
        ({"enrollment": None}, "enrollment"),
    ],
)
def test_a_wrong_type_is_a_400_that_names_the_key(
    shared_server: LiveServer, change: dict[str, Any], key: str
) -> None:
    body = FORM | {"workerId": "bad", "enrollment": "x"} | change
    answer = shared_server.ask("POST", "/api/providers/quick-register", body)
    assert answer.status_code == 400
    assert key in answer.json()["error"]


@pytest.mark.parametrize("key", ["type", "workerId", "enrollment"])
def test_a_missing_key_is_a_400_that_names_it(shared_server: LiveServer, key: str) -> None:
    body = FORM | {"workerId": "bad", "enrollment": "x"}
    del body[key]
    answer = shared_server.ask("POST", "/api/providers/quick-register", body)
    assert answer.status_code == 400
    assert key in answer.json()["error"]


def test_it_needs_an_enrollment_that_opens(shared_server: LiveServer) -> None:
    body = FORM | {"workerId": "uninvited", "enrollment": "nothing"}
    answer = shared_server.ask("POST", "/api/providers/quick-register", body)
    assert (answer.status_code, answer.json()["code"]) == (401, "enrollment_unknown")


def test_the_enrollment_may_stand_in_the_address(shared_server: LiveServer) -> None:
    token = shared_server.enroll()["enrollment"]
    path = f"/api/providers/quick-register?enrollment={token}"
    assert shared_server.ask("POST", path, FORM | {"workerId": "by-address"}).status_code == 201


def test_who_joins_anew_is_not_new_and_gives_back_what_it_held(shared_server: LiveServer) -> None:
    server = shared_server
    enrollment = server.enroll()["enrollment"]
    machine = Machine(
        server, "again", join(server, "again", enrollment=enrollment, capabilities=["again"])[
            "workerSecret"
        ],
    )  # fmt: skip
    machine.beat()
    body = {"kind": "again", "spec": {}}
    job_id = server.ask("POST", "/api/jobs/create", body, credential=server.token).json()["job"][
        "id"
    ]
    assert [job["id"] for job in machine.ask("GET", "/api/jobs/pending/again").json()] == [job_id]
    machine.ask("POST", f"/api/jobs/{job_id}/progress", {"progress": 1})
    joined = join(server, "again", enrollment=enrollment, capabilities=["again"])
    assert joined["isNew"] is False
    machine = Machine(server, "again", joined["workerSecret"])
    assert [job["id"] for job in machine.beat().json()["pendingJobs"]] == [job_id]


class OldClient:
    """Speaks the inherited API with nothing but the standard library, and waits for no answer."""

    def __init__(self, server: LiveServer) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.secret = ""

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        self._connection.request(
            method, path, None if body is None else json.dumps(body), headers
        )  # fmt: skip
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def beat(self, status: str) -> list[dict[str, Any]]:
        usage = {"cpu_percent": 12.5, "ram_percent": 40, "gpu_mem_used_mb": 900, "gpu_temp": 55}
        code, answer = self.ask(
            "POST", "/api/providers/old/heartbeat", {"status": status, "usage": usage}
        )
        assert code == 200
        jobs: list[dict[str, Any]] = answer["pendingJobs"]
        return jobs


@pytest.mark.parametrize("asks", [True, False], ids=["that polls", "that only beats"])
def test_a_client_that_speaks_only_the_inherited_api_does_a_job(
    server: LiveServer, asks: bool
) -> None:
    client = OldClient(server)
    enrollment = server.enroll()["enrollment"]
    body = FORM | {"workerId": "old", "enrollment": enrollment}
    code, joined = client.ask("POST", "/api/providers/quick-register", body)
    assert (code, joined["isNew"]) == (201, True)
    client.secret = joined["workerSecret"]
    assert client.beat("online") == []
    created = server.ask(
        "POST", "/api/jobs/create", {"kind": "wasm", "spec": {"module": "AGFzbQEAAAA="}},
        credential=server.token,
    ).json()["job"]  # fmt: skip
    if asks:
        code, given = client.ask("GET", "/api/jobs/pending/old")
        assert code == 200
    else:
        given = client.beat("online")
    assert [(job["id"], job["kind"]) for job in given] == [(created["id"], "wasm")]
    # It names no job, whatever it does: what it has is not taken from it, nor given it twice.
    for status in ("busy", "busy", "online"):
        assert client.beat(status) == []
    assert client.ask("GET", "/api/jobs/pending/old") == (200, [])
    job = f"/api/jobs/{created['id']}"
    assert client.ask("POST", f"{job}/progress", {"progress": 50})[0] == 200
    assert client.beat("online") == []
    ending = {"status": "completed", "result": {"output": "42"}}
    assert client.ask("POST", f"{job}/complete", ending)[0] == 200
    shown = server.ask("GET", job, credential=server.token).json()["job"]
    assert (shown["status"], shown["attempt"], shown["workerId"]) == ("COMPLETED", 1, "old")
    provider = in_full(server, "old")
    assert (provider["totalJobs"], provider["usage"]["gpuMemUsedMb"]) == (1, 900)
    assert client.ask("DELETE", "/api/providers/old")[0] == 200
    assert client.ask("POST", "/api/providers/old/heartbeat", {"status": "online"})[0] == 404
