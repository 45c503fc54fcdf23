"""POST /api/providers/{workerId}/heartbeat: what the server is asked most by far.

An ASGI application of its own, which is handed its requests before the framework has made its
objects and looked through its routes: that would double what a heartbeat costs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from qubix_server import heartbeats, queries, quiet
from qubix_server.addresses import address_of
from qubix_server.answers import HEADERS, refusal, shielded
from qubix_server.bodies import content, decode, parsed, with_camel_keys
from qubix_server.clock import rfc3339
from qubix_server.direct import Done
from qubix_server.errors import ApiError
from qubix_server.events import Event, Outcome, provider_topic
from qubix_server.heartbeats import News, jobs_named
from qubix_server.http import small_length
from qubix_server.known_heads import Asked, KnownHeads
from qubix_server.services import Services
from qubix_server.store.writer import settle
from qubix_worker.protocol import BODY_BYTES, Heartbeat
from qubix_worker.wire import to_wire

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
    news. One that need not be held, and may be quiet, comes by `begin`; all others by a call."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._nothing = self._answer(News())
        self._gathered: list[tuple[_Taking, Done]] = []
        self.heads = KnownHeads(_BEFORE, _AFTER)
        self.head = b"".join(b"%b: %b\r\n" % header for header in _HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._take(scope, receive)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the edge of a request
            await self._refusal(error)(scope, receive, send)
        else:
            length = (b"content-length", str(len(answer)).encode())
            start = {"type": "http.response.start", "status": 200, "headers": [length, *_HEADERS]}
            await send(start)
            await send({"type": "http.response.body", "body": answer})

    def whose(self, scope: Scope) -> str | None:
        return None if scope["query_string"] else worker_of(scope)

    def begin(self, asked: Asked, done: Done) -> bool:
        quick = quiet.read(asked.body) if len(asked.body) <= BODY_BYTES else None
        if quick is None:
            return False
        if not self._gathered:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._gathered.append((_Taking(self._services, asked, quick), done))
        return True

    def _hand_over(self) -> None:
        """All that came in one turn of the loop, at once: the writer's thread is woken once."""
        gathered, self._gathered = self._gathered, []
        end = partial(self._end, gathered)
        try:
            heard = [taking.heard for taking, _ in gathered]
            self._services.database.write_together(quiet.take_all, heard, end)
        except ApiError as error:
            end(error)

    def _end(
        self,
        gathered: Sequence[tuple[_Taking, Done]],
        kept: Sequence[Outcome[News] | Exception] | Exception,
    ) -> None:
        each = [kept] * len(gathered) if isinstance(kept, Exception) else kept
        for (taking, done), outcome in zip(gathered, each, strict=True):
            try:
                done(self._answer_to(taking, outcome))
            except Exception:  # the others are to be answered all the same
                log.exception("a heartbeat could not be answered")

    def _answer_to(self, taking: _Taking, kept: Outcome[News] | Exception) -> bytes | Response:
        try:
            told = taking.note(kept)
        except Exception as error:  # noqa: BLE001 - the edge of a request
            return self._refusal(error)
        self._services.measures.beats.at_once.note(taking.seconds())
        return self._answer(told) if told else self._nothing

    def _refusal(self, error: Exception) -> Response:
        """Called where `error` is handled."""
        if not isinstance(error, ApiError):
            log.error("a heartbeat failed", exc_info=error)
            error = ApiError(500, "internal", "The server made a mistake. It is in its log.")
        self._services.measures.beats.refuse(error.status)
        return shielded(refusal(error))

    async def _take(self, scope: Scope, receive: Receive) -> bytes:
        """The answer. Raises ApiError."""
        wait = 0.0
        if scope["query_string"]:
            wait = WAIT.of(Request(scope)) or 0
        body = await _content(scope, receive)
        asked = Asked.parsed(scope, scope["path_params"]["worker_id"], body)
        taking = _Taking(self._services, asked, quiet.read(body))
        told = taking.note(await self._keep(taking))
        beats = self._services.measures.beats
        if told or not wait:
            beats.at_once.note(taking.seconds())
        else:
            beats.held += 1
            told = await self._held(receive, taking, told, wait)
        return self._answer(told) if told else self._nothing

    async def _keep(self, taking: _Taking) -> Outcome[News] | Exception:
        """Raises ApiError where the database fails, or too much waits for it."""
        kept: asyncio.Future[Sequence[Outcome[News] | Exception]]
        kept = asyncio.get_running_loop().create_future()
        self._services.database.write_together(
            quiet.take_all, [taking.heard], partial(settle, kept)
        )
        (outcome,) = await kept
        return outcome

    async def _held(self, receive: Receive, taking: _Taking, told: News, wait: float) -> News:
        """Holds the answer until there is news, the time is over, or the client has gone."""
        services = self._services
        # Not so long that the worker, who tells nothing meanwhile, would count as silent.
        seconds = min(wait, services.settings.heartbeat_interval_seconds)
        heard = taking.heard
        with services.waiting.hold(
            heard.worker_id, can_take=told.can_take, seen_version=taking.seen_version
        ) as woken:
            news = asyncio.create_task(woken.wait())
            gone = asyncio.create_task(_gone(receive))
            try:
                await asyncio.wait(
                    {news, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                for task in (news, gone):
                    task.cancel()
        if not woken.is_set():
            return told
        named = jobs_named(heard.careful())
        return await services.database.read(heartbeats.news, heard.worker_id, named)

    def _answer(self, told: News) -> bytes:
        return msgspec.json.encode(
            {
                "success": True,
                "pendingJobs": told.pending_jobs,
                "cancelledJobs": told.cancelled_jobs,
                "heartbeatIntervalSeconds": self._services.settings.heartbeat_interval_seconds,
                "worker": to_wire(self._services.release),
            }
        )


class _Taking:
    """A heartbeat that is being kept."""

    __slots__ = ("_began", "_services", "heard", "seen_version")

    def __init__(self, services: Services, asked: Asked, quick: quiet.QuickBeat | None) -> None:
        """Raises ApiError where `quick` is None and the body is no heartbeat."""
        self._services = services
        self._began = time.perf_counter()
        careful = None if quick else read_carefully(asked.body)
        self.heard = quiet.Heard(
            asked.worker_id,
            asked.credential,
            services.clock(),
            quick,
            lambda: careful or read_carefully(asked.body),
            lambda: _address(asked, services),
        )
        self.seen_version = services.waiting.version

    def note(self, kept: Outcome[News] | Exception) -> News:
        """Tells those whom it concerns. Raises where it was refused."""
        if isinstance(kept, Exception):
            raise kept
        services, heard = self._services, self.heard
        told = services.committed(kept)
        services.neighbours.heard(heard.worker_id)
        if not told.overtaken:
            topic = provider_topic(heard.worker_id)
            services.hub.publish_newest(topic, partial(_in_use, heard, topic))
        # This worker may have another heartbeat that is held, from when less or more was free.
        services.waiting.note(
            heard.worker_id, can_take=told.can_take, seen_version=self.seen_version
        )
        return told

    def seconds(self) -> float:
        """Since it came."""
        return time.perf_counter() - self._began


def _address(asked: Asked, services: Services) -> str:
    scope = {"type": "http", "headers": asked.headers, "client": asked.client}
    return address_of(Request(scope), services.settings.trusted_proxies)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _in_use(heard: quiet.Heard, topic: str) -> Event:
    data = {
        "workerId": heard.worker_id,
        "timestamp": rfc3339(heard.at),
        "usage": heard.quick.usage if heard.quick else to_wire(heard.careful().usage),
    }
    return Event("GPU_METRICS_UPDATE", data, (topic,))


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


def read_carefully(body: bytes) -> Heartbeat:
    """Raises ApiError 400 that names the key."""
    value = parsed(body)
    value["usage"] = with_camel_keys(value.get("usage", {}))
    return decode(Heartbeat, value)
