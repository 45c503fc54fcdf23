"""Requests that ask for another protocol: WebSocket is spoken, in its turn; all others are ignored.

llhttp takes whatever follows the head of a request with an `Upgrade` for the other protocol, a
body too. So a request whose upgrade is ignored (RFC 9110, 7.8) is read again without that header;
and one for a WebSocket waits until what was asked before it has been answered.
"""

from __future__ import annotations

import contextlib
from typing import Any

import httptools

from qubix_server.lasting import LastingHttp

EARLY_BYTES = 64 * 1024
"""What may have come behind a handshake that waits; who sends more is cut off."""


class SwitchingHttp(LastingHttp):
    _waits = False
    """Whether a handshake waits for the answers to what was asked before it."""
    _early = b""
    """What came behind the handshake: frames of who does not wait for an answer."""

    def data_received(self, data: bytes) -> None:
        if self._waits:
            self._early += data
            if len(self._early) > EARLY_BYTES:
                self.transport.abort()
            return
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        except httptools.HttpParserUpgrade as upgrade:
            self._switch(data[upgrade.args[0] :])

    def on_headers_complete(self) -> None:
        if not self._is_ignored():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self._is_ignored():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._waits and self._all_is_answered() and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self._waits = False
            self._open()

    def _is_ignored(self) -> bool:
        """Whether this request is to be read again, without its upgrade."""
        return bool(
            self.parser.should_upgrade()
            and not self._should_upgrade()
            and self.parser.get_method() != b"CONNECT"
        )

    def _switch(self, rest: bytes) -> None:
        if self._should_upgrade():
            self._early = rest
            self._waits = not self._all_is_answered()
            if not self._waits:
                self._open()
        elif self.parser.get_method() == b"CONNECT":
            self._close_after_answer()
        else:
            again = self._without_upgrade() + rest
            self.parser = httptools.HttpRequestParser(self)
            with contextlib.suppress(AttributeError):  # as uvicorn does; before httptools 0.6.3
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            self.data_received(again)

    def _open(self) -> None:
        early, self._early = self._early, b""
        self.handle_websocket_upgrade()
        protocol: Any = self.transport.get_protocol()
        if early and protocol is not self:
            protocol.came_early(early)

    def _close_after_answer(self) -> None:
        """What follows a CONNECT is no HTTP, whoever it was for."""
        if self._all_is_answered():
            self.transport.close()
        else:
            self.cycle.keep_alive = False

    def _all_is_answered(self) -> bool:
        """All that was read whole."""
        return not self.pipeline and (self.cycle is None or self.cycle.response_complete)

    def _without_upgrade(self) -> bytes:
        method, version = self.parser.get_method(), self.parser.get_http_version()
        lines = [b"%b %b HTTP/%b" % (method, self.url, version.encode("ascii"))]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join(lines) + b"\r\n\r\n"
