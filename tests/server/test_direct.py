"""Requests that are answered without a task of their own, beside those that are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from qubix_server.direct import DirectHttp, Done
from qubix_server.known_heads import Asked, KnownHeads

DIRECT = "/direct/w/it"
EARLY = "/early"
WORKER, CREDENTIAL = "w", "secret"


class Hasty(DirectHttp):
    seconds = 0.2
    parsed = 0

    def on_message_begin(self) -> None:
        type(self).parsed += 1
        super().on_message_begin()


@dataclass
class Order:
    """A request that is being answered."""

    shop: Shop

    def give_up(self) -> None:
        self.shop.given_up += 1
        self.shop.left.set()


@dataclass
class Shop:
    """Answers requests to DIRECT itself, when `serve` is called, one to EARLY before its body is
    there, and all others as an application."""

    heads: KnownHeads = field(default_factory=lambda: KnownHeads("/direct/", "/it"))
    head: bytes = b"x-how: direct\r\n"
    waiting: list[tuple[bytes, Done]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    given_up: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def direct(self) -> Shop:
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        early = scope["path"] == EARLY
        body = b"" if early else await Request(scope, receive).body()
        answer = PlainTextResponse(body, headers={"x-how": "application"})
        await answer(scope, receive, send)

    def whose(self, scope: Scope) -> str | None:
        return WORKER if scope["path"] == DIRECT else None

    def begin(self, asked: Asked, done: Done) -> Order | None:
        assert (asked.worker_id, asked.credential) == (WORKER, CREDENTIAL)
        assert (b"host", b"a") in asked.headers
        if asked.body.startswith(b"no"):
            return None
        self.waiting.append((asked.body, done))
        self.came.set()
        return Order(self)

    def serve(self) -> None:
        for body, done in self.waiting:
            refused = PlainTextResponse(body, 409, headers={"x-how": "refused"})
            done(refused if body.startswith(b"refuse") else body.upper())
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

    async def ask(self, request: bytes) -> tuple[str, bytes]:
        """How this one is answered, for which `serve` has to be called."""
        self.writer.write(request)
        await self.shop.came.wait()
        self.shop.serve()
        return await self.answer()


@asynccontextmanager
async def connected(keep_seconds: int = 5) -> AsyncIterator[Place]:
    shop = Shop()
    config = uvicorn.Config(
        shop, lifespan="off", log_config=None, access_log=False, timeout_keep_alive=keep_seconds
    )
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


Conversation = Callable[[Place], Awaitable[Any]]
Visit = Callable[[Conversation], Any]
LENGTHS = (*range(1, 12), 60_000)
"""Of the bodies in these tests, all of which are sent under the same head."""


@pytest.fixture(params=["parsed", "known by heart"])
def visit(request: pytest.FixtureRequest) -> Visit:
    """Talks to a shop: to one that has never seen such a head, and to one that knows them all."""

    async def run(conversation: Conversation) -> Any:
        async with asyncio.timeout(30), connected() as place:
            for length in LENGTHS if request.param == "known by heart" else ():
                assert await place.ask(post(b"x" * length)) == ("direct", b"X" * length)
            return await conversation(place)

    return lambda conversation: asyncio.run(run(conversation))


def post(body: bytes, path: str = DIRECT, *, version: str = "1.1", more: str = "") -> bytes:
    head = (
        f"POST {path} HTTP/{version}\r\nHost: a\r\nAuthorization: Bearer {CREDENTIAL}\r\n"
        f"Content-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body


def test_it_is_answered_when_it_is_done_and_the_connection_stays(visit: Visit) -> None:
    async def conversation(place: Place) -> list[tuple[str, bytes]]:
        answers = []
        for body in (b"one", b"two"):
            answers.append(await place.ask(post(body)))
        return answers

    assert visit(conversation) == [("direct", b"ONE"), ("direct", b"TWO")]


def test_what_is_not_taken_comes_to_the_application_whole(visit: Visit) -> None:
    async def conversation(place: Place) -> list[tuple[str, bytes]]:
        place.writer.write(post(b"no, thanks"))
        answers = [await place.answer()]
        place.writer.write(post(b"elsewhere", "/other"))
        return [*answers, await place.answer()]

    assert visit(conversation) == [("application", b"no, thanks"), ("application", b"elsewhere")]


def test_a_body_that_comes_later_is_waited_for(visit: Visit) -> None:
    async def conversation(place: Place) -> tuple[str, bytes]:
        request = post(b"slowly")
        place.writer.write(request[:-3])
        await asyncio.sleep(0)
        place.writer.write(request[-3:])
        await place.shop.came.wait()
        place.shop.serve()
        return await place.answer()

    assert visit(conversation) == ("direct", b"SLOWLY")


def test_requests_that_come_at_once_are_answered_in_their_order(visit: Visit) -> None:
    async def conversation(place: Place) -> list[bytes]:
        sent = [(b"a", DIRECT), (b"b", "/other"), (b"c", DIRECT), (b"d", DIRECT)]
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


def test_who_wants_it_closed_has_it_closed_after_the_answer(visit: Visit) -> None:
    async def conversation(place: Place, request: bytes) -> bytes:
        place.writer.write(request)
        await place.shop.came.wait()
        place.shop.serve()
        return await place.reader.read()

    for request in (post(b"x", version="1.0"), post(b"x", more="Connection: close\r\n")):
        said = visit(lambda place, request=request: conversation(place, request))
        assert b"connection: close\r\n" in said
        assert said.endswith(b"\r\n\r\nX")


def test_who_has_left_is_not_answered_and_nothing_is_wrong(visit: Visit) -> None:
    async def conversation(place: Place) -> int:
        place.writer.write(post(b"gone"))
        await place.shop.came.wait()
        place.writer.close()
        await place.shop.left.wait()
        place.shop.serve()
        return place.shop.given_up

    assert visit(conversation) == 1


def test_who_was_answered_is_not_given_up_later(visit: Visit) -> None:
    async def conversation(place: Place) -> int:
        await place.ask(post(b"one"))
        place.writer.close()
        while place.state.connections:
            await asyncio.sleep(0)
        return place.shop.given_up

    assert visit(conversation) == 0


def test_who_asks_before_sending_is_told_to_go_on(visit: Visit) -> None:
    async def conversation(place: Place) -> bytes:
        request = post(b"body", more="Expect: 100-continue\r\n")
        place.writer.write(request[:-4])
        told = await place.reader.readuntil(b"\r\n\r\n")
        place.writer.write(request[-4:])
        assert await place.answer() == ("application", b"body")
        return told

    assert visit(conversation).startswith(b"HTTP/1.1 100 ")


def test_half_a_body_is_cut_off(visit: Visit) -> None:
    async def conversation(place: Place) -> bytes:
        place.writer.write(post(b"half")[:-2])
        return await place.reader.read()

    assert visit(conversation).startswith(b"HTTP/1.1 408 ")


def test_one_that_is_under_way_when_the_server_ends_is_answered_and_then_closed(
    visit: Visit,
) -> None:
    async def conversation(place: Place) -> bytes:
        place.writer.write(post(b"last"))
        await place.shop.came.wait()
        for connection in list(place.state.connections):
            connection.shutdown()
        place.shop.serve()
        return await place.reader.read()

    assert visit(conversation).endswith(b"\r\n\r\nLAST")


def test_who_takes_no_answers_does_not_have_them_pile_up(visit: Visit) -> None:
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


def test_a_known_head_is_not_parsed_again(visit: Visit) -> None:
    async def conversation(place: Place) -> int:
        await place.ask(post(b"one"))
        Hasty.parsed = 0
        assert [await place.ask(post(body)) for body in (b"two", b"six")] == [
            ("direct", b"TWO"),
            ("direct", b"SIX"),
        ]
        return Hasty.parsed

    assert visit(conversation) == 0


def test_another_answer_than_200_is_sent_as_it_is(visit: Visit) -> None:
    async def conversation(place: Place) -> bytes:
        place.writer.write(post(b"refuse it"))
        await place.shop.came.wait()
        place.shop.serve()
        return await place.reader.readuntil(b"refuse it")

    said = visit(conversation)
    assert said.startswith(b"HTTP/1.1 409 Conflict\r\n")
    assert b"x-how: refused\r\n" in said
    assert said.count(b"content-length: ") == 1


def test_a_body_is_never_taken_for_a_request(visit: Visit) -> None:
    """Its request was answered before it came, as one is that is refused."""

    async def conversation(place: Place) -> bytes:
        inside = post(b"bad")
        request = post(inside, EARLY)
        place.writer.write(request[: -len(inside)])
        assert await place.answer() == ("application", b"")
        place.writer.write(inside)
        await asyncio.sleep(0.1)
        assert not place.shop.waiting
        return (await place.ask(post(b"good")))[1]

    assert visit(conversation) == b"GOOD"


def test_what_comes_while_one_is_answered_is_answered_after_it(visit: Visit) -> None:
    async def conversation(place: Place) -> list[bytes]:
        place.writer.write(post(b"first"))
        await place.shop.came.wait()
        place.writer.write(post(b"second", "/other") + post(b"third"))
        await asyncio.sleep(0.05)
        place.shop.serve()
        answers = [await place.answer() for _ in range(3)]
        return [body for _, body in [*answers, await place.ask(post(b"fourth"))]]

    assert visit(conversation) == [b"FIRST", b"second", b"third", b"FOURTH"]


@pytest.mark.parametrize("know", [False, True])
def test_a_connection_is_kept_for_a_while_after_each_answer_and_then_closed(know: bool) -> None:
    async def run() -> float:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(30), connected(keep_seconds=1) as place:
            for body in (b"one", b"two", b"six") if know else (b"1", b"22", b"333"):
                await place.ask(post(body))
                await asyncio.sleep(0.4)
            place.writer.write(post(b"end"))
            await place.shop.came.wait()
            await asyncio.sleep(1.2)  # it is not idle while it waits for its answer
            place.shop.serve()
            await place.answer()
            answered = loop.time()
            assert await place.reader.read() == b""
            return loop.time() - answered

    assert 0.9 < asyncio.run(run()) < 10


def test_a_connection_that_only_waits_keeps_nothing_of_what_it_sent(visit: Visit) -> None:
    async def conversation(place: Place) -> bytes:
        place.writer.write(post(b"no" + b"x" * 90_000))
        await place.answer()
        (connection,) = place.state.connections
        assert isinstance(connection, DirectHttp)
        return connection._data

    assert visit(conversation) == b""
