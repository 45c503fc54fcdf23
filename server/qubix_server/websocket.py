"""WebSockets as uvicorn speaks them, with frames that were made once for many readers.

An application that sends `frames` (bytes, whole unmasked frames) in a `websocket.send` has them
written as they are: making a frame for each reader would cost more than sending it. So nothing may
be negotiated that changes frames: compression is off, which also saves some 60 KB for each reader.
"""

from __future__ import annotations

import socket
from asyncio.transports import BaseTransport

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

PING_SECONDS = 20.0
"""So often a reader is asked whether it is there, and so long it may take to answer."""
KERNEL_BYTES = 128 * 1024
"""What the kernel keeps for a reader that does not read; by itself it would take megabytes."""


class LiveProtocol(WebSocketsSansIOProtocol):
    def connection_made(self, transport: BaseTransport) -> None:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        super().connection_made(transport)

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close":
            # Said also to who does not read; how long the connection then stays is bounded.
            self.writable.set()
        frames = message.get("frames")
        if not isinstance(frames, bytes):
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(frames)
