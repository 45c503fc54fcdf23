"""/api/providers: joining, heartbeats, and what others may see of the machines."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qubix_server import access, heartbeats, queries, registration, views
from qubix_server.access import bearer
from qubix_server.addresses import client_address
from qubix_server.answers import answer
from qubix_server.audit import act, noted
from qubix_server.bodies import decode, decoded, json_object
from qubix_server.clock import rfc3339
from qubix_server.credentials import new_secret, plain_code
from qubix_server.errors import ApiError
from qubix_server.events import Outcome
from qubix_server.inherited import QuickRegistration
from qubix_server.services import of
from qubix_server.store import metrics, providers
from qubix_server.store.recent import MEASURES
from qubix_worker.protocol import Registration

NEW_MS = 5 * 60 * 1000
ENROLLMENT = queries.Text("enrollment", "A token or a code.", 128, least=1)
ONLINE = queries.Flag("online", "Only those that are online, or only those that are not.")
GPU_MODEL = queries.Text("gpuModel", "Only those with this graphics card.")
MIN_VRAM = queries.Number("minVram", "Only those whose card has so many GB.", 1e6)
PAGE = queries.Whole("limit", "The most providers of a page.", 1, 500, 100)
ENTRIES = queries.Whole("limit", "The most entries, the newest.", 1, 1000, 30)


async def register(request: Request) -> Response:
    services = of(request)
    wanted = await decoded(request, Registration)
    secret = new_secret()
    async with services.guess(client_address(request), wanted.enrollment):
        row = await services.commit(
            noted,
            act("provider.register", request, enrollment=wanted.enrollment),
            lambda outcome: outcome.value["worker_id"],
            registration.register,
            wanted,
            secret,
            services.clock(),
        )
    return answer(_joined(request, row, secret), 201)


async def quick_register(request: Request) -> Response:
    """The inherited form. The enrollment may also stand in the address, for clients whose body
    cannot be added to."""
    services = of(request)
    body = await json_object(request)
    invitation = ENROLLMENT.of(request)
    if invitation is not None:
        body.setdefault("enrollment", invitation)
    wanted = decode(QuickRegistration, body)
    secret = new_secret()
    async with services.guess(client_address(request), wanted.enrollment):
        row, is_new = await services.commit(
            noted,
            act("provider.register", request, enrollment=wanted.enrollment),
            lambda outcome: outcome.value[0]["worker_id"],
            registration.quick_register,
            wanted,
            secret,
            services.clock(),
        )
    return answer(_joined(request, row, secret) | {"isNew": is_new}, 201)


def _joined(request: Request, row: RowMapping, secret: str) -> dict[str, Any]:
    return {
        "success": True,
        "provider": views.provider(row),
        "workerSecret": secret,
        "heartbeatIntervalSeconds": of(request).settings.heartbeat_interval_seconds,
    }


async def check_new(request: Request) -> Response:
    """Who registered with an enrollment, or the newest of all, in the last five minutes."""
    services = of(request)
    enrollment = ENROLLMENT.of(request)
    since = services.clock() - NEW_MS
    if enrollment is not None and plain_code(enrollment) is not None:
        await _limit_guesses(request, enrollment)
    row = await services.database.read(_newest, enrollment, since)
    return answer({"newProvider": None if row is None else views.provider(row)})


async def _limit_guesses(request: Request, code: str) -> None:
    """A code, unlike a token, is short enough to be guessed at here as well."""
    services = of(request)
    with contextlib.suppress(_UnknownError):
        async with services.guess(client_address(request), code):
            if await services.database.read(registration.find_enrollment, code) is None:
                raise _UnknownError(401, "enrollment_unknown", "This invitation is not known.")


class _UnknownError(ApiError):
    """Not told here: who asks has only to wait."""


async def listed(request: Request) -> Response:
    services = of(request)
    wanted = providers.Filter(
        online=ONLINE.of(request),
        gpu_model=GPU_MODEL.of(request),
        min_vram_gb=MIN_VRAM.of(request),
        after=queries.CURSOR.of(request) or 0,
        limit=PAGE.of(request),
    )
    rows = await services.database.read(_listed, bearer(request.scope), wanted)
    body = {
        "success": True,
        "providers": [views.provider_in_full(row) for row in rows],
        "nextCursor": str(rows[-1]["seq"]) if len(rows) == wanted.limit else None,
    }
    return answer(body)


async def shown(request: Request) -> Response:
    row = await of(request).database.read(_shown, bearer(request.scope), _any_id(request))
    return answer({"success": True, "provider": views.provider_in_full(row)})


async def remove(request: Request) -> Response:
    services = of(request)
    await services.commit(
        noted,
        act("provider.remove", request),
        lambda _: _any_id(request),
        _remove,
        bearer(request.scope),
        _any_id(request),
        services.clock(),
    )
    return answer({"success": True})


async def history(request: Request) -> Response:
    limit = ENTRIES.of(request)
    rows = await of(request).database.read(_history, bearer(request.scope), _any_id(request), limit)
    entries = [
        {"timestamp": rfc3339(row["at"])} | {key: row[key] for key in MEASURES} for row in rows
    ]
    return answer({"history": entries})


async def toggle(request: Request) -> Response:
    services = of(request)
    body = await json_object(request)
    enabled = body.get("online")
    if not isinstance(enabled, bool):
        raise ApiError(400, "bad_value", "online must be true or false.")
    row = await services.commit(
        noted,
        act("provider.enable" if enabled else "provider.disable", request),
        lambda outcome: outcome.value["worker_id"],
        _toggle,
        bearer(request.scope),
        _any_id(request),
        enabled,
        services.clock(),
    )
    return answer({"success": True, "provider": views.provider_in_full(row)})


async def stats(request: Request) -> Response:
    services = of(request)
    settings = services.settings
    since = services.clock() - settings.heartbeat_interval_seconds * 1000
    counted = await services.database.read(_stats, bearer(request.scope), since)
    body = {
        **counted,
        "timeoutThresholdSeconds": settings.offline_after_seconds,
        "heartbeatIntervalSeconds": settings.heartbeat_interval_seconds,
        "isRunning": True,
    }
    return answer({"success": True, **body})


routes = [
    # The fixed names come first: {worker_id} would take them for a worker's.
    Route("/api/providers/register", register, methods=["POST"]),
    Route("/api/providers/quick-register", quick_register, methods=["POST"]),
    Route("/api/providers/check-new", check_new),
    Route("/api/providers/heartbeat/stats", stats),
    Route("/api/providers", listed),
    Route("/api/providers/{worker_id}/metrics/history", history),
    Route("/api/providers/{worker_id}/toggle", toggle, methods=["POST"]),
    Route("/api/providers/{worker_id}", shown),
    Route("/api/providers/{worker_id}", remove, methods=["DELETE"]),
]


def _any_id(request: Request) -> str:
    any_id: str = request.path_params["worker_id"]
    return any_id


def _newest(connection: Connection, enrollment: str | None, since: int) -> RowMapping | None:
    if enrollment is None:
        return providers.newest(connection, since)
    invited = registration.find_enrollment(connection, enrollment)
    if invited is None or invited["provider_seq"] is None:
        return None
    row = providers.get(connection, invited["provider_seq"])
    return row if row["registered_at"] >= since else None


def _listed(
    connection: Connection, credential: str | None, wanted: providers.Filter
) -> list[RowMapping]:
    access.require_operator(connection, credential)
    return list(providers.page(connection, wanted))


def _shown(connection: Connection, credential: str | None, any_id: str) -> RowMapping:
    access.require_operator(connection, credential)
    row = providers.find_by_any_id(connection, any_id)
    if row is None:
        raise access.provider_unknown()
    return row


def _remove(
    connection: Connection, credential: str | None, worker_id: str, now: int
) -> Outcome[None]:
    row, by_itself = access.require_worker_or_operator(connection, credential, worker_id)
    return registration.remove(connection, row, now, by_itself=by_itself)


def _history(
    connection: Connection, credential: str | None, worker_id: str, limit: int
) -> Sequence[dict[str, Any]]:
    row, _ = access.require_worker_or_operator(connection, credential, worker_id)
    return metrics.history(connection, row["seq"], limit)


def _toggle(
    connection: Connection, credential: str | None, worker_id: str, enabled: bool, now: int
) -> Outcome[RowMapping]:
    access.require_operator(connection, credential)
    return heartbeats.enable(connection, worker_id, enabled, now)


def _stats(connection: Connection, credential: str | None, since: int) -> dict[str, Any]:
    access.require_operator(connection, credential)
    return {
        "totalProviders": providers.count(connection),
        "onlineProviders": providers.count(connection, online=True),
        "recentHeartbeats": providers.count(connection, heard_since=since),
    }
