"""POST /api/providers/{workerId}/heartbeat: what the server is asked most by far.

An ASGI application of its own, which is handed its requests before the framework has made its
objects and looked through its routes: that would double what a heartbeat costs.
"""

from __future__ import annotations

import asyncio
import logging
import time

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from qubix_server import heartbeats, queries, quiet
from qubix_server.access import bearer
from qubix_server.answers import HEADERS, Shield, refusal
from qubix_server.bodies import content, decode, parsed, with_camel_keys
from qubix_server.clock import rfc3339
from qubix_server.errors import ApiError
from qubix_server.events import Event, provider_topic
from qubix_server.heartbeats import News, jobs_named
from qubix_server.http import small_length
from qubix_server.services import Services
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
    news."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._nothing = self._answer(News())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._take(scope, receive)
        except ClientDisconnect:
            return
        except ApiError as error:
            await self._refuse(error, scope, receive, send)
        except Exception:  # the edge of a request: nothing of the framework stands around this one
            log.exception("a heartbeat failed")
            mistake = ApiError(500, "internal", "The server made a mistake. It is in its log.")
            await self._refuse(mistake, scope, receive, send)
        else:
            length = (b"content-length", str(len(answer)).encode())
            start = {"type": "http.response.start", "status": 200, "headers": [length, *_HEADERS]}
            await send(start)
            await send({"type": "http.response.body", "body": answer})

    async def _refuse(self, error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
        self._services.measures.beats.refuse(error.status)
        await Shield(refusal(error))(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive) -> bytes:
        """The answer. Raises ApiError."""
        begun = time.perf_counter()
        services = self._services
        worker_id = scope["path_params"]["worker_id"]
        wait = 0.0
        if scope["query_string"]:
            wait = WAIT.of(Request(scope)) or 0
        body = await _content(scope, receive)
        quick = quiet.read(body)
        careful = None if quick else read_carefully(body)
        now, credential = services.clock(), bearer(scope)
        heard = quiet.Heard(
            worker_id, credential, now, quick, lambda: careful or read_carefully(body)
        )
        seen_version = services.waiting.version
        told = services.committed(await services.database.write_together(quiet.take_all, heard))
        services.neighbours.heard(worker_id)
        topic = provider_topic(worker_id)
        if services.hub.listens(topic) and not told.overtaken:
            services.hub.publish_newest(topic, lambda: _in_use(heard, topic))
        # This worker may have another heartbeat that is held, from when less or more was free.
        services.waiting.note(worker_id, can_take=told.can_take, seen_version=seen_version)
        if told or not wait:
            services.measures.beats.at_once.note(time.perf_counter() - begun)
        else:
            services.measures.beats.held += 1
            told = await self._held(receive, heard, told, wait=wait, seen_version=seen_version)
        return self._answer(told) if told else self._nothing

    async def _held(
        self, receive: Receive, heard: quiet.Heard, told: News, *, wait: float, seen_version: int
    ) -> News:
        """Holds the answer until there is news, the time is over, or the client has gone."""
        services = self._services
        # Not so long that the worker, who tells nothing meanwhile, would count as silent.
        seconds = min(wait, services.settings.heartbeat_interval_seconds)
        with services.waiting.hold(
            heard.worker_id, can_take=told.can_take, seen_version=seen_version
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
