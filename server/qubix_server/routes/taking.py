"""A heartbeat from when it was read to its answer, which may be held.

Each step is a call on the event loop, none a task: nine in ten heartbeats are held, and nearly all
of them until their time is over, with nothing to tell.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from qubix_server import heartbeats, quiet
from qubix_server.addresses import address_of
from qubix_server.answers import refusal, shielded
from qubix_server.bodies import decode, parsed, with_camel_keys
from qubix_server.clock import rfc3339
from qubix_server.errors import ApiError
from qubix_server.events import Event, Outcome, provider_topic
from qubix_server.heartbeats import News, jobs_named
from qubix_server.known_heads import Asked
from qubix_server.services import Services
from qubix_server.waiting import Held
from qubix_worker.protocol import Heartbeat
from qubix_worker.wire import to_wire

log = logging.getLogger(__name__)


class Answers:
    """What heartbeats are answered with."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.nothing = self._encoded(News())
        self.under_way: set[asyncio.Task[None]] = set()
        """Those that are being read: the loop alone would let go of them."""

    def of(self, told: News) -> bytes:
        return self._encoded(told) if told else self.nothing

    def refused(self, error: Exception) -> Response:
        """Called where `error` is handled."""
        if not isinstance(error, ApiError):
            log.error("a heartbeat failed", exc_info=error)
            error = ApiError(500, "internal", "The server made a mistake. It is in its log.")
        self.services.measures.beats.refuse(error.status)
        return shielded(refusal(error))

    def _encoded(self, told: News) -> bytes:
        return msgspec.json.encode(
            {
                "success": True,
                "pendingJobs": told.pending_jobs,
                "cancelledJobs": told.cancelled_jobs,
                "heartbeatIntervalSeconds": self.services.settings.heartbeat_interval_seconds,
                "worker": to_wire(self.services.release),
            }
        )


class Taking:
    """A heartbeat that is being kept, then held or answered."""

    __slots__ = ("_answers", "_began", "_done", "_held", "_is_gone", "_seen_version", "_services",
                 "_timer", "_wait", "heard")  # fmt: skip

    def __init__(
        self,
        answers: Answers,
        asked: Asked,
        quick: quiet.QuickBeat | None,
        wait: float,
        done: Callable[[bytes | Response], None],
    ) -> None:
        """Calls `done` with the answer, or with a refusal. `wait`: for so many seconds it may be
        held. Raises ApiError where `quick` is None and the body is no heartbeat."""
        self._began = time.perf_counter()
        self._answers = answers
        self._services = services = answers.services
        self._wait = wait
        self._done = done
        self._held: Held | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_gone = False
        careful = None if quick else read_carefully(asked.body)
        self.heard = quiet.Heard(
            asked.worker_id,
            asked.credential,
            services.clock(),
            quick,
            lambda: careful or read_carefully(asked.body),
            lambda: _address(asked, services),
        )
        self._seen_version = services.waiting.version

    def end(self, kept: Outcome[News] | Exception) -> None:
        """It is on the disk, or refused: answers it, or holds its answer."""
        try:
            told = self._note(kept)
        except Exception as error:  # noqa: BLE001 - the edge of a request
            self._done(self._answers.refused(error))
            return
        beats = self._services.measures.beats
        if self._wait and not told and not self._is_gone:
            beats.held += 1
            self._hold(told)
        else:
            beats.at_once.note(time.perf_counter() - self._began)
            self._done(self._answers.of(told))

    def give_up(self) -> None:
        """Its client has gone: where it is held, `done` is not called any more."""
        self._is_gone = True
        self._let_go()

    def _note(self, kept: Outcome[News] | Exception) -> News:
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
            heard.worker_id, can_take=told.can_take, seen_version=self._seen_version
        )
        return told

    def _hold(self, told: News) -> None:
        """Until there is news, the time is over, or the client has gone."""
        services = self._services
        # Not so long that the worker, who tells nothing meanwhile, would count as silent.
        seconds = min(self._wait, services.settings.heartbeat_interval_seconds)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._time_is_over)
        self._held = services.waiting.hold(
            self.heard.worker_id, self._woken, can_take=told.can_take,
            seen_version=self._seen_version,
        )  # fmt: skip

    def _let_go(self) -> bool:
        """Whether it was held until now."""
        held, self._held = self._held, None
        if held is None:
            return False
        self._services.waiting.let_go(held)
        if self._timer:
            self._timer.cancel()
            self._timer = None
        return True

    def _time_is_over(self) -> None:
        if self._let_go():
            self._done(self._answers.nothing)

    def _woken(self) -> None:
        if self._let_go():
            reading = asyncio.create_task(self._read_news())
            self._answers.under_way.add(reading)
            reading.add_done_callback(self._answers.under_way.discard)

    async def _read_news(self) -> None:
        named = jobs_named(self.heard.careful())
        try:
            told = await self._services.database.read(heartbeats.news, self.heard.worker_id, named)
        except Exception as error:  # noqa: BLE001 - the edge of a request
            self._done(self._answers.refused(error))
        else:
            self._done(self._answers.of(told))


def read_carefully(body: bytes) -> Heartbeat:
    """Raises ApiError 400 that names the key."""
    value = parsed(body)
    value["usage"] = with_camel_keys(value.get("usage", {}))
    return decode(Heartbeat, value)


def _address(asked: Asked, services: Services) -> str:
    scope = {"type": "http", "headers": asked.headers, "client": asked.client}
    return address_of(Request(scope), services.settings.trusted_proxies)


def _in_use(heard: quiet.Heard, topic: str) -> Event:
    data = {
        "workerId": heard.worker_id,
        "timestamp": rfc3339(heard.at),
        "usage": heard.quick.usage if heard.quick else to_wire(heard.careful().usage),
    }
    return Event("GPU_METRICS_UPDATE", data, (topic,))
