"""/api/jobs: for operators, who make and watch them, and for the workers that hold them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qubix_server import access, heartbeats, queries, views, work
from qubix_server.access import bearer
from qubix_server.answers import answer
from qubix_server.audit import act, noted
from qubix_server.bodies import completion, decode, decoded
from qubix_server.clock import rfc3339
from qubix_server.services import of
from qubix_server.store import jobs
from qubix_worker.protocol import JobCompletion, JobCreation, JobProgress

STATUSES = ("PENDING", "ASSIGNED", "RUNNING", "COMPLETED", "FAILED", "CANCELLED")
STATUS = queries.Choice("status", "Only jobs with this status.", STATUSES)
READY_MOST = 4
"""So many of the workers that wait are looked at when a job is made; others are looked at after."""
WORKER_ID = queries.Text(
    "workerId", "Only jobs of this worker, also when it has left.", 64, least=1
)
PAGE = queries.Whole("limit", "The most jobs of a page.", 1, 500, 100)
LINES = queries.Whole("limit", "The most lines of a page.", 1, 1000, 200)


async def create(request: Request) -> Response:
    services = of(request)
    wanted = await decoded(request, JobCreation)
    row = await services.commit(
        noted,
        act("job.create", request),
        lambda outcome: outcome.value["id"],
        work.create,
        bearer(request.scope),
        wanted,
        services.clock(),
        ready=services.waiting.ready(READY_MOST),
    )
    return answer({"success": True, "job": views.job(row)}, 201)


async def listed(request: Request) -> Response:
    status = STATUS.of(request)
    worker_id = WORKER_ID.of(request)
    before = queries.CURSOR.of(request)
    limit = PAGE.of(request)
    rows = await of(request).database.read(
        _listed,
        bearer(request.scope),
        status=status,
        worker_id=worker_id,
        before=before,
        limit=limit,
    )
    body = {
        "success": True,
        "jobs": [views.job(row) for row in rows],
        "nextCursor": str(rows[-1]["seq"]) if len(rows) == limit else None,
    }
    return answer(body)


async def shown(request: Request) -> Response:
    row = await of(request).database.read(_shown, bearer(request.scope), _job_id(request))
    spec = msgspec.json.decode(row["spec"])
    return answer({"success": True, "job": views.job(row) | {"spec": spec}})


async def result(request: Request) -> Response:
    text = await of(request).database.read(_result, bearer(request.scope), _job_id(request))
    value = None if text is None else msgspec.Raw(text.encode())
    return answer({"success": True, "result": value})


async def logs(request: Request) -> Response:
    after = queries.CURSOR.of(request) or 0
    limit = LINES.of(request)
    rows = await of(request).database.read(
        _logs, bearer(request.scope), _job_id(request), after, limit
    )
    lines = [
        {"timestamp": rfc3339(row["at"]), "attempt": row["attempt"], "line": row["line"]}
        for row in rows
    ]
    cursor = str(rows[-1]["seq"]) if len(rows) == limit else None
    return answer({"success": True, "logs": lines, "nextCursor": cursor})


async def cancel(request: Request) -> Response:
    services = of(request)
    row = await services.commit(
        noted,
        act("job.cancel", request),
        lambda outcome: outcome.value["id"],
        work.cancel,
        bearer(request.scope),
        _job_id(request),
        services.clock(),
    )
    return answer({"success": True, "job": views.job(row)})


async def pending(request: Request) -> Response:
    """The same jobs as a heartbeat brings, as a bare list."""
    services = of(request)
    rows = await services.commit(
        heartbeats.pending,
        request.path_params["worker_id"],
        bearer(request.scope),
        services.clock(),
    )
    return Response(
        msgspec.json.encode(rows), 200, {"Cache-Control": "no-store"}, "application/json"
    )


async def progress(request: Request) -> Response:
    services = of(request)
    told = await decoded(request, JobProgress)
    row = await services.commit(
        work.progress, bearer(request.scope), _job_id(request), told, services.clock()
    )
    return answer({"success": True, "job": views.job(row)})


async def complete(request: Request) -> Response:
    services = of(request)
    credential = bearer(request.scope)
    # A large body is read only from those who hold the job.
    await services.database.read(work.check_may_complete, credential, _job_id(request))
    value, result = await completion(request)
    ending = decode(JobCompletion, value)
    row = await services.commit(
        work.complete, credential, _job_id(request), ending, result, now=services.clock()
    )
    return answer({"success": True, "job": views.job(row)})


routes = [
    # The fixed names come first: {job_id} would take them for a job's.
    Route("/api/jobs/create", create, methods=["POST"]),
    Route("/api/jobs/pending/{worker_id}", pending),
    Route("/api/jobs", listed),
    Route("/api/jobs/{job_id}", shown),
    Route("/api/jobs/{job_id}/result", result),
    Route("/api/jobs/{job_id}/logs", logs),
    Route("/api/jobs/{job_id}/cancel", cancel, methods=["POST"]),
    Route("/api/jobs/{job_id}/progress", progress, methods=["POST"]),
    Route("/api/jobs/{job_id}/complete", complete, methods=["POST"]),
]


def _job_id(request: Request) -> str:
    job_id: str = request.path_params["job_id"]
    return job_id


def _listed(
    connection: Connection,
    credential: str | None,
    *,
    status: str | None,
    worker_id: str | None,
    before: int | None,
    limit: int,
) -> Sequence[RowMapping]:
    access.require_operator(connection, credential)
    return jobs.page(connection, status=status, worker_id=worker_id, before=before, limit=limit)


def _shown(connection: Connection, credential: str | None, job_id: str) -> RowMapping:
    access.require_operator(connection, credential)
    return work.find(connection, job_id)


def _result(connection: Connection, credential: str | None, job_id: str) -> str | None:
    access.require_operator(connection, credential)
    return jobs.result(connection, work.find(connection, job_id)["seq"])


def _logs(
    connection: Connection, credential: str | None, job_id: str, after: int, limit: int
) -> Sequence[RowMapping]:
    access.require_operator(connection, credential)
    row = work.find(connection, job_id)
    return jobs.logs(connection, row["seq"], after=after, limit=limit)
