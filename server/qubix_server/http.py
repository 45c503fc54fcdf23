"""HTTP as uvicorn reads it, with bounds on a request's head and on how long a request takes to
arrive, and refusals in our own form.

Time is only measured where a request does not arrive at once: most do, and cost no timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import msgspec

from qubix_server.switching import SwitchingHttp

HEAD_BYTES = 64 * 1024
"""The most that a request may send before its body: its line and its headers."""

READ_BYTES = 256 * 1024
"""What one read may bring of the body together with the end of the head."""

JOINED_BYTES = 16 * 1024
"""More than this at once is not held back."""

CLOSE_SECONDS = 30.0
"""Whose connection is closed, and who takes nothing of the rest for so long, is cut off."""

SECONDS = 30.0
"""So long may a head take to arrive, and a small body with it (for larger ones see `bodies`), and
the first request of a connection."""


def small_length(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """The declared length of a body of the usual size; None where it is larger or not declared."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if len(value) <= 5 and value.isdigit() else None
    return None


class JoinedWrites:
    """A transport that sends all that is written in one turn of the loop at its end. The head and
    the body of an answer would be two system calls, each of them an eighth of a heartbeat."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._written:
            self._loop.call_soon(self.flush)
        self._written.append(data)
        if len(data) > JOINED_BYTES:  # the transport is to know how much waits
            self.flush()

    def write_whole(self, answer: bytes) -> None:
        """Sends this at once: nothing of it is still to come."""
        self.flush()
        if not self._transport.is_closing():
            self._transport.write(answer)

    def flush(self) -> None:
        if self._written:
            data = b"".join(self._written)
            self._written.clear()
            if not self._transport.is_closing():  # who has left meanwhile takes no more of it
                self._transport.write(data)

    def close(self) -> None:
        """What is left is still sent, as long as it is taken."""
        self.flush()
        self._transport.close()
        self._look_again(None)

    def _look_again(self, left_before: int | None) -> None:
        left = self._transport.get_write_buffer_size()
        if left and left == left_before:
            self._transport.abort()
        elif left:
            self._loop.call_later(CLOSE_SECONDS, self._look_again, left)


class BoundedHttp(SwitchingHttp):
    """Counts what arrives while no head is complete; cuts off who sends no end of it, or not in
    time, and who connects and asks nothing."""

    seconds = SECONDS
    has_small_body = False
    """Of the request that comes now."""
    _head_bytes = 0
    _in_head = True
    _is_coming = False
    _is_within = False
    """Whether a request has begun and is not there whole, answered though it may be."""
    _is_websocket = False
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        super().connection_made(cast(asyncio.Transport, JoinedWrites(transport, self.loop)))
        self._wait_no_longer()

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES + READ_BYTES:
                self._refuse(431, "head_too_large", "The request's headers are too long.")
                return
        super().data_received(data)
        if self._deadline is None and (self._is_coming or self._is_forgotten()):
            self._wait_no_longer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_come()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._has_come()
        self._is_websocket = True  # which has limits of its own
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        self._in_head = True
        self._is_coming = self._is_within = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self.has_small_body = small_length(self.headers) is not None
        if not self.has_small_body:
            self._has_come()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_within = False
        self._has_come()
        super().on_message_complete()

    def _is_forgotten(self) -> bool:
        """Whether nothing else would ever end this connection: blank lines, which belong to no
        request, have ended the time for which it is kept between two."""
        return self._all_is_answered() and self.idle_since is None and not self._is_websocket

    def _is_free(self) -> bool:
        """Whether the next byte begins a request, and nothing is to be answered before it."""
        return not (self._is_within or self._waits) and self._all_is_answered()

    def _wait_no_longer(self) -> None:
        self._deadline = self.loop.call_later(self.seconds, self._too_slow)

    def _has_come(self) -> None:
        self._is_coming = False
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        if not self._is_coming:
            self.transport.close()
            return
        self._refuse(408, "too_slow", "The request came too slowly.")

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "bad_request", "This is not a well-formed HTTP request.")

    def _refuse(self, status: int, code: str, sentence: str) -> None:
        if self.transport.is_closing():
            return
        body = msgspec.json.encode({"success": False, "error": sentence, "code": code})
        head = (
            f"HTTP/1.1 {status} Refused\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nx-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()
