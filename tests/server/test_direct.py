"""Requests that are answered without a task of their own, beside those that are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from qubix_server.direct import DirectHttp, Done


class Hasty(DirectHttp):
    seconds = 0.2


@dataclass
class Shop:
    """Answers requests to `/direct` itself, when `serve` is called, and all others as an
    application."""

    head: bytes = b"x-how: direct\r\n"
    waiting: list[tuple[bytes, Done]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def direct(self) -> Shop:
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        answer = PlainTextResponse(body, headers={"x-how": "application"})
        await answer(scope, receive, send)

    def may_take(self, scope: Scope) -> bool:
        return bool(scope["path"] == "/direct")

    def begin(self, scope: Scope, body: bytes, done: Done) -> bool:
        if body.startswith(b"no"):
            return False
        self.waiting.append((body, done))
        self.came.set()
        return True

    def serve(self) -> None:
        for body, done in self.waiting:
            done(body.upper())
        self.waiting.clear()
        self.came.clear()


@dataclass
class Place:
    shop: Shop
    state: ServerState
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self) -> tuple[str, bytes]:
        """How the next one was answered, and its body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.strip().split(b"\r\n")[1:])
        body = await self.reader.readexactly(int(fields[b"content-length"]))
        return fields[b"x-how"].decode(), body


@asynccontextmanager
async def connected() -> AsyncIterator[Place]:
    shop = Shop()
    config = uvicorn.Config(shop, lifespan="off", log_config=None, access_log=False)
    config.proxy_headers = False  # else the application would be another
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: Hasty(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    yield Place(shop, state, reader, writer)
    writer.close()
    server.close()


def visit(conversation: Callable[[Place], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with asyncio.timeout(30), connected() as place:
            return await conversation(place)

    return asyncio.run(run())


def post(body: bytes, path: str = "/direct", *, version: str = "1.1", more: str = "") -> bytes:
    head = f"POST {path} HTTP/{version}\r\nHost: a\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def test_it_is_answered_when_it_is_done_and_the_connection_stays() -> None:
    async def conversation(place: Place) -> list[tuple[str, bytes]]:
        answers = []
        for body in (b"one", b"two"):
            place.writer.write(post(body))
            await place.shop.came.wait()
            place.shop.serve()
            answers.append(await place.answer())
        return answers

    assert visit(conversation) == [("direct", b"ONE"), ("direct", b"TWO")]


def test_what_is_not_taken_comes_to_the_application_whole() -> None:
    async def conversation(place: Place) -> list[tuple[str, bytes]]:
        place.writer.write(post(b"no, thanks"))
        answers = [await place.answer()]
        place.writer.write(post(b"elsewhere", "/other"))
        return [*answers, await place.answer()]

    assert visit(conversation) == [("application", b"no, thanks"), ("application", b"elsewhere")]


def test_a_body_that_comes_later_is_waited_for() -> None:
    async def conversation(place: Place) -> tuple[str, bytes]:
        request = post(b"slowly")
        place.writer.write(request[:-3])
        await asyncio.sleep(0)
        place.writer.write(request[-3:])
        await place.shop.came.wait()
        place.shop.serve()
        return await place.answer()

    assert visit(conversation) == ("direct", b"SLOWLY")


def test_requests_that_come_at_once_are_answered_in_their_order() -> None:
    async def conversation(place: Place) -> list[bytes]:
        sent = [(b"a", "/direct"), (b"b", "/other"), (b"c", "/direct"), (b"d", "/direct")]
        place.writer.write(b"".join(post(body, path) for body, path in sent))
        answers: list[bytes] = []
        while len(answers) < len(sent):
            coming = asyncio.ensure_future(place.answer())
            while not coming.done():
                came = asyncio.ensure_future(place.shop.came.wait())
                await asyncio.wait({coming, came}, return_when=asyncio.FIRST_COMPLETED)
                came.cancel()
                place.shop.serve()
            answers.append(coming.result()[1])
        return [answer.lower() for answer in answers]

    assert visit(conversation) == [b"a", b"b", b"c", b"d"]


def test_who_wants_it_closed_has_it_closed_after_the_answer() -> None:
    async def conversation(place: Place, request: bytes) -> bytes:
        place.writer.write(request)
        await place.shop.came.wait()
        place.shop.serve()
        return await place.reader.read()

    for request in (post(b"x", version="1.0"), post(b"x", more="Connection: close\r\n")):
        said = visit(lambda place, request=request: conversation(place, request))
        assert b"connection: close\r\n" in said
        assert said.endswith(b"\r\n\r\nX")


def test_who_has_left_is_not_answered_and_nothing_is_wrong() -> None:
    async def conversation(place: Place) -> int:
        place.writer.write(post(b"gone"))
        await place.shop.came.wait()
        place.writer.close()
        while place.state.connections:
            await asyncio.sleep(0)
        place.shop.serve()
        return len(place.shop.waiting)

    assert visit(conversation) == 0


def test_who_asks_before_sending_is_told_to_go_on() -> None:
    async def conversation(place: Place) -> bytes:
        request = post(b"body", more="Expect: 100-continue\r\n")
        place.writer.write(request[:-4])
        told = await place.reader.readuntil(b"\r\n\r\n")
        place.writer.write(request[-4:])
        assert await place.answer() == ("application", b"body")
        return told

    assert visit(conversation).startswith(b"HTTP/1.1 100 ")


def test_half_a_body_is_cut_off() -> None:
    async def conversation(place: Place) -> bytes:
        place.writer.write(post(b"half")[:-2])
        return await place.reader.read()

    assert visit(conversation).startswith(b"HTTP/1.1 408 ")


def test_one_that_is_under_way_when_the_server_ends_is_answered_and_then_closed() -> None:
    async def conversation(place: Place) -> bytes:
        place.writer.write(post(b"last"))
        await place.shop.came.wait()
        for connection in list(place.state.connections):
            connection.shutdown()
        place.shop.serve()
        return await place.reader.read()

    assert visit(conversation).endswith(b"\r\n\r\nLAST")


def test_who_takes_no_answers_does_not_have_them_pile_up() -> None:
    async def conversation(place: Place) -> int:
        body = b"y" * 60_000
        (connection,) = place.state.connections
        most = 0
        for _ in range(400):
            place.writer.write(post(body))
            for _ in range(20):
                await asyncio.sleep(0)
                place.shop.serve()
            most = max(most, connection.transport.get_write_buffer_size())
            if place.writer.transport.get_write_buffer_size() > 1 << 20:
                break
        connection.transport.abort()
        while place.state.tasks:
            await asyncio.sleep(0)
        return most

    assert visit(conversation) < 1 << 20
