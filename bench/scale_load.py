"""Heartbeats at a pace of their own, and readers of events, for what `wrk` cannot do: answers that
are held, a rate that does not follow the server's, and events that are counted."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from bench.fleet import BEAT, STRIDE

PATIENCE_SECONDS = 60.0
_BODY = json.dumps(BEAT).encode()


@dataclass
class Answers:
    """How long each heartbeat that was answered took, and how many there were."""

    seconds: list[float] = field(default_factory=list)

    def quantile(self, part: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


async def closed(url: str, connections: int, seconds: float, workers: int) -> Answers:
    """So many connections that each wait for their answer."""
    answers = Answers()
    until = time.monotonic() + seconds
    turns = _turns(workers)

    async def beat() -> None:
        line = await _Line.to(url)
        while time.monotonic() < until:
            began = time.monotonic()
            await line.ask(request(next(turns)))
            answers.seconds.append(time.monotonic() - began)
        line.close()

    await asyncio.gather(*(beat() for _ in range(connections)))
    return answers


async def paced(
    url: str, rate: float, seconds: float, workers: int, random: Random, *, wait: float = 0
) -> Answers:
    """So many a second, whenever each comes, whether the ones before are answered or not."""
    answers = Answers()
    free: list[_Line] = []
    turns = _turns(workers)

    async def beat(due: float, body: bytes) -> None:
        line = free.pop() if free else await _Line.to(url)
        await line.ask(body)
        answers.seconds.append(time.monotonic() - due)
        free.append(line)

    begun = time.monotonic()
    at = begun
    async with asyncio.TaskGroup() as tasks:
        while (at := at + random.expovariate(rate)) < begun + seconds:
            await asyncio.sleep(at - time.monotonic())
            tasks.create_task(beat(at, request(next(turns), wait)))
    for line in free:
        line.close()
    return answers


def request(worker: int, wait: float = 0) -> bytes:
    held = f"?wait={wait:g}" if wait else ""
    head = (
        f"POST /api/providers/bench-{worker}/heartbeat{held} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer secret-bench-{worker}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(_BODY)}\r\n\r\n"
    )
    return head.encode() + _BODY


class Told:
    """How many events readers were told."""

    def __init__(self) -> None:
        self.events = 0


@asynccontextmanager
async def reading(url: str, readers: int, workers: int) -> AsyncIterator[Told]:
    """While so many read of the same workers, `bench-0` and on."""
    told = Told()

    async def subscribed() -> ClientConnection:
        socket = await connect(url.replace("http", "ws", 1) + "/ws", max_queue=None)
        for number in range(workers):
            worker = f"bench-{number}"
            wanted = {"type": "subscribe:provider", "subscriptionId": worker}
            await socket.send(json.dumps(wanted | {"token": f"secret-{worker}"}))
            while (answer := json.loads(await socket.recv()))["type"] != "subscribed":
                if answer["type"] == "error":
                    raise RuntimeError(answer["error"])
        return socket

    async def read(socket: ClientConnection) -> None:
        async with socket:
            async for _ in socket:
                told.events += 1

    sockets = await asyncio.gather(*(subscribed() for _ in range(readers)))
    tasks = [asyncio.create_task(read(socket)) for socket in sockets]
    try:
        yield told
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Line(asyncio.Protocol):
    """A connection that asks one thing at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[None] | None = None
        self._got = b""

    @classmethod
    async def to(cls, url: str) -> _Line:
        place = urlsplit(url)
        assert place.hostname
        assert place.port
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(cls, place.hostname, place.port)
        return line

    async def ask(self, wanted: bytes) -> None:
        """Raises RuntimeError where the answer is no success."""
        assert self._transport
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(wanted)
        await asyncio.wait_for(self._answer, PATIENCE_SECONDS)

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found or not self._answer or self._answer.done():
            return
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        if len(body) < int(length):
            return
        self._got = b""
        if head.split(b" ", 2)[1] == b"200":
            self._answer.set_result(None)
        else:
            self._answer.set_exception(RuntimeError(head.decode(errors="replace")))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or RuntimeError("the server closed the connection"))


def _turns(workers: int) -> Iterator[int]:
    """The workers in the order in which a fleet beats: see `fleet.beats`."""
    return (turn * STRIDE % workers for turn in itertools.count())
