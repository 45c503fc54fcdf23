"""Enrollments and registration: one machine, once, within an hour, and never twice by accident."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from tests.conftest import LiveServer, registration
from tests.server.databases import execute

pytestmark = pytest.mark.both_databases


def register(server: LiveServer, worker_id: str, enrollment: dict[str, Any]) -> requests.Response:
    return server.ask("POST", "/api/providers/register", registration(worker_id, enrollment))


def test_an_enrollment_has_a_token_and_a_code_for_reading_aloud(shared_server: LiveServer) -> None:
    enrollment = shared_server.enroll()
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", enrollment["code"])
    assert len(enrollment["enrollment"]) >= 32
    assert enrollment["expiresAt"].endswith("Z")


@pytest.mark.parametrize("key", ["code", "enrollment"])
def test_an_enrollment_tells_whose_network_it_is(shared_server: LiveServer, key: str) -> None:
    enrollment = shared_server.enroll()
    answer = shared_server.ask("GET", f"/api/enrollments/{enrollment[key]}").json()
    assert answer["serverName"] == "Example Compute"
    assert answer["meaning"]
    assert answer["expiresAt"] == enrollment["expiresAt"]


def test_a_code_may_be_typed_as_people_type(shared_server: LiveServer) -> None:
    code = shared_server.enroll()["code"].lower().replace("-", " ")
    assert shared_server.ask("GET", f"/api/enrollments/{code}").status_code == 200


def test_registering_answers_with_the_provider_and_its_secret(shared_server: LiveServer) -> None:
    answer = register(shared_server, "joins", shared_server.enroll())
    assert answer.status_code == 201
    body = answer.json()
    assert body["success"] is True
    assert body["heartbeatIntervalSeconds"] == 30
    provider = body["provider"]
    assert provider["gpuModel"] == "A card"
    assert provider["gpuVram"] == 8
    assert provider["ramTotal"] == 16
    assert provider["cpuCores"] == 8
    assert provider["isOnline"] is False
    assert set(provider) >= {
        "id", "workerId", "name", "type", "gpuModel", "gpuVram", "cpuModel", "cpuCores", "ramTotal",
        "location", "isOnline", "isAvailable", "currentJobId", "totalJobs", "registeredAt",
        "lastHeartbeat",
    }  # fmt: skip


def test_a_lost_answer_leads_to_the_same_provider_and_a_secret_that_works(
    shared_server: LiveServer,
) -> None:
    enrollment = shared_server.enroll()
    first = register(shared_server, "repeats", enrollment).json()
    second = register(shared_server, "repeats", enrollment).json()
    assert first["provider"]["id"] == second["provider"]["id"]
    for answer in (first, second)[::-1]:
        beat = shared_server.ask(
            "POST", "/api/providers/repeats/heartbeat", {"status": "online"},
            credential=answer["workerSecret"],
        )  # fmt: skip
        # The secret that is used first becomes the only one.
        assert beat.status_code == (200 if answer is second else 401)


def test_an_enrollment_lets_one_machine_in(shared_server: LiveServer) -> None:
    enrollment = shared_server.enroll()
    assert register(shared_server, "first", enrollment).status_code == 201
    answer = register(shared_server, "second", enrollment)
    assert (answer.status_code, answer.json()["code"]) == (403, "enrollment_used")
    answer = shared_server.ask("GET", f"/api/enrollments/{enrollment['code']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "enrollment_used")


def test_a_worker_id_is_taken_once(shared_server: LiveServer) -> None:
    register(shared_server, "taken", shared_server.enroll())
    answer = register(shared_server, "taken", shared_server.enroll())
    assert answer.status_code == 409


def test_an_enrollment_that_nobody_made_is_refused(shared_server: LiveServer) -> None:
    answer = register(shared_server, "stranger", {"enrollment": "x" * 43})
    assert (answer.status_code, answer.json()["code"]) == (401, "enrollment_unknown")


def test_an_hour_later_an_enrollment_has_ended(live_server: LiveServer) -> None:
    enrollment = live_server.enroll()
    live_server.stop()
    execute(live_server, "UPDATE enrollments SET expires_at = expires_at - 3601000")
    live_server.start()
    answer = register(live_server, "late", enrollment)
    assert (answer.status_code, answer.json()["code"]) == (401, "enrollment_expired")
    answer = live_server.ask("GET", f"/api/enrollments/{enrollment['code']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "enrollment_expired")


def test_a_machine_that_takes_itself_back_may_come_again(shared_server: LiveServer) -> None:
    enrollment = shared_server.enroll()
    secret = register(shared_server, "undone", enrollment).json()["workerSecret"]
    answer = shared_server.ask("DELETE", "/api/providers/undone", credential=secret)
    assert answer.status_code == 200
    assert register(shared_server, "undone", enrollment).status_code == 201


def test_check_new_gives_the_machine_of_that_enrollment(shared_server: LiveServer) -> None:
    enrollment = shared_server.enroll()
    path = f"/api/providers/check-new?enrollment={enrollment['enrollment']}"
    assert shared_server.ask("GET", path).json() == {"newProvider": None}
    register(shared_server, "new-one", enrollment)
    assert shared_server.ask("GET", path).json()["newProvider"]["workerId"] == "new-one"
    newest = shared_server.ask("GET", "/api/providers/check-new").json()["newProvider"]
    assert newest["workerId"] == "new-one"
    assert "hardware" not in newest


def test_codes_cannot_be_guessed_for_long(live_server: LiveServer) -> None:
    answers = [live_server.ask("GET", f"/api/enrollments/ZZZZ-ZZZ{c}") for c in "23456789ABCDEFGH"]
    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1


@pytest.mark.slow
def test_codes_cannot_be_guessed_at_check_new_either(live_server: LiveServer) -> None:
    path = "/api/providers/check-new?enrollment="
    answers = [live_server.ask("GET", f"{path}ZZZZ-ZZZ{c}") for c in "23456789ABCDEFGH"]
    assert answers[0].json() == {"newProvider": None}
    assert answers[-1].status_code == 429
    assert live_server.ask("GET", path + "x" * 43).json() == {"newProvider": None}


@pytest.mark.only_sqlite
def test_no_secret_stands_in_the_database_or_the_output(live_server: LiveServer) -> None:
    enrollment = live_server.enroll()
    machine = live_server.join("secretive")
    machine.beat()
    token = live_server.token
    output = live_server.stop()
    kept = b"".join(f.read_bytes() for f in (live_server.home / "server").glob("qubix.db*"))
    for secret in (enrollment["enrollment"], machine.secret, token):
        assert secret.encode() not in kept
    assert machine.secret not in output
    assert output.count(token) == 1


def test_all_that_a_worker_tells_of_its_hardware_is_there_for_operators(
    shared_server: LiveServer,
) -> None:
    hardware = {
        "os": {"name": "linux", "version": "Debian", "architecture": "x86_64"},
        "processor": {"logicalCores": 8, "features": ["avx2"]},
        "graphicsCards": [
            {
                "vendor": "NVIDIA", "name": "Given away", "memoryTotalBytes": 24 << 30,
                "state": "passed_through",
                "uuid": "GPU-1", "driver": "1", "compute": "8.6", "pciAddress": "0000:01:00.0",
                "form": "discrete", "unifiedMemory": False,
            },
            {"vendor": "Intel", "name": "On", "memoryTotalBytes": 1 << 30, "state": "ready",
             "form": "partition", "partOf": "GPU-2"},
        ],
        "virtualMachine": "kvm", "container": "podman",
    }  # fmt: skip
    machine = shared_server.join("new-keys", hardware=hardware)
    machine.beat()
    shown = shared_server.ask(
        "GET", "/api/providers/new-keys", credential=shared_server.token
    ).json()["provider"]
    assert shown["hardware"] == hardware
    assert (shown["gpuModel"], shown["gpuVram"], shown["ramTotal"]) == ("On", 1, None)
    for query in ("online=true", "gpuModel=on", "minVram=1"):
        listed = shared_server.ask(
            "GET", f"/api/providers?{query}&limit=500", credential=shared_server.token
        ).json()["providers"]
        assert "new-keys" in [one["workerId"] for one in listed], query


def test_operators_may_name_a_provider_by_its_own_id(shared_server: LiveServer) -> None:
    token = shared_server.token
    shared_server.join("by-its-own-id")
    shown = shared_server.ask("GET", "/api/providers/by-its-own-id", credential=token).json()
    path = f"/api/providers/{shown['provider']['id']}"
    switched = shared_server.ask("POST", f"{path}/toggle", {"online": False}, credential=token)
    assert switched.json()["provider"]["isEnabled"] is False
    assert shared_server.ask("DELETE", path, credential=token).status_code == 200
    assert shared_server.ask("GET", path, credential=token).status_code == 404
