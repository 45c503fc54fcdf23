"""Jobs from their creation to their end: by operators, and by the workers that hold them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping

from qubix_server import access, heartbeats, leases
from qubix_server.credentials import digest
from qubix_server.errors import ApiError
from qubix_server.events import Event, Outcome, job_topic, provider_topic
from qubix_server.store import jobs, locks, modules, providers
from qubix_worker.protocol import JobCompletion, JobCreation, JobProgress
from qubix_worker.wire import to_wire


def create(
    connection: Connection,
    credential: str | None,
    wanted: JobCreation,
    now: int,
    *,
    ready: Sequence[str] = (),
) -> Outcome[RowMapping]:
    """Puts a job into the queue; with a known idempotency key, gives the job that it made.

    Jobs are given at once to those of the workers `ready` that can take one.
    """
    access.require_operator(connection, credential)
    request_hash = digest(msgspec.json.encode(to_wire(wanted), order="deterministic").decode())
    if wanted.idempotency_key is not None:
        known = jobs.find_by_key(connection, wanted.idempotency_key)
        if known is not None:
            if known["request_hash"] != request_hash:
                raise ApiError(
                    409, "idempotency_conflict", "This idempotencyKey has made a different job."
                )
            return Outcome(known)
    _check_module(connection, wanted)
    row = jobs.add(
        connection,
        {
            "id": str(uuid.uuid4()),
            "idempotency_key": wanted.idempotency_key,
            "request_hash": request_hash,
            "kind": wanted.kind,
            "spec": msgspec.json.encode(wanted.spec).decode(),
            "timeout_seconds": wanted.timeout_seconds,
            "min_vram_gb": wanted.requirements.min_vram_gb,
            "min_ram_gb": wanted.requirements.min_ram_gb,
            "needs_gpu": bool(wanted.requirements.gpu),
            "os": wanted.requirements.os,
            "status": "PENDING",
            "attempt": 0,
            "lost_leases": 0,
            "progress": 0.0,
            "created_at": now,
        },
    )
    if not ready:
        return Outcome(row, jobs_wait=True)
    given = heartbeats.assign_waiting(connection, ready, now)
    return Outcome(
        find(connection, row["id"]), given.events, jobs_wait=given.value, wake=given.wake
    )


def cancel(
    connection: Connection, credential: str | None, job_id: str, now: int
) -> Outcome[RowMapping]:
    """Ends a job before its time; the worker that has it is told with its next answer."""
    access.require_operator(connection, credential)
    job = _find_to_change(connection, job_id)
    if job["status"] == "CANCELLED":
        return Outcome(job)
    if job["status"] in ("COMPLETED", "FAILED"):
        raise ApiError(409, "job_ended", "This job has ended already.")
    holder = providers.find(connection, job["worker_id"]) if job["worker_id"] else None
    jobs.update(connection, job["seq"], status="CANCELLED", finished_at=now)
    events = [leases.ended(connection, job_id)]
    if holder:
        events += heartbeats.changes(holder, providers.get(connection, holder["seq"]))
    wake = (job["worker_id"],) if job["worker_id"] else ()
    return Outcome(find(connection, job_id), tuple(events), wake=wake)


def progress(
    connection: Connection, credential: str | None, job_id: str, told: JobProgress, now: int
) -> Outcome[RowMapping]:
    """Keeps how far a job is. What falls back (messages may overtake one another) stays. What comes
    again, since its answer was lost, is answered alike and changes nothing."""
    provider = _worker_to_change(connection, credential)
    job = _find_to_change(connection, job_id)
    if job["provider_seq"] != provider["seq"] or job["status"] not in jobs.HELD:
        raise _refusal(connection, provider, job)
    if _is_known(job, told):
        return Outcome(job)
    leases.start(connection, job, now)
    values: dict[str, Any] = {"progress": max(job["progress"], told.progress)}
    if told.report is not None:
        values |= {"progress_session": told.session, "progress_report": told.report}
    if told.current_operation is not None:
        values["current_operation"] = told.current_operation
    jobs.update(connection, job["seq"], **values)
    jobs.add_logs(connection, job["seq"], job["attempt"], told.log, now)
    row = find(connection, job_id)
    data = {
        "jobId": job_id,
        "workerId": row["worker_id"],
        "progress": row["progress"],
        "currentOperation": row["current_operation"],
    }
    topics = (job_topic(job_id), provider_topic(provider["worker_id"]))
    event = Event("JOB_PROGRESS", data, topics, about=job_topic(job_id), place=leases.place(row))
    return Outcome(row, (event,))


def complete(
    connection: Connection,
    credential: str | None,
    job_id: str,
    ending: JobCompletion,
    result: str | None,
    *,
    now: int,
) -> Outcome[RowMapping]:
    """Keeps how a job ended. Repeating it is answered alike and changes nothing.

    `result` is JSON, or None; the one in `ending` is not looked at.
    """
    provider = _worker_to_change(connection, credential)
    job = _find_to_change(connection, job_id)
    its_own = job["provider_seq"] == provider["seq"]
    its_lease = ending.attempt is None or ending.attempt == job["attempt"]
    if not its_own or not its_lease or job["status"] == "CANCELLED":
        raise _refusal(connection, provider, job)
    if job["status"] in ("COMPLETED", "FAILED"):
        return Outcome(job)
    completed = ending.status == "completed"
    error = ending.error if completed else ending.error or "The job failed."
    jobs.update(
        connection,
        job["seq"],
        status="COMPLETED" if completed else "FAILED",
        progress=100.0 if completed else job["progress"],
        error=error,
        metrics=msgspec.json.encode(ending.metrics).decode(),
        started_at=job["started_at"] or job["assigned_at"],
        finished_at=now,
    )
    if result is not None:
        jobs.put_result(connection, job["seq"], result)
    changed: dict[str, Any] = {"total_jobs": provider["total_jobs"] + completed}
    if not provider["names_jobs"] and provider["state"] == "busy":
        # It was busy with this, and may ask for the next job before its next heartbeat.
        changed["state"] = "online"
    providers.update(connection, provider["seq"], **changed)
    after = providers.get(connection, provider["seq"])
    events = (leases.ended(connection, job_id), *heartbeats.changes(provider, after))
    # Its held heartbeat still says that it is busy: let it say anew that it is free.
    return Outcome(find(connection, job_id), events, wake=(provider["worker_id"],))


def check_may_complete(connection: Connection, credential: str | None, job_id: str) -> None:
    """Before a large body is read: whether it could be of any use. Raises ApiError."""
    provider = access.require_any_worker(connection, credential)
    job = find(connection, job_id)
    if job["provider_seq"] != provider["seq"] or job["status"] == "CANCELLED":
        raise _refusal(connection, provider, job)


def find(connection: Connection, job_id: str) -> RowMapping:
    job = jobs.find(connection, job_id)
    if job is None:
        raise ApiError(404, "job_unknown", "There is no such job.")
    return job


def _find_to_change(connection: Connection, job_id: str) -> RowMapping:
    locks.job(connection, job_id)
    return find(connection, job_id)


def _worker_to_change(connection: Connection, credential: str | None) -> RowMapping:
    locks.owner_of_secret(connection, digest(credential or ""))
    return access.require_any_worker(connection, credential)


def _is_known(job: RowMapping, told: JobProgress) -> bool:
    """Whether this progress, or what came after it in the same run of the worker, was taken."""
    last = job["progress_report"]
    if told.report is None or last is None or told.session != job["progress_session"]:
        return False
    return bool(told.report <= last)


def _check_module(connection: Connection, wanted: JobCreation) -> None:
    """That a wasm job names its module; all else of the spec is for its kind to check."""
    if wanted.kind != "wasm":
        return
    sha256, module = wanted.spec.get("moduleSha256"), wanted.spec.get("module")
    if (sha256 is None) == (module is None):
        raise ApiError(400, "bad_value", "spec needs either module or moduleSha256.")
    if sha256 is None:
        if not isinstance(module, str):
            raise ApiError(400, "bad_value", "spec.module must be a text in base64.")
        return
    if not isinstance(sha256, str) or not modules.exists(connection, sha256):
        raise ApiError(
            400, "module_unknown", "spec.moduleSha256 names no module that was uploaded here."
        )


def _refusal(connection: Connection, provider: RowMapping, job: RowMapping) -> ApiError:
    if job["status"] == "CANCELLED" and job["provider_seq"] == provider["seq"]:
        return ApiError(409, "job_cancelled", "This job was cancelled.")
    if jobs.was_leased_to(connection, job["seq"], provider["id"]):
        return ApiError(409, "lease_lost", "This job is no longer this worker's.")
    return ApiError(403, "forbidden", "This job is not this worker's.")
