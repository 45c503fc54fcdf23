"""WebSockets that are refused before they begin: answered as any other request that is refused.

Needs a server that lets an application answer an upgrade by HTTP (`websocket.http.response` of
ASGI); elsewhere the refusal is a bare 403.
"""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qubix_server.answers import HEADERS, refusal
from qubix_server.errors import ApiError
from qubix_server.routes.live import FORBIDDEN

log = logging.getLogger(__name__)

PATH = "/ws"


class Upgrades:
    """ASGI middleware around all that may open a WebSocket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or not _can_be_answered(scope):
            await self._app(scope, receive, send)
            return
        begun = False

        async def answered(message: Message) -> None:
            nonlocal begun
            if message["type"] == "websocket.close" and not begun:
                await _refuse(_reason(message.get("code", 1000)), scope, receive, send)
            else:
                await send(message)
            begun = True

        try:
            await self._app(scope, receive, answered)
        except Exception:
            log.exception("the WebSocket %s failed", scope["path"])
            if begun:
                raise
            error = ApiError(500, "internal", "The server made a mistake. It is in its log.")
            await _refuse(error, scope, receive, send)


async def only_websockets(_request: Request) -> Response:
    """What is asked of the WebSocket's address by HTTP alone (RFC 9110, 15.5.22)."""
    error = ApiError(426, "upgrade_required", "This address speaks WebSocket only.")
    response = refusal(error)
    response.headers.update({"Upgrade": "websocket", "Connection": "Upgrade"})
    return response


routes = [Route(PATH, only_websockets)]


async def _refuse(error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
    response = refusal(error)
    response.raw_headers.extend(HEADERS)
    await response(scope, receive, send)


def _can_be_answered(scope: Scope) -> bool:
    return "websocket.http.response" in scope.get("extensions", {})


def _reason(close_code: int) -> ApiError:
    if close_code == FORBIDDEN:
        return ApiError(403, "forbidden_origin", "Pages of other sites may not listen here.")
    return ApiError(404, "not_found", "There is nothing at this address.")
