"""/healthz: the process is alive. /readyz: so is its database."""

from __future__ import annotations

from sqlalchemy import Connection, literal, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qubix_server import __version__
from qubix_server.answers import answer
from qubix_server.services import of


async def alive(request: Request) -> Response:
    return answer({"status": "ok", "version": __version__})


async def ready(request: Request) -> Response:
    await of(request).database.read(_ask)
    return answer({"status": "ok"})


routes = [Route("/healthz", alive), Route("/readyz", ready)]


def _ask(connection: Connection) -> None:
    connection.execute(select(literal(1)))
