"""GET /api/audit: what operators and enrollments did, for operators."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qubix_server import access, queries
from qubix_server.access import bearer
from qubix_server.answers import answer
from qubix_server.clock import rfc3339
from qubix_server.services import of
from qubix_server.store import audit

PAGE = queries.Whole("limit", "The most entries of a page.", 1, 500, 100)


async def listed(request: Request) -> Response:
    before, limit = queries.CURSOR.of(request), PAGE.of(request)
    rows = await of(request).database.read(_listed, bearer(request.scope), before, limit)
    entries = [
        {
            "timestamp": rfc3339(row["at"]),
            "actor": row["actor"],
            "actorId": row["actor_id"] or None,
            "action": row["action"],
            "target": row["target"] or None,
            "address": row["address"] or None,
        }
        for row in rows
    ]
    cursor = str(rows[-1]["seq"]) if len(rows) == limit else None
    return answer({"success": True, "entries": entries, "nextCursor": cursor})


routes = [Route("/api/audit", listed)]


def _listed(
    connection: Connection, credential: str | None, before: int | None, limit: int
) -> Sequence[RowMapping]:
    access.require_operator(connection, credential)
    return audit.page(connection, before=before, limit=limit)
