"""POST /api/providers/{workerId}/heartbeat: what the server is asked most by far.

An ASGI application of its own, which is handed its requests before the framework has made its
objects and looked through its routes: that would double what a heartbeat costs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from qubix_server import queries, quiet
from qubix_server.answers import HEADERS
from qubix_server.bodies import content
from qubix_server.direct import Done
from qubix_server.errors import ApiError
from qubix_server.events import Outcome
from qubix_server.heartbeats import News
from qubix_server.http import small_length
from qubix_server.known_heads import Asked, KnownHeads
from qubix_server.routes.taking import Answers, Taking
from qubix_server.services import Services
from qubix_server.store.writer import settle
from qubix_worker.protocol import BODY_BYTES

log = logging.getLogger(__name__)

PATH = "/api/providers/{worker_id}/heartbeat"
WAIT = queries.Number("wait", "Hold the answer for so many seconds, until there is a job.", 25)
_BEFORE, _AFTER = PATH.split("{worker_id}")


def worker_of(scope: Scope) -> str | None:
    """Whose heartbeat this request is; None where it is something else."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    path: str = scope["path"]
    worker_id = path[len(_BEFORE) : -len(_AFTER)]
    is_beat = path == f"{_BEFORE}{worker_id}{_AFTER}" and worker_id and "/" not in worker_id
    return worker_id if is_beat else None


class HeartbeatApp:
    """Keeps each heartbeat before it is answered. With `?wait=` the answer is held until there is
    news. One that may be quiet comes by `begin`; all others by a call."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._answers = Answers(services)
        self._gathered: list[Taking] = []
        self.heads = KnownHeads(_BEFORE, _AFTER)
        self.head = b"".join(b"%b: %b\r\n" % header for header in _HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the edge of a request
            answer = self._answers.refused(error)
        if isinstance(answer, bytes):
            answer = Response(answer)
            answer.raw_headers += _HEADERS
        await answer(scope, receive, send)

    def whose(self, scope: Scope) -> str | None:
        return worker_of(scope)

    def begin(self, asked: Asked, done: Done) -> Taking | None:
        wait = _seconds(asked.query)
        quick = quiet.read(asked.body) if len(asked.body) <= BODY_BYTES else None
        if quick is None or wait is None:
            return None
        if not self._gathered:
            asyncio.get_running_loop().call_soon(self._hand_over)
        taking = Taking(self._answers, asked, quick, wait, done)
        self._gathered.append(taking)
        return taking

    def _hand_over(self) -> None:
        """All that came in one turn of the loop, at once: the writer's thread is woken once."""
        gathered, self._gathered = self._gathered, []
        try:
            self._keep(gathered)
        except ApiError as error:
            _end(gathered, error)

    def _keep(self, takings: Sequence[Taking]) -> None:
        """Raises ApiError where too much waits for the database."""
        heard = [taking.heard for taking in takings]
        self._services.database.write_together(quiet.take_all, heard, partial(_end, takings))

    async def _answer(self, scope: Scope, receive: Receive) -> bytes | Response:
        """Raises ApiError, and ClientDisconnect."""
        wait = (WAIT.of(Request(scope)) or 0) if scope["query_string"] else 0
        body = await _content(scope, receive)
        asked = Asked.parsed(scope, scope["path_params"]["worker_id"], body)
        done: asyncio.Future[bytes | Response] = asyncio.get_running_loop().create_future()
        taking = Taking(self._answers, asked, quiet.read(body), wait, partial(settle, done))
        self._keep([taking])
        if not wait:
            return await done
        gone = asyncio.create_task(_gone(receive))
        either: set[asyncio.Future[Any]] = {done, gone}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not done.done():
                taking.give_up()
        if not done.done():
            raise ClientDisconnect
        return done.result()


@lru_cache(64)
def _seconds(query: bytes) -> float | None:
    """For how long this asks to hold the answer; None where it is to be refused."""
    try:
        return WAIT.of(Request({"type": "http", "query_string": query})) or 0
    except ApiError:
        return None


def _end(takings: Sequence[Taking], kept: Sequence[Outcome[News] | Exception] | Exception) -> None:
    each = [kept] * len(takings) if isinstance(kept, Exception) else kept
    for taking, outcome in zip(takings, each, strict=True):
        try:
            taking.end(outcome)
        except Exception:  # the others are to be answered all the same
            log.exception("a heartbeat could not be answered")


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *HEADERS]


async def _content(scope: Scope, receive: Receive) -> bytes:
    """The bytes of the body. Raises ApiError as `content`, and ClientDisconnect.

    Of a small one the end need not be timed here: `http` cuts off who sends none.
    """
    length = small_length(scope["headers"])
    if length is None or length > BODY_BYTES:
        return await content(Request(scope, receive), BODY_BYTES)
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
