"""HTTP as uvicorn reads it, with a bound on a request's head, and refusals in our own form."""

from __future__ import annotations

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024
"""The most that a request may send before its body: its line and its headers."""

READ_BYTES = 256 * 1024
"""What one read may bring of the body together with the end of the head."""


class BoundedHttp(HttpToolsProtocol):
    """Counts what arrives while no head is complete; cuts off who sends no end of it."""

    _head_bytes = 0
    _in_head = True

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES + READ_BYTES:
                self._refuse(431, "head_too_large", "The request's headers are too long.")
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        super().on_headers_complete()

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
