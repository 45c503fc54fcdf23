"""/api/modules: what jobs run, uploaded once and named by its SHA-256.

An addition to the inherited API, for modules that do not fit into a job's spec.
"""

from __future__ import annotations

import hashlib
import re

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qubix_server import access
from qubix_server.access import bearer
from qubix_server.answers import answer
from qubix_server.audit import act, noted
from qubix_server.bodies import content
from qubix_server.errors import ApiError
from qubix_server.services import of
from qubix_server.store import modules
from qubix_worker.protocol import RESULT_BYTES

_SHA256 = re.compile(r"[0-9a-f]{64}")


async def put(request: Request) -> Response:
    services = of(request)
    sha256 = _sha256(request)
    credential = bearer(request.scope)
    # A large body is read only from an operator, who has to be one still when it is kept.
    await services.database.read(access.require_operator, credential)
    data = await content(request, RESULT_BYTES)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ApiError(400, "bad_digest", "The body is not what the address says it is.")
    created = await services.database.write(
        noted,
        act("module.put", request),
        lambda _: sha256,
        _put,
        credential,
        sha256,
        data,
        services.clock(),
    )
    return answer({"success": True, "sha256": sha256}, 201 if created else 200)


async def get(request: Request) -> Response:
    sha256 = _sha256(request)
    data = await of(request).database.read(_get, bearer(request.scope), sha256)
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, immutable"}
    return Response(data, 200, headers, "application/wasm")


routes = [
    Route("/api/modules/{sha256}", put, methods=["PUT"]),
    Route("/api/modules/{sha256}", get),
]


def _sha256(request: Request) -> str:
    sha256: str = request.path_params["sha256"]
    if not _SHA256.fullmatch(sha256):
        raise ApiError(400, "bad_digest", "A module is named by its SHA-256 in hexadecimal.")
    return sha256


def _put(
    connection: Connection, credential: str | None, sha256: str, data: bytes, now: int
) -> bool:
    access.require_operator(connection, credential)
    return modules.put(connection, sha256, data, now)


def _get(connection: Connection, credential: str | None, sha256: str) -> bytes:
    if not access.is_operator(connection, credential):
        access.require_any_worker(connection, credential)
    data = modules.get(connection, sha256)
    if data is None:
        raise ApiError(404, "module_unknown", "There is no such module.")
    return data
