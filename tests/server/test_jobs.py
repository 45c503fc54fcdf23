"""Jobs: given once, taken back when lost, ended once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from qubix_server.bodies import COMPLETION_BYTES, LARGE_SECONDS
from qubix_worker.client import SLOWEST_BYTES_PER_SECOND
from tests.conftest import LiveServer, Machine

pytestmark = pytest.mark.both_databases

SPEC = {"module": "AGFzbQEAAAA="}


@pytest.fixture
def machine(server: LiveServer) -> Machine:
    machine = server.join("worker")
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


def test_a_job_goes_from_pending_to_completed(server: LiveServer, machine: Machine) -> None:
    job_id = create(server)["id"]
    (given,) = machine.beat().json()["pendingJobs"]
    assert given == {
        "id": job_id, "kind": "wasm", "spec": SPEC, "timeoutSeconds": 5, "attempt": 1,
    }  # fmt: skip
    assert job(server, job_id)["status"] == "ASSIGNED"
    machine.ask("POST", f"/api/jobs/{job_id}/progress", {"progress": 40, "log": ["half"]})
    machine.ask("POST", f"/api/jobs/{job_id}/progress", {"progress": 30})
    running = job(server, job_id)
    assert (running["status"], running["progress"]) == ("RUNNING", 40)
    assert complete(machine, job_id).status_code == 200
    assert job(server, job_id)["status"] == "COMPLETED"
    result = server.ask("GET", f"/api/jobs/{job_id}/result", credential=server.token)
    assert result.json()["result"] == {"exitCode": 0}
    logs = server.ask("GET", f"/api/jobs/{job_id}/logs", credential=server.token)
    assert [entry["line"] for entry in logs.json()["logs"]] == ["half"]


def test_a_lost_answer_does_not_lose_the_job(server: LiveServer, machine: Machine) -> None:
    job_id = create(server)["id"]
    for _ in range(3):
        assert [given["id"] for given in machine.beat().json()["pendingJobs"]] == [job_id]
    pending = machine.ask("GET", "/api/jobs/pending/worker").json()
    assert [given["id"] for given in pending] == [job_id]


def test_a_result_may_be_handed_in_twice(server: LiveServer, machine: Machine) -> None:
    job_id = create(server)["id"]
    machine.beat()
    assert complete(machine, job_id).status_code == 200
    assert complete(machine, job_id, status="failed", error="later").status_code == 200
    assert job(server, job_id)["status"] == "COMPLETED"


def test_a_worker_that_lost_its_job_gets_it_again(server: LiveServer, machine: Machine) -> None:
    job_id = create(server)["id"]
    machine.beat()
    machine.beat("busy", job=job_id)
    # Killed and started again, it names no job any more.
    (again,) = machine.beat().json()["pendingJobs"]
    assert (again["id"], again["attempt"]) == (job_id, 2)
    assert complete(machine, job_id, attempt=1).status_code == 409
    assert complete(machine, job_id, attempt=2).status_code == 200


def test_a_job_that_is_lost_three_times_has_failed(server: LiveServer, machine: Machine) -> None:
    job_id = create(server)["id"]
    for _ in range(3):
        machine.beat()
        machine.beat("busy", job=job_id)
    machine.beat()
    failed = job(server, job_id)
    assert failed["status"] == "FAILED"
    assert "3 times" in failed["error"]


def test_a_job_goes_only_where_it_fits(server: LiveServer, machine: Machine) -> None:
    create(server, requirements={"minVramGb": 9})
    create(server, requirements={"os": "windows"})
    create(server, kind="container", spec={})
    assert machine.beat().json()["pendingJobs"] == []
    fits = create(server, requirements={"minVramGb": 8, "minRamGb": 16, "gpu": True})
    assert [given["id"] for given in machine.beat().json()["pendingJobs"]] == [fits["id"]]


def logged(server: LiveServer, job_id: str) -> list[str]:
    answer = server.ask("GET", f"/api/jobs/{job_id}/logs", credential=server.token)
    return [entry["line"] for entry in answer.json()["logs"]]


def test_progress_that_is_told_twice_is_taken_once(server: LiveServer, machine: Machine) -> None:
    job_id = create(server)["id"]
    machine.beat()
    path = f"/api/jobs/{job_id}/progress"
    for report, line in [(3, "a"), (3, "a"), (5, "b"), (3, "a"), (5, "b")]:
        told = {"progress": 10 * report, "log": [line], "session": "one", "report": report}
        assert machine.ask("POST", path, told).json()["success"] is True
    assert logged(server, job_id) == ["a", "b"]
    assert job(server, job_id)["progress"] == 50


def test_a_worker_that_was_started_again_counts_its_progress_anew(
    server: LiveServer, machine: Machine
) -> None:
    job_id = create(server)["id"]
    machine.beat()
    path = f"/api/jobs/{job_id}/progress"
    for session in ("one", "two"):
        machine.ask(
            "POST", path, {"progress": 1, "log": [session], "session": session, "report": 1}
        )
    assert logged(server, job_id) == ["one", "two"]


def test_progress_without_a_number_is_always_taken(server: LiveServer, machine: Machine) -> None:
    job_id = create(server)["id"]
    machine.beat()
    for _ in range(2):
        machine.ask("POST", f"/api/jobs/{job_id}/progress", {"progress": 1, "log": ["a"]})
    assert logged(server, job_id) == ["a", "a"]


@pytest.mark.parametrize("status", ["paused", "offline", "busy"])
def test_who_is_not_free_gets_no_job(server: LiveServer, machine: Machine, status: str) -> None:
    create(server)
    answer = machine.beat(status, job="something-else" if status == "busy" else None)
    assert answer.json()["pendingJobs"] == []


def test_a_cancelled_job_is_taken_from_its_worker(server: LiveServer, machine: Machine) -> None:
    job_id = create(server)["id"]
    machine.beat()
    machine.beat("busy", job=job_id)
    path = f"/api/jobs/{job_id}/cancel"
    assert server.ask("POST", path, {}, credential=server.token).status_code == 200
    assert machine.beat("busy", job=job_id).json()["cancelledJobs"] == [job_id]
    assert complete(machine, job_id).status_code == 409
    assert job(server, job_id)["status"] == "CANCELLED"


def test_the_same_idempotency_key_makes_one_job(server: LiveServer) -> None:
    first = create(server, idempotencyKey="k")
    assert create(server, idempotencyKey="k")["id"] == first["id"]
    other = server.ask(
        "POST",
        "/api/jobs/create",
        {"kind": "wasm", "spec": {"module": "AA=="}, "idempotencyKey": "k"},
        credential=server.token,
    )  # fmt: skip
    assert other.status_code == 409


def test_an_operator_sees_the_jobs_of_one_worker_page_by_page(server: LiveServer) -> None:
    machine, other = server.join("paged"), server.join("not-paged")
    its_own = []
    for _ in range(3):
        its_own.append(create(server)["id"])
        machine.beat()
        complete(machine, its_own[-1])
        others = create(server)["id"]
        other.beat()
        complete(other, others, status="failed")
    create(server)

    def asked(query: str) -> tuple[list[str], str | None]:
        answer = server.ask("GET", f"/api/jobs?{query}", credential=server.token).json()
        return [job["id"] for job in answer["jobs"]], answer["nextCursor"]

    newest, cursor = asked("workerId=paged&limit=2")
    assert newest == its_own[:0:-1]
    assert asked(f"workerId=paged&limit=2&cursor={cursor}") == (its_own[:1], None)
    assert asked("workerId=paged&status=FAILED") == ([], None)
    assert len(asked("workerId=not-paged&status=FAILED")[0]) == 3
    assert asked("workerId=nobody") == ([], None)
    assert machine.ask("DELETE", "/api/providers/paged").ok
    assert asked("workerId=paged")[0] == its_own[::-1]


@pytest.mark.parametrize("worker_id", ["", "a" * 65, "a%00b"])
def test_what_is_no_workers_id_is_refused(server: LiveServer, worker_id: str) -> None:
    answer = server.ask("GET", f"/api/jobs?workerId={worker_id}", credential=server.token)
    assert answer.status_code == 400
    assert "workerId" in answer.json()["error"]


def test_another_worker_has_no_say(server: LiveServer, machine: Machine) -> None:
    job_id = create(server)["id"]
    machine.beat()
    stranger = server.join("stranger")
    assert complete(stranger, job_id).status_code == 403
    path = f"/api/jobs/{job_id}/progress"
    assert stranger.ask("POST", path, {"progress": 1}).status_code == 403


def test_a_provider_that_is_switched_off_gets_no_jobs(server: LiveServer, machine: Machine) -> None:
    create(server)
    path, token = "/api/providers/worker/toggle", server.token
    server.ask("POST", path, {"online": False}, credential=token)
    assert machine.beat().json()["pendingJobs"] == []
    server.ask("POST", path, {"online": True}, credential=token)
    assert len(machine.beat().json()["pendingJobs"]) == 1


def test_a_large_module_travels_by_its_hash(server: LiveServer, machine: Machine) -> None:
    module = b"\0asm" + bytes(200_000)
    sha256 = hashlib.sha256(module).hexdigest()
    path, token = f"/api/modules/{sha256}", server.token
    body = {"kind": "wasm", "spec": {"moduleSha256": sha256}}
    assert (
        server.ask("POST", "/api/jobs/create", body, credential=token).json()["code"]
        == "module_unknown"
    )
    wrong = server.ask("PUT", path, credential=token, data=module[:-1])
    assert wrong.json()["code"] == "bad_digest"
    assert server.ask("PUT", path, credential=token, data=module).status_code == 201
    assert server.ask("PUT", path, credential=token, data=module).status_code == 200
    assert machine.ask("GET", path).content == module
    assert server.ask("GET", path).status_code == 401
    create(server, spec={"moduleSha256": sha256})


def test_who_is_no_operator_any_more_when_a_module_has_come_has_not_put_it(
    live_server: LiveServer,
) -> None:
    module, token = b"\0asm" + bytes(100_000), live_server.token
    path = f"/api/modules/{hashlib.sha256(module).hexdigest()}"

    def slowly() -> Iterator[bytes]:
        yield module[:50_000]
        assert live_server.cli("token").returncode == 0
        yield module[50_000:]

    assert live_server.ask("PUT", path, credential=token, data=slowly()).status_code == 401
    assert live_server.ask("GET", path, credential=live_server.token).status_code == 404


@pytest.mark.slow
def test_jobs_and_results_survive_kill_9(live_server: LiveServer) -> None:
    machine = live_server.join("worker")
    machine.beat()
    done, waits = create(live_server)["id"], create(live_server)["id"]
    machine.beat()
    complete(machine, done)
    live_server.kill()
    live_server.start()
    assert job(live_server, done)["status"] == "COMPLETED"
    assert job(live_server, waits)["status"] == "PENDING"


def test_a_result_of_16_mib_fits_and_a_larger_one_is_refused(
    server: LiveServer, machine: Machine
) -> None:
    job_id = create(server)["id"]
    machine.beat()
    assert complete(machine, job_id, result={"stdout": "A" * (23 << 20)}).status_code == 413
    assert complete(machine, job_id, result={"stdout": "A" * (16 << 20)}).status_code == 200


def test_only_who_holds_a_job_has_its_body_read(server: LiveServer, machine: Machine) -> None:
    assert complete(machine, "nothing", result={"a": "x" * (20 << 20)}).status_code == 404


@pytest.mark.parametrize("result", ["text", [1], 1, True])
def test_a_result_is_an_object(server: LiveServer, machine: Machine, result: Any) -> None:
    job_id = create(server)["id"]
    machine.beat()
    assert complete(machine, job_id, result=result).status_code == 400
    assert complete(machine, job_id, result=None).status_code == 200


def test_a_worker_of_the_old_kind_may_ask_for_its_jobs(
    server: LiveServer, machine: Machine
) -> None:
    job_id = create(server)["id"]
    pending = machine.ask("GET", "/api/jobs/pending/worker").json()
    assert [given["id"] for given in pending] == [job_id]


def test_a_result_of_the_largest_size_is_waited_for_as_long_as_a_worker_sends_it() -> None:
    assert LARGE_SECONDS >= COMPLETION_BYTES / SLOWEST_BYTES_PER_SECOND
