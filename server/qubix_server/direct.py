"""Requests that are answered without a task of their own: that, an ASGI application's messages and
the checks of its answer would cost more than a heartbeat itself.

An application that has a `direct` attribute is asked first, once a small request is there whole.
What it does not take, and all refusals, go the usual way. The one thing to know before changing it:
the request stays uvicorn's own (`cycle`), so that pipelining, time limits, clients that leave and
the end of the server are seen to as for all others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, cast

from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from qubix_server.http import BoundedHttp, JoinedWrites

Done = Callable[["bytes | ASGIApp"], None]


class Direct(Protocol):
    """What may be answered so, and how."""

    head: bytes
    """The lines of the answer's head that are always the same."""

    def may_take(self, scope: Scope) -> bool:
        """Whether to call `begin` with this request. It may note in `scope` what it found."""

    def begin(self, scope: Scope, body: bytes, done: Done) -> bool:
        """Takes the request, and calls `done` on the event loop with the body of its answer, or
        with an application that answers. False where it is to be called as an application."""


class DirectHttp(BoundedHttp):
    """Gives small requests to the application's `direct` first."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._direct: Direct | None = getattr(self.app, "direct", None)
        self._awaited: RequestResponseCycle | None = None
        """Of this one the body is still to come."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._may_take(cycle, app):
            self._awaited = cycle
        else:
            super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if cycle := self._awaited:
            self._awaited = None
            self._begin(cycle)

    def connection_lost(self, exc: Exception | None) -> None:
        self._awaited = None
        super().connection_lost(exc)

    def _may_take(self, cycle: RequestResponseCycle, app: Any) -> bool:
        return (
            self._direct is not None
            and app is self.app
            # Not one that came while another was answered, which may be there whole.
            and cycle.scope is self.scope
            and cycle.more_body
            and self.has_small_body
            and not cycle.waiting_for_100_continue
            and self._direct.may_take(cast(Scope, cycle.scope))
        )

    def _begin(self, cycle: RequestResponseCycle) -> None:
        assert self._direct
        # Who does not take what was sent before is waited for by the usual way.
        if self.flow.write_paused or not self._direct.begin(
            cast(Scope, cycle.scope), bytes(cycle.body), partial(self._answer, cycle)
        ):
            super()._start_asgi_task(cycle, self.app)

    def _answer(self, cycle: RequestResponseCycle, answer: bytes | ASGIApp) -> None:
        if cycle.disconnected:
            return
        if not isinstance(answer, bytes):
            super()._start_asgi_task(cycle, answer)  # type: ignore[arg-type] # two names of one type
            return
        assert self._direct
        head = [b"HTTP/1.1 200 OK\r\n"]
        head += [b"%b: %b\r\n" % header for header in cycle.default_headers]
        if not cycle.keep_alive:
            head.append(b"connection: close\r\n")
        length = b"content-length: %d\r\n\r\n" % len(answer)
        cast(JoinedWrites, self.transport).write_whole(
            b"".join([*head, self._direct.head, length, answer])
        )
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
