"""Whatever comes, in whatever pieces: it is answered the same where heads are known by heart, where
every head is parsed, and where each request has a task of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import socket
from typing import Any, cast

import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from uvicorn._types import ASGIApplication
from uvicorn.server import ServerState

from qubix_server.direct import DirectHttp, Done
from qubix_server.known_heads import Asked, KnownHeads
from qubix_server.routes import heartbeat
from qubix_server.websocket import LiveProtocol

BEFORE, AFTER = heartbeat.PATH.split("{worker_id}")
TOLD = {"x-told": "yes"}
TURNS = 50
"""Of the event loop: more than all that came takes to be answered."""


class Unlearned(KnownHeads):
    def read(self, data: bytes, client: tuple[str, int] | None) -> None:
        return None


class Taken:
    def give_up(self) -> None:
        """Its client has gone."""


class Telling:
    """Answers each request with what was read in it. Of heartbeats, some are refused, and some are
    left to the usual way."""

    head = b"x-told: yes\r\n"

    def __init__(self, heads: KnownHeads | None) -> None:
        """With None each request has a task."""
        self.heads = heads
        self.direct = self if heads else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        answer: Response = PlainTextResponse(f"{scope['method']} {scope['path']}", 404)
        if not scope["path"].startswith("/early"):
            try:
                body = await Request(scope, receive).body()
            except ClientDisconnect:
                return
            if worker_id := heartbeat.worker_of(scope):
                told = _told(Asked.parsed(scope, worker_id, body))
                answer = told if isinstance(told, Response) else Response(told, headers=TOLD)
        await answer(scope, receive, send)

    def whose(self, scope: Scope) -> str | None:
        return heartbeat.worker_of(scope)

    def begin(self, asked: Asked, done: Done) -> Taken | None:
        if asked.body.startswith(b"no"):
            return None
        loop = asyncio.get_running_loop()
        # As the database does, it takes a few turns.
        loop.call_soon(loop.call_soon, loop.call_soon, done, _told(asked))
        return Taken()


def _told(asked: Asked) -> bytes | Response:
    others = sorted(header for header in asked.headers if header[0] != b"authorization")
    told = repr(asked._replace(headers=others))
    return PlainTextResponse(told, 409, TOLD) if asked.body.startswith(b"refuse") else told.encode()


class Place:
    """A server without an address of its own."""

    def __init__(self, app: Telling) -> None:
        self._config = uvicorn.Config(
            cast(ASGIApplication, app), ws=LiveProtocol, lifespan="off", log_config=None,
            access_log=False, proxy_headers=False,
        )  # fmt: skip
        self._config.load()
        self._state = ServerState()

    async def connect(self) -> socket.socket:
        """The client's end of a connection. What is sent is there at once, which by TCP it is not
        where the computer is busy: both servers are to get each piece in the same turn."""
        client, server = socket.socketpair()
        for end in (client, server):
            end.setblocking(False)
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: DirectHttp(self._config, self._state, {}), server
        )
        return client

    async def until_all_have_left(self) -> None:
        async with asyncio.timeout(30):
            while self._state.connections or self._state.tasks:
                await asyncio.sleep(0)


Pieces = list[tuple[bytes, int]]
"""What is sent at once, and how many turns of the loop come before the next."""


async def talk(places: list[Place], pieces: Pieces) -> list[list[Any]]:
    """What each of `places` says to that."""
    clients = [await place.connect() for place in places]
    for piece, turns in pieces:
        for client in clients:
            with contextlib.suppress(ConnectionError):  # it was cut off, as the other is to be
                client.sendall(piece)
        await _turns(turns)
    for client in clients:
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)
    said = [_answers(await _all(client)) for client in clients]
    for place, client in zip(places, clients, strict=True):
        client.close()
        await place.until_all_have_left()
    return said


async def _turns(turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


async def _all(client: socket.socket) -> bytes:
    said = b""
    async with asyncio.timeout(30):
        with contextlib.suppress(ConnectionError):
            while data := await asyncio.get_running_loop().sock_recv(client, 65536):
                said += data
    return said


def _answers(said: bytes) -> list[Any]:
    """The answers: of each the first line, the headers in no order, and the body."""
    answers: list[Any] = []
    while said:
        head, end, rest = said.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        length = re.search(rb"(?m)^content-length: (\d+)\r?$", head)
        size = int(length[1]) if end and length else 0
        answers.append((lines[0], sorted(lines[1:]), rest[:size]))
        said = rest[size:]
    return answers


MORE = ("X-Forwarded-For: 203.0.113.7\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n",
        "Connection: Upgrade\r\nUpgrade: h2c\r\n")  # fmt: skip
BODIES = (b'{"a":1}', b"no, not so", b"refuse it", b"x" * 300)
ODD = (b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"?", b"?wait=1", b"%2f", b"#", b"\xff",
       b"Authorization: Bearer x\r\n", b"authorization: Basic x\r\n", b"Content-Length: 7\r\n",
       b"Content-Length: 8\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n",
       b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"Expect: 100-continue\r\n", b" folded\r\n",
       b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
       b"X-Forwarded-For: 203.0.113.9\r\n", b"HTTP/1.0", b"CONNECT", b"GET", b"HEAD", b"0\r\n\r\n",
       b"7\r\n")  # fmt: skip


def heartbeat_of(worker: str, body: bytes, more: str = "") -> bytes:
    head = (
        f"POST {BEFORE}{worker}{AFTER} HTTP/1.1\r\nHost: a\r\n{more}"
        f"Authorization: Bearer secret-{worker}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    body = draw(st.sampled_from(BODIES))
    worker = draw(st.sampled_from(("w-1", "w-2", "another")))
    data = heartbeat_of(worker, body, draw(st.sampled_from(4 * ("",) + MORE)))
    if draw(st.integers(0, 9)) == 0:
        data = data.replace(b"/api/providers/", draw(st.sampled_from((b"/early", b"/other"))))
    for _ in range(draw(st.sampled_from((0, 0, 1, 2)))):
        begin = draw(_line_begins(data) | st.integers(0, len(data)))
        end = draw(st.sampled_from((begin, begin, min(len(data), begin + draw(st.integers(1, 9))))))
        data = data[:begin] + draw(st.sampled_from(ODD) | st.binary(max_size=2)) + data[end:]
    return data


def _line_begins(data: bytes) -> st.SearchStrategy[int]:
    return st.sampled_from([0, *(found.end() for found in re.finditer(rb"\r\n", data))])


@st.composite
def conversations(draw: st.DrawFn, turns: st.SearchStrategy[int]) -> Pieces:
    said = draw(st.lists(requests(), min_size=1, max_size=5))
    if draw(st.integers(0, 2)):  # a request at a time, as nearly all come
        return [(request, draw(turns)) for request in said]
    whole = b"".join(said)
    cuts = draw(st.lists(st.integers(0, len(whole)), max_size=4))
    edges = [0, *sorted(cuts), len(whole)]
    pieces = [whole[one:other] for one, other in itertools.pairwise(edges)]
    return [(piece, draw(turns)) for piece in pieces if piece]


FIRST: Pieces = [(heartbeat_of("w-1", body), 12) for body in BODIES]
"""After these, other workers are known by heart."""
ALL = st.just(TURNS)
# Elsewhere such sockets are TCP's, by which both servers might not get a piece in the same turn.
SOON = st.integers(0, 6) | ALL if hasattr(socket, "AF_UNIX") else ALL


@settings(max_examples=60, deadline=None)
@given(st.lists(conversations(ALL), max_size=2), conversations(SOON))
def test_what_is_known_by_heart_is_answered_as_what_is_parsed(
    before: list[Pieces], then: Pieces
) -> None:
    async def run() -> None:
        known, parsed = KnownHeads(BEFORE, AFTER), Unlearned(BEFORE, AFTER)
        places = [Place(Telling(known)), Place(Telling(parsed))]
        for pieces in [FIRST, *before, then]:
            answers, expected = await talk(places, pieces)
            assert answers == expected

    asyncio.run(run())


@settings(max_examples=60, deadline=None)
@given(st.lists(conversations(ALL), min_size=1, max_size=3))
def test_what_has_no_task_of_its_own_is_answered_as_what_has(said: list[Pieces]) -> None:
    async def run() -> None:
        places = [Place(Telling(KnownHeads(BEFORE, AFTER))), Place(Telling(None))]
        for pieces in [FIRST, *said]:
            answers, expected = await talk(places, pieces)
            assert answers == expected

    asyncio.run(run())
