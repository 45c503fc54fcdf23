"""What the server answers, as JSON Schema: more keys may come, none of these may go.

The values themselves are made in `views` and in the routes; tests hold every answer to these.
"""

from __future__ import annotations

from qubix_server.openapi.bounds import Schema
from qubix_server.routes.jobs import STATUSES

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
ANYTHING: Schema = {"type": "object"}
YES: Schema = {"const": True}
CURSOR: Schema = {"type": ["string", "null"], "description": "Of the next page, if there is one."}


def or_none(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def keys(required: dict[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
    }


PROVIDER = keys(
    {
        "id": TEXT,
        "workerId": TEXT,
        "name": TEXT,
        "type": {"enum": ["native", "browser"]},
        "gpuModel": or_none(TEXT),
        "gpuVram": or_none(NUMBER),
        "cpuModel": or_none(TEXT),
        "cpuCores": or_none(WHOLE),
        "ramTotal": or_none(NUMBER),
        "location": or_none(TEXT),
        "isOnline": FLAG,
        "isAvailable": FLAG,
        "currentJobId": or_none(TEXT),
        "totalJobs": WHOLE,
        "registeredAt": TIME,
        "lastHeartbeat": or_none(TIME),
    }
)
PROVIDER_IN_FULL: Schema = {
    "allOf": [
        named("Provider"),
        keys(
            {
                "hardware": ANYTHING,
                "capabilities": listed(TEXT),
                "workerVersion": TEXT,
                "workerSha256": TEXT,
                "status": {"enum": ["online", "busy", "paused", "offline"]},
                "pauseReason": or_none(TEXT),
                "freeSlots": or_none(WHOLE),
                "pricePerHour": or_none(NUMBER),
                "isEnabled": FLAG,
                "usage": or_none(ANYTHING),
            }
        ),
    ]
}
JOB = keys(
    {
        "id": TEXT,
        "kind": TEXT,
        "status": {"enum": list(STATUSES)},
        "requirements": ANYTHING,
        "timeoutSeconds": WHOLE,
        "idempotencyKey": or_none(TEXT),
        "workerId": or_none(TEXT),
        "attempt": WHOLE,
        "progress": {"type": "number", "minimum": 0, "maximum": 100},
        "currentOperation": or_none(TEXT),
        "error": or_none(TEXT),
        "metrics": {"type": "object", "additionalProperties": NUMBER},
        "createdAt": TIME,
        "assignedAt": or_none(TIME),
        "startedAt": or_none(TIME),
        "finishedAt": or_none(TIME),
    }
)
JOB_FOR_WORKER = keys(
    {"id": TEXT, "kind": TEXT, "spec": ANYTHING, "timeoutSeconds": WHOLE, "attempt": WHOLE}
)
ERROR = keys({"success": {"const": False}, "error": TEXT, "code": TEXT})
OFFERED = keys(
    {
        "fileName": TEXT,
        "url": TEXT,
        "size": WHOLE,
        "sha256": TEXT,
        "signature": or_none(TEXT),
        "version": or_none(TEXT),
    }
)

SCHEMAS: dict[str, Schema] = {
    "Error": ERROR,
    "Job": JOB,
    "JobForWorker": JOB_FOR_WORKER,
    "Offered": OFFERED,
    "Provider": PROVIDER,
    "ProviderInFull": PROVIDER_IN_FULL,
}


def success(**more: Schema) -> Schema:
    return keys({"success": YES, **more})


A_PROVIDER = success(provider=named("ProviderInFull"))
A_JOB = success(job=named("Job"))
JOINED = success(provider=named("Provider"), workerSecret=TEXT, heartbeatIntervalSeconds=WHOLE)
OFFER = keys(
    {
        "version": TEXT,
        "worker": named("Offered"),
        "docker": named("Offered"),
        "systems": {
            "type": "object",
            "additionalProperties": keys(
                {"script": named("Offered"), "application": or_none(named("Offered"))}
            ),
        },
    }
)
ENROLLMENT = keys({"enrollment": TEXT, "code": TEXT, "expiresAt": TIME})
ENROLLMENT_INFO = success(
    serverName=TEXT,
    meaning=TEXT,
    expiresAt=TIME,
    heartbeatIntervalSeconds=WHOLE,
    version=TEXT,
)
PROVIDERS = success(providers=listed(named("ProviderInFull")), nextCursor=CURSOR)
JOBS = success(jobs=listed(named("Job")), nextCursor=CURSOR)
LOGS = success(
    logs=listed(keys({"timestamp": TIME, "attempt": WHOLE, "line": TEXT})), nextCursor=CURSOR
)
HISTORY = keys(
    {
        "history": listed(
            keys(
                {
                    "timestamp": TIME,
                    "cpu_percent": or_none(NUMBER),
                    "ram_percent": or_none(NUMBER),
                    "gpu_percent": or_none(NUMBER),
                    "gpu_temp": or_none(NUMBER),
                    "gpu_mem_used": or_none(NUMBER),
                }
            )
        )
    }
)
STATS = success(
    totalProviders=WHOLE,
    onlineProviders=WHOLE,
    recentHeartbeats=WHOLE,
    timeoutThresholdSeconds=WHOLE,
    heartbeatIntervalSeconds=WHOLE,
    isRunning=YES,
)
NEWS = success(
    pendingJobs=listed(named("JobForWorker")),
    cancelledJobs=listed(TEXT),
    heartbeatIntervalSeconds=WHOLE,
    worker=keys({"version": TEXT, "sha256": TEXT}),
)
AUDIT = success(
    entries=listed(
        keys(
            {
                "timestamp": TIME,
                "actor": {"enum": ["operator", "enrollment", "worker", "anyone", "console"]},
                "actorId": or_none(TEXT),
                "action": TEXT,
                "target": or_none(TEXT),
                "address": or_none(TEXT),
            }
        )
    ),
    nextCursor=CURSOR,
)
