"""Connections that behave badly, and answers that are larger than one write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from qubix_server.http import JOINED_BYTES, BoundedHttp

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Any]]


class Hasty(BoundedHttp):
    seconds = 0.2


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body, in as many pieces as it came and each of them ten times."""
    pieces = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        pieces.append(message["body"])
        more = message["more_body"]
    head = {"type": "http.response.start", "status": 200, "headers": []}
    await send(head)
    for piece in pieces * 10:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(echo, http=Hasty, lifespan="off", log_config=None, access_log=False)
    config.load()
    loop = asyncio.get_running_loop()
    state = ServerState()
    server = await loop.create_server(
        lambda: Hasty(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    yield reader, writer
    writer.close()
    server.close()


def talk(conversation: Talk) -> Any:
    async def run() -> Any:
        async with asyncio.timeout(30), connected() as (reader, writer):
            return await conversation(reader, writer)

    return asyncio.run(run())


@pytest.mark.parametrize(
    "begun",
    [
        b"POST / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
    ],
)
def test_who_sends_half_a_request_is_cut_off(begun: bytes) -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(begun)
        return await reader.read()

    said = talk(conversation)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"too_slow"' in said


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n"])
def test_who_asks_nothing_is_cut_off(sent: bytes) -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(sent)
        return await reader.read()

    assert talk(conversation) == b""


def test_who_sends_blank_lines_after_an_answer_is_cut_off() -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na")
        await reader.readuntil(b"0\r\n\r\n")
        writer.write(b"\r\n")
        return await reader.read()

    assert talk(conversation) == b""


def test_who_drips_a_head_gains_no_time(begun: bytes = b"GET / HTTP/1.1\r\n") -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(begun)
        # Not to its end: what is written to a connection that was closed resets it.
        answer = asyncio.ensure_future(reader.read(64))
        while not answer.done():
            writer.write(b"x: y\r\n")
            await asyncio.wait({answer}, timeout=0.02)
        return answer.result()

    assert talk(conversation).startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_stays_open_is_not_cut_off_between_requests() -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"
        for _ in range(3):
            writer.write(request)
            assert (await reader.readuntil(b"0\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), Hasty.seconds * 2)

    talk(conversation)


@pytest.mark.parametrize("size", [1, JOINED_BYTES, JOINED_BYTES + 1, 1_000_000])
def test_an_answer_arrives_whole_and_in_order(size: int) -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        body = bytes(range(256)) * (size // 256 + 1)
        head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % size + body[:size])
        return await reader.read()

    said = talk(conversation)
    _, _, chunks = said.partition(b"\r\n\r\n")
    data = b""
    while (length := int((line := chunks.split(b"\r\n", 1))[0], 16)) > 0:
        data += line[1][:length]
        chunks = line[1][length + 2 :]
    assert len(data) == 10 * size
    assert data[:size] == (bytes(range(256)) * (size // 256 + 1))[:size]
