"""Requests that are answered without a task of their own: that, an ASGI application's messages and
the checks of its answer would cost more than a heartbeat itself.

An application that has a `direct` attribute is asked first, once a small request is there whole;
one whose head is known by heart is not even parsed (`known_heads`). What it does not take goes the
usual way. The one thing to know before changing it: for uvicorn there is a `cycle` all the while,
its own or one of ours, so that pipelining, time limits, clients that leave and the end of the
server are seen to as for all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any, Protocol, cast

from starlette.responses import Response
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from qubix_server.http import BoundedHttp, JoinedWrites
from qubix_server.known_heads import Asked, KnownHeads

Done = Callable[["bytes | Response"], None]


class Direct(Protocol):
    """What may be answered so, and how."""

    heads: KnownHeads
    head: bytes
    """The lines of the answer's head that are always the same."""

    def whose(self, scope: Scope) -> str | None:
        """The worker whose request this is, and for which `begin` may be called."""

    def begin(self, asked: Asked, done: Done) -> Begun | None:
        """Takes the request, and calls `done` later on the event loop with the body of its answer,
        or with another answer. None where it is to be called as an application."""


class Begun(Protocol):
    """A request that was taken."""

    def give_up(self) -> None:
        """Its client has gone: it need not be answered."""


class _Cycle:
    """A request that was taken, as uvicorn knows it."""

    __slots__ = ("begun", "disconnected", "keep_alive", "response_complete")

    def __init__(self, *, keep_alive: bool = True) -> None:
        self.disconnected = False
        self.keep_alive = keep_alive
        self.response_complete = False
        self.begun: Begun | None = None

    @property
    def message_event(self) -> _Cycle:
        """What uvicorn sets when the connection is lost."""
        return self

    def set(self) -> None:
        begun, self.begun = self.begun, None
        if begun:
            begun.give_up()


class DirectHttp(BoundedHttp):
    """Gives small requests to the application's `direct` first."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._direct: Direct | None = getattr(self.app, "direct", None)
        self._awaited: RequestResponseCycle | None = None
        """Of this one the body is still to come."""
        self._data = b""
        """What is being read, if it came where a request begins."""

    def data_received(self, data: bytes) -> None:
        if self._direct and self._is_free():
            asked = self._direct.heads.read(data, self.client)
            if asked and self._begin_unparsed(asked):
                return
            self._data = data
        super().data_received(data)
        self._data = b""  # connections that only wait would keep it otherwise, however much it is

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
            and self._direct.whose(cast(Scope, cycle.scope)) is not None
        )

    def _begin_unparsed(self, asked: Asked) -> bool:
        if self._take(asked, _Cycle()):
            self._has_come()
            self._unset_keepalive_if_required()
            return True
        return False

    def _begin(self, cycle: RequestResponseCycle) -> None:
        assert self._direct
        scope = cast(Scope, cycle.scope)
        worker_id = self._direct.whose(scope)
        assert worker_id
        asked = Asked.parsed(scope, worker_id, bytes(cycle.body))
        if not self._take(asked, _Cycle(keep_alive=cycle.keep_alive)):
            super()._start_asgi_task(cycle, self.app)
        elif cycle.keep_alive:
            self._direct.heads.remember(self._data, asked)

    def _take(self, asked: Asked, cycle: _Cycle) -> bool:
        assert self._direct
        # Who does not take what was sent before is waited for by the usual way.
        if self.flow.write_paused:
            return False
        cycle.begun = self._direct.begin(asked, partial(self._answer, cycle))
        if cycle.begun is None:
            return False
        self.cycle = cast(RequestResponseCycle, cycle)
        return True

    def _answer(self, cycle: _Cycle, answer: bytes | Response) -> None:
        if cycle.disconnected:
            return
        assert self._direct
        if isinstance(answer, bytes):
            status, head, body = 200, self._direct.head, answer
        else:
            headers = [one for one in answer.raw_headers if one[0] != b"content-length"]
            status, head, body = answer.status_code, _lines(headers), bytes(answer.body)
        cast(JoinedWrites, self.transport).write_whole(
            b"%b%b%b%bcontent-length: %d\r\n\r\n%b"
            % (
                STATUS_LINE[status],
                _same_lines(tuple(self.server_state.default_headers)),
                b"" if cycle.keep_alive else b"connection: close\r\n",
                head,
                len(body),
                body,
            )
        )
        cycle.response_complete = True
        cycle.begun = None
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%b: %b\r\n" % header for header in headers)


_same_lines = lru_cache(1)(_lines)
"""For those of every answer, which change once a second."""
