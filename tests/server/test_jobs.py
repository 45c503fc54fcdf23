"""Jobs: given once, taken back when lost, ended once."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.conftest import LiveServer, Machine

SPEC = {"module": "AGFzbQEAAAA="}


@pytest.fixture
def machine(live_server: LiveServer) -> Machine:
    machine = live_server.join("worker")
    machine.beat()
    return machine


def create(server: LiveServer, **changes: Any) -> dict[str, Any]:
    body = {"kind": "wasm", "spec": SPEC, "timeoutSeconds": 5} | changes
    answer = server.ask("POST", "/api/jobs/create", body, credential=server.token)
    assert answer.status_code == 201, answer.text
    job: dict[str, Any] = answer.json()["job"]
    return job


def job(server: LiveServer, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = server.ask(
        "GET", f"/api/jobs/{job_id}", credential=server.token
    ).json()["job"]
    return found


def complete(machine: Machine, job_id: str, **changes: Any) -> Any:
    body = {"status": "completed", "result": {"exitCode": 0}, "attempt": 1} | changes
    return machine.ask("POST", f"/api/jobs/{job_id}/complete", body)


def test_a_job_goes_from_pending_to_completed(live_server: LiveServer, machine: Machine) -> None:
    job_id = create(live_server)["id"]
    (given,) = machine.beat().json()["pendingJobs"]
    assert given == {
        "id": job_id, "kind": "wasm", "spec": SPEC, "timeoutSeconds": 5, "attempt": 1,
    }  # fmt: skip
    assert job(live_server, job_id)["status"] == "ASSIGNED"
    machine.ask("POST", f"/api/jobs/{job_id}/progress", {"progress": 40, "log": ["half"]})
    machine.ask("POST", f"/api/jobs/{job_id}/progress", {"progress": 30})
    running = job(live_server, job_id)
    assert (running["status"], running["progress"]) == ("RUNNING", 40)
    assert complete(machine, job_id).status_code == 200
    assert job(live_server, job_id)["status"] == "COMPLETED"
    result = live_server.ask("GET", f"/api/jobs/{job_id}/result", credential=live_server.token)
    assert result.json()["result"] == {"exitCode": 0}
    logs = live_server.ask("GET", f"/api/jobs/{job_id}/logs", credential=live_server.token)
    assert [entry["line"] for entry in logs.json()["logs"]] == ["half"]


def test_a_lost_answer_does_not_lose_the_job(live_server: LiveServer, machine: Machine) -> None:
    job_id = create(live_server)["id"]
    for _ in range(3):
        assert [given["id"] for given in machine.beat().json()["pendingJobs"]] == [job_id]
    pending = machine.ask("GET", "/api/jobs/pending/worker").json()
    assert [given["id"] for given in pending] == [job_id]


def test_a_result_may_be_handed_in_twice(live_server: LiveServer, machine: Machine) -> None:
    job_id = create(live_server)["id"]
    machine.beat()
    assert complete(machine, job_id).status_code == 200
    assert complete(machine, job_id, status="failed", error="later").status_code == 200
    assert job(live_server, job_id)["status"] == "COMPLETED"


def test_a_worker_that_lost_its_job_gets_it_again(
    live_server: LiveServer, machine: Machine
) -> None:
    job_id = create(live_server)["id"]
    machine.beat()
    machine.beat("busy", job=job_id)
    # Killed and started again, it names no job any more.
    (again,) = machine.beat().json()["pendingJobs"]
    assert (again["id"], again["attempt"]) == (job_id, 2)
    assert complete(machine, job_id, attempt=1).status_code == 409
    assert complete(machine, job_id, attempt=2).status_code == 200


def test_a_job_that_is_lost_three_times_has_failed(
    live_server: LiveServer, machine: Machine
) -> None:
    job_id = create(live_server)["id"]
    for _ in range(3):
        machine.beat()
        machine.beat("busy", job=job_id)
    machine.beat()
    failed = job(live_server, job_id)
    assert failed["status"] == "FAILED"
    assert "3 times" in failed["error"]


def test_a_job_goes_only_where_it_fits(live_server: LiveServer, machine: Machine) -> None:
    create(live_server, requirements={"minVramGb": 9})
    create(live_server, requirements={"os": "windows"})
    create(live_server, kind="container", spec={})
    assert machine.beat().json()["pendingJobs"] == []
    fits = create(live_server, requirements={"minVramGb": 8, "minRamGb": 16, "gpu": True})
    assert [given["id"] for given in machine.beat().json()["pendingJobs"]] == [fits["id"]]


@pytest.mark.parametrize("status", ["paused", "offline", "busy"])
def test_who_is_not_free_gets_no_job(
    live_server: LiveServer, machine: Machine, status: str
) -> None:
    create(live_server)
    answer = machine.beat(status, job="something-else" if status == "busy" else None)
    assert answer.json()["pendingJobs"] == []


def test_a_cancelled_job_is_taken_from_its_worker(
    live_server: LiveServer, machine: Machine
) -> None:
    job_id = create(live_server)["id"]
    machine.beat()
    machine.beat("busy", job=job_id)
    path = f"/api/jobs/{job_id}/cancel"
    assert live_server.ask("POST", path, {}, credential=live_server.token).status_code == 200
    assert machine.beat("busy", job=job_id).json()["cancelledJobs"] == [job_id]
    assert complete(machine, job_id).status_code == 409
    assert job(live_server, job_id)["status"] == "CANCELLED"


def test_the_same_idempotency_key_makes_one_job(live_server: LiveServer) -> None:
    first = create(live_server, idempotencyKey="k")
    assert create(live_server, idempotencyKey="k")["id"] == first["id"]
    other = live_server.ask(
        "POST",
        "/api/jobs/create",
        {"kind": "wasm", "spec": {"module": "AA=="}, "idempotencyKey": "k"},
        credential=live_server.token,
    )  # fmt: skip
    assert other.status_code == 409


def test_another_worker_has_no_say(live_server: LiveServer, machine: Machine) -> None:
    job_id = create(live_server)["id"]
    machine.beat()
    stranger = live_server.join("stranger")
    assert complete(stranger, job_id).status_code == 403
    path = f"/api/jobs/{job_id}/progress"
    assert stranger.ask("POST", path, {"progress": 1}).status_code == 403


def test_a_provider_that_is_switched_off_gets_no_jobs(
    live_server: LiveServer, machine: Machine
) -> None:
    create(live_server)
    path, token = "/api/providers/worker/toggle", live_server.token
    live_server.ask("POST", path, {"online": False}, credential=token)
    assert machine.beat().json()["pendingJobs"] == []
    live_server.ask("POST", path, {"online": True}, credential=token)
    assert len(machine.beat().json()["pendingJobs"]) == 1


def test_a_large_module_travels_by_its_hash(live_server: LiveServer, machine: Machine) -> None:
    module = b"\0asm" + bytes(200_000)
    sha256 = hashlib.sha256(module).hexdigest()
    path, token = f"/api/modules/{sha256}", live_server.token
    body = {"kind": "wasm", "spec": {"moduleSha256": sha256}}
    assert (
        live_server.ask("POST", "/api/jobs/create", body, credential=token).json()["code"]
        == "module_unknown"
    )
    wrong = live_server.ask("PUT", path, credential=token, data=module[:-1])
    assert wrong.json()["code"] == "bad_digest"
    assert live_server.ask("PUT", path, credential=token, data=module).status_code == 201
    assert live_server.ask("PUT", path, credential=token, data=module).status_code == 200
    assert machine.ask("GET", path).content == module
    assert live_server.ask("GET", path).status_code == 401
    create(live_server, spec={"moduleSha256": sha256})


def test_jobs_and_results_survive_kill_9(live_server: LiveServer, machine: Machine) -> None:
    done, waits = create(live_server)["id"], create(live_server)["id"]
    machine.beat()
    complete(machine, done)
    live_server.kill()
    live_server.start()
    assert job(live_server, done)["status"] == "COMPLETED"
    assert job(live_server, waits)["status"] == "PENDING"


def test_a_result_of_16_mib_fits_and_a_larger_one_is_refused(
    live_server: LiveServer, machine: Machine
) -> None:
    job_id = create(live_server)["id"]
    machine.beat()
    assert complete(machine, job_id, result={"stdout": "A" * (23 << 20)}).status_code == 413
    assert complete(machine, job_id, result={"stdout": "A" * (16 << 20)}).status_code == 200


def test_only_who_holds_a_job_has_its_body_read(live_server: LiveServer, machine: Machine) -> None:
    assert complete(machine, "nothing", result={"a": "x" * (20 << 20)}).status_code == 404


@pytest.mark.parametrize("result", ["text", [1], 1, True])
def test_a_result_is_an_object(live_server: LiveServer, machine: Machine, result: Any) -> None:
    job_id = create(live_server)["id"]
    machine.beat()
    assert complete(machine, job_id, result=result).status_code == 400
    assert complete(machine, job_id, result=None).status_code == 200


def test_a_worker_of_the_old_kind_may_ask_for_its_jobs(
    live_server: LiveServer, machine: Machine
) -> None:
    job_id = create(live_server)["id"]
    pending = machine.ask("GET", "/api/jobs/pending/worker").json()
    assert [given["id"] for given in pending] == [job_id]
