"""/api/enrollments: invitations, each for one machine and one hour."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qubix_server import __version__, access, registration
from qubix_server.access import bearer
from qubix_server.addresses import client_address
from qubix_server.answers import answer
from qubix_server.audit import act, noted, short_name
from qubix_server.clock import rfc3339
from qubix_server.credentials import digest, new_code, new_secret, plain_code
from qubix_server.errors import ApiError
from qubix_server.limits import Bucket, take_shared
from qubix_server.services import of
from qubix_server.store import enrollments
from qubix_worker.protocol import EnrollmentInfo
from qubix_worker.wire import to_wire

MEANING = (
    "This computer will do work for others while you let it: with its processor and graphics "
    "card, in a closed room without access to your files. You can pause or remove it at any time."
)


async def create(request: Request) -> Response:
    services = of(request)
    buckets = []
    if not await services.database.read(access.is_operator, bearer(request.scope)):
        address = client_address(request)
        services.new_enrollments.take(address)
        buckets.append(services.new_enrollments.bucket(address))
    token, code = new_secret(), new_code()
    expires_at = await services.database.write(
        noted,
        act("enrollment.create", request),
        lambda _: short_name(digest(token)),
        _create,
        buckets,
        digest(token),
        digest(plain_code(code) or ""),
        services.clock(),
    )
    body = {"enrollment": token, "code": code, "expiresAt": rfc3339(expires_at)}
    return answer(body, 201)


async def show(request: Request) -> Response:
    """What joining means, for a code or a token; one that can't be used any more says why."""
    services = of(request)
    async with services.guess(client_address(request), request.path_params["code"]):
        row = await services.database.read(_find, request.path_params["code"])
        if row is None:
            raise ApiError(404, "enrollment_unknown", "This invitation is not known.")
    if row["expires_at"] <= services.clock():
        raise ApiError(404, "enrollment_expired", "This invitation has ended.")
    if row["used_at"] is not None:
        raise ApiError(409, "enrollment_used", "A computer has used this invitation.")
    settings = services.settings
    info = EnrollmentInfo(
        server_name=settings.server_name,
        meaning=MEANING,
        expires_at=rfc3339(row["expires_at"]) or "",
        heartbeat_interval_seconds=settings.heartbeat_interval_seconds,
        version=__version__,
    )
    return answer({"success": True, **to_wire(info)})


def _create(
    connection: Connection, buckets: Sequence[Bucket], token_hash: str, code_hash: str, now: int
) -> int:
    """As `enrollments.create`, for one try of each of these."""
    take_shared(connection, buckets, now)
    return enrollments.create(connection, token_hash, code_hash, now)


def _find(connection: Connection, text: str) -> RowMapping | None:
    return registration.find_enrollment(connection, text)


routes = [
    Route("/api/enrollments", create, methods=["POST"]),
    Route("/api/enrollments/{code}", show),
]
