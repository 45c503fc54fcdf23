"""How the server answers: JSON, one form for all errors, and headers that belong on everything."""

from __future__ import annotations

import logging
import math
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qubix_server.errors import ApiError

log = logging.getLogger(__name__)

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_SENTENCES = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
}


def answer(
    value: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """JSON that no cache keeps."""
    return Response(
        msgspec.json.encode(value),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        "application/json",
    )


def refusal(error: ApiError) -> Response:
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_seconds)))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.status in (408, 413):
        headers["Connection"] = "close"  # there may be more of the body to come
    body = {"success": False, "error": error.sentence, "code": error.code, **error.more}
    return answer(body, error.status, headers)


async def on_api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return refusal(error)


async def on_http_error(_request: Request, error: Exception) -> Response:
    """What the framework refuses, in the form of everything else."""
    assert isinstance(error, HTTPException)
    code, sentence = _SENTENCES.get(error.status_code, ("refused", error.detail))
    response = refusal(ApiError(error.status_code, code, sentence))
    response.headers.update(error.headers or {})
    return response


def shielded(response: Response) -> Response:
    """`response` with the headers, for what answers beside `Shield`."""
    response.raw_headers = _with_headers(response.raw_headers)
    return response


class Shield:
    """ASGI middleware: adds the headers, and turns what nobody caught into a plain 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = _with_headers(message["headers"])
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            return
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            if begun:
                raise
            error = ApiError(500, "internal", "The server made a mistake. It is in its log.")
            await refusal(error)(scope, receive, send_with_headers)


def _with_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    present = {name for name, _ in headers}
    return [*headers, *(header for header in HEADERS if header[0] not in present)]
