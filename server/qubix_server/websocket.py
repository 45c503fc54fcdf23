"""WebSockets as uvicorn speaks them, with frames that were made once for many readers, and with
handshakes that are refused in the form of all else.

An application that sends `frames` (bytes, whole unmasked frames) in a `websocket.send` has them
written as they are: making a frame for each reader would cost more than sending it. So nothing may
be negotiated that changes frames: compression is off, which also saves some 60 KB for each reader.
"""

from __future__ import annotations

import socket
from asyncio.transports import BaseTransport
from http import HTTPStatus
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeader, SecurityError
from websockets.http11 import Response
from websockets.server import ServerProtocol

from qubix_server.answers import HEADERS, refusal
from qubix_server.errors import ApiError

PING_SECONDS = 20.0
"""So often a reader is asked whether it is there, and so long it may take to answer."""
KERNEL_BYTES = 128 * 1024
"""What the kernel keeps for a reader that does not read; by itself it would take megabytes."""
VERSION = "Sec-WebSocket-Version"


class LiveProtocol(WebSocketsSansIOProtocol):
    _early = b""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.conn = _Handshake(max_size=self.config.ws_max_size, logger=self.logger)

    def connection_made(self, transport: BaseTransport) -> None:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        error = self.conn.handshake_exc
        if error and not self.handshake_initiated and not self.transport.is_closing():
            # The head could not even be read. Nobody else would answer, or close.
            self.handshake_complete = self.close_sent = True
            self.transport.write(_response(_unreadable(error)).serialize())
            self.transport.close()

    def came_early(self, data: bytes) -> None:
        """Frames of who has not waited for the answer to its handshake."""
        self._early = data

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close":
            # Said also to who does not read; how long the connection then stays is bounded.
            self.writable.set()
        frames = message.get("frames")
        if not isinstance(frames, bytes):
            await super().send(message)
            if message["type"] == "websocket.accept" and self._early:
                early, self._early = self._early, b""
                self.data_received(early)
            if message["type"] == "websocket.http.response.body":
                self.handshake_complete = True  # by a refusal, which uvicorn takes for a mistake
            return
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(frames)


class _Handshake(ServerProtocol):
    def reject(self, status: HTTPStatus | int, text: str) -> Response:
        error = self.handshake_exc
        if isinstance(error, InvalidHeader):
            return _response(_wrong(error, status), _way_on(error))
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            sentence = "This address does not take this method."
            return _response(ApiError(status, "method_not_allowed", sentence))
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            sentence = "This is not a well-formed WebSocket handshake."
            return _response(ApiError(status, "bad_handshake", sentence))
        sentence = "The server made a mistake. It is in its log."
        return _response(ApiError(status, "internal", sentence))


def _wrong(error: InvalidHeader, status: int) -> ApiError:
    if error.name == VERSION:
        status = HTTPStatus.UPGRADE_REQUIRED  # RFC 6455, 4.2.2
    sentence = f"The WebSocket handshake's {error.name} is missing or wrong."
    return ApiError(int(status), "bad_handshake", sentence)


def _way_on(error: InvalidHeader) -> dict[str, str]:
    return {"Upgrade": "websocket", VERSION: "13"} if error.name == VERSION else {}


def _unreadable(error: Exception) -> ApiError:
    if isinstance(error, SecurityError):
        return ApiError(431, "head_too_large", "The request's headers are too long.")
    return ApiError(400, "bad_handshake", "A WebSocket handshake has no body.")


def _response(error: ApiError, more: dict[str, str] | None = None) -> Response:
    made = refusal(error)
    made.headers.update({"Connection": "close", **(more or {})})
    raw = [*made.raw_headers, *HEADERS]
    headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)
    return Response(error.status, HTTPStatus(error.status).phrase, headers, bytes(made.body))
