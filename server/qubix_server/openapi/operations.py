"""Every operation of the API: who may ask, with what, and what can come back.

Whoever adds a route adds it here; a test compares this table with the routes of the application.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qubix_server.inherited import QuickRegistration
from qubix_server.openapi import values
from qubix_server.openapi.bounds import Schema
from qubix_server.openapi.types import reference
from qubix_server.queries import CURSOR, Query
from qubix_server.routes import audit, heartbeat, jobs, providers
from qubix_worker.protocol import (
    Heartbeat,
    JobCompletion,
    JobCreation,
    JobProgress,
    Registration,
)

JSON = "application/json"
OPERATOR = "operator"
WORKER = "worker"
EVERYONE = "everyone"
"""Also without a credential, where something else tells who asks."""
ALWAYS = (400, 408, 431, 503)
"""What the server may answer to anything: see `http`, and `store.writer`."""


@dataclass(frozen=True)
class Content:
    """What is in a body: its media types, and its schema where that says something."""

    schema: Schema = field(default_factory=dict)
    types: tuple[str, ...] = (JSON,)


@dataclass(frozen=True)
class Operation:
    """`who`: any of them, and whoever else there is where it is empty. `errors`: besides `ALWAYS`,
    and besides those that follow from `who` and `body`."""

    summary: str
    answers: Mapping[int, Content | None]
    who: tuple[str, ...] = ()
    queries: tuple[Query, ...] = ()
    parameters: tuple[Schema, ...] = ()
    body: Content | None = None
    errors: tuple[int, ...] = ()

    @property
    def all_errors(self) -> tuple[int, ...]:
        more = (401, 403) if self.who else ()
        return tuple(sorted({*ALWAYS, *more, *self.errors, *((413,) if self.body else ())}))


def _query(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _header(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _any_case(*words: str) -> str:
    return "|".join("".join(f"[{c}{c.upper()}]" for c in word) for word in words)


PATH_PARAMETERS: dict[str, Schema] = {
    "worker_id": {"type": "string", "minLength": 1},
    "job_id": {"type": "string", "minLength": 1},
    "code": {"type": "string", "minLength": 1},
    "name": {"type": "string", "minLength": 1},
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "os": {
        "type": "string",
        "pattern": f"^({_any_case('windows', 'linux', 'macos', 'darwin')})$",
        "examples": ["windows", "linux", "macos"],
    },
}
_BACKEND = _query(
    "backend",
    "The server's URL as the worker shall use it; without it, the public one, else the one that "
    "this request came to.",
    {
        "type": "string",
        "maxLength": 2048,
        "pattern": r"^https?://[A-Za-z0-9_][A-Za-z0-9._-]{0,200}(:[1-9][0-9]{0,3})?"
        r"(/[A-Za-z0-9\-._~:/@!$&'()*+,;=%]*)?$",
    },
)
_INVITATION = _query(
    "enrollment",
    "A token or a code, for the script to join with.",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"},
)
_IF_NONE_MATCH = _header(
    "If-None-Match", "The `ETag` of what the client has: 304 where it is still the same.",
    {"type": "string"},
)  # fmt: skip
_RANGE = _header("Range", "The part that is wanted (RFC 9110, 14.2).", {"type": "string"})
_FOR_A_WORKER = (_BACKEND, _INVITATION, _IF_NONE_MATCH)
_JOB_CREATION: Schema = {
    "allOf": [
        reference(JobCreation),
        {
            "if": {"properties": {"kind": {"const": "wasm"}}},
            "then": {
                "properties": {
                    "spec": {
                        "description": "The module in base64, or the SHA-256 of an uploaded one.",
                        "oneOf": [
                            {
                                "properties": {
                                    "module": {"type": "string"},
                                    "moduleSha256": {"type": "null"},
                                },
                                "required": ["module"],
                            },
                            {
                                "properties": {
                                    "moduleSha256": {"type": "string"},
                                    "module": {"type": "null"},
                                },
                                "required": ["moduleSha256"],
                            },
                        ],
                    }
                }
            },
        },
    ]
}
_TOGGLE = values.keys({"online": values.FLAG})


def _file(*types: str) -> dict[int, Content | None]:
    return {200: Content(types=types), 304: None}


def _one(schema: Schema, status: int = 200) -> dict[int, Content | None]:
    return {status: Content(schema)}


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("GET", "/healthz"): Operation(
        "Whether the process is alive",
        _one(values.keys({"status": {"const": "ok"}, "version": values.TEXT})),
    ),
    ("GET", "/readyz"): Operation(
        "Whether the database answers", _one(values.keys({"status": {"const": "ok"}}))
    ),
    ("GET", "/openapi.json"): Operation(
        "This description",
        {200: Content(values.ANYTHING), 304: None},
        parameters=(_IF_NONE_MATCH,),
    ),
    ("GET", "/metrics"): Operation(
        "What the server has counted, for Prometheus; without a credential from this computer only",
        {200: Content(types=("text/plain",))},
        who=(OPERATOR, EVERYONE),
    ),
    ("GET", "/api/audit"): Operation(
        "What operators and enrollments did, the newest first",
        _one(values.AUDIT),
        (OPERATOR,),
        queries=(CURSOR, audit.PAGE),
    ),
    ("GET", "/ws"): Operation(
        "Events over a WebSocket",
        {101: None},
        errors=(403, 426),
    ),
    ("GET", "/api/installer"): Operation(
        "What there is to install, for each system",
        {200: Content(values.OFFER), 304: None},
        parameters=_FOR_A_WORKER,
    ),
    ("GET", "/api/installer/worker.py"): Operation(
        "The worker as one file", _file("text/x-python"), parameters=(_IF_NONE_MATCH,)
    ),
    ("GET", "/api/installer/docker"): Operation(
        "A Compose file that runs the worker in a container",
        _file("application/yaml"),
        parameters=_FOR_A_WORKER,
    ),
    ("GET", "/api/installer/app/{os}"): Operation(
        "The desktop application",
        {
            **_file("application/octet-stream"),
            206: Content(types=("application/octet-stream", "multipart/byteranges")),
        },
        parameters=(*_FOR_A_WORKER, _RANGE),
        errors=(404, 416),
    ),
    ("GET", "/api/installer/{os}"): Operation(
        "The installer script",
        _file("application/x-sh", "application/x-bat"),
        parameters=_FOR_A_WORKER,
    ),
    ("POST", "/api/enrollments"): Operation(
        "An invitation, for one computer and one hour", _one(values.ENROLLMENT, 201), errors=(429,)
    ),
    ("GET", "/api/enrollments/{code}"): Operation(
        "What joining means, by a token or a code",
        _one(values.ENROLLMENT_INFO),
        errors=(404, 409, 429),
    ),
    ("POST", "/api/providers/register"): Operation(
        "A computer joins",
        _one(values.JOINED, 201),
        body=Content(reference(Registration)),
        errors=(401, 403, 409, 429),
    ),
    ("POST", "/api/providers/quick-register"): Operation(
        "A computer joins, in the inherited form",
        _one({"allOf": [values.JOINED, values.keys({"isNew": values.FLAG})]}, 201),
        queries=(providers.ENROLLMENT,),
        body=Content(reference(QuickRegistration)),
        errors=(401, 403, 409, 429),
    ),
    ("GET", "/api/providers/check-new"): Operation(
        "Who joined with an enrollment, or last of all, in the last five minutes",
        _one(values.keys({"newProvider": values.or_none(values.named("Provider"))})),
        queries=(providers.ENROLLMENT,),
        errors=(429,),
    ),
    ("GET", "/api/providers/heartbeat/stats"): Operation(
        "How many computers there are, and how many are heard", _one(values.STATS), (OPERATOR,)
    ),
    ("POST", "/api/providers/{worker_id}/heartbeat"): Operation(
        "A worker tells how it is, and is told what to do",
        _one(values.NEWS),
        (WORKER,),
        queries=(heartbeat.WAIT,),
        body=Content(reference(Heartbeat)),
        errors=(404,),
    ),
    ("GET", "/api/providers"): Operation(
        "The computers",
        _one(values.PROVIDERS),
        (OPERATOR,),
        queries=(
            providers.ONLINE,
            providers.GPU_MODEL,
            providers.MIN_VRAM,
            CURSOR,
            providers.PAGE,
        ),
    ),
    ("GET", "/api/providers/{worker_id}"): Operation(
        "One computer", _one(values.A_PROVIDER), (OPERATOR,), errors=(404,)
    ),
    ("DELETE", "/api/providers/{worker_id}"): Operation(
        "Forget a computer", _one(values.success()), (OPERATOR, WORKER), errors=(404,)
    ),
    ("GET", "/api/providers/{worker_id}/metrics/history"): Operation(
        "How busy a computer was, the oldest first",
        _one(values.HISTORY),
        (OPERATOR, WORKER),
        queries=(providers.ENTRIES,),
        errors=(404,),
    ),
    ("POST", "/api/providers/{worker_id}/toggle"): Operation(
        "Give a computer jobs, or no more",
        _one(values.A_PROVIDER),
        (OPERATOR,),
        body=Content(_TOGGLE),
        errors=(404,),
    ),
    ("POST", "/api/jobs/create"): Operation(
        "Put a job into the queue",
        _one(values.A_JOB, 201),
        (OPERATOR,),
        body=Content(_JOB_CREATION),
        errors=(409,),
    ),
    ("GET", "/api/jobs"): Operation(
        "The jobs, the newest first",
        _one(values.JOBS),
        (OPERATOR,),
        queries=(jobs.STATUS, jobs.WORKER_ID, CURSOR, jobs.PAGE),
    ),
    ("GET", "/api/jobs/pending/{worker_id}"): Operation(
        "The jobs that a heartbeat would bring",
        _one(values.listed(values.named("JobForWorker"))),
        (WORKER,),
        errors=(404,),
    ),
    ("GET", "/api/jobs/{job_id}"): Operation(
        "One job, with its spec",
        _one(
            values.success(
                job={"allOf": [values.named("Job"), values.keys({"spec": values.ANYTHING})]}
            )
        ),
        (OPERATOR,),
        errors=(404,),
    ),
    ("GET", "/api/jobs/{job_id}/result"): Operation(
        "What a job gave back",
        _one(values.success(result=values.or_none(values.ANYTHING))),
        (OPERATOR,),
        errors=(404,),
    ),
    ("GET", "/api/jobs/{job_id}/logs"): Operation(
        "What a job said, the oldest first",
        _one(values.LOGS),
        (OPERATOR,),
        queries=(CURSOR, jobs.LINES),
        errors=(404,),
    ),
    ("POST", "/api/jobs/{job_id}/cancel"): Operation(
        "End a job before its time", _one(values.A_JOB), (OPERATOR,), errors=(404, 409)
    ),
    ("POST", "/api/jobs/{job_id}/progress"): Operation(
        "A worker tells how far its job is",
        _one(values.A_JOB),
        (WORKER,),
        body=Content(reference(JobProgress)),
        errors=(404, 409),
    ),
    ("POST", "/api/jobs/{job_id}/complete"): Operation(
        "A worker hands in its job",
        _one(values.A_JOB),
        (WORKER,),
        body=Content(reference(JobCompletion)),
        errors=(404, 409),
    ),
    ("PUT", "/api/modules/{sha256}"): Operation(
        "Upload what jobs run, by the SHA-256 of its bytes",
        {status: Content(values.success(sha256=values.TEXT)) for status in (200, 201)},
        (OPERATOR,),
        body=Content(types=("application/wasm", "application/octet-stream")),
    ),
    ("GET", "/api/modules/{sha256}"): Operation(
        "What a job runs",
        {200: Content(types=("application/wasm",))},
        (OPERATOR, WORKER),
        errors=(404,),
    ),
}
