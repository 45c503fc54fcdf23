"""Who listens to the server's events: fast readers and slow ones, and very many at once."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.client import ClientProtocol
from websockets.protocol import OPEN
from websockets.sync.client import ClientConnection, connect
from websockets.uri import parse_uri

from tests.conftest import LiveServer, Machine

JOBS = 100
"""Their events are more than a server keeps for a reader, by far."""
READERS = 5_000
BYTES_A_READER = 64 * 1024
SECONDS_FOR_ALL = 10.0
"""A second is common; continuous integration has two busy processors."""


@contextmanager
def listening(server: LiveServer, **message: str) -> Iterator[ClientConnection]:
    with connect(
        f"ws://127.0.0.1:{server.port}/ws", proxy=None, compression=None,
        additional_headers={"Authorization": f"Bearer {server.token}"},
    ) as connection:  # fmt: skip
        assert said(connection)["type"] == "connected"
        connection.send(json.dumps(message))
        assert said(connection)["type"] == "subscribed"
        yield connection


def said(connection: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=30))
    return message


def opened(server: LiveServer, connection: socket.socket) -> bytes:
    """Opens a WebSocket without a library that would read by itself; what has come until then."""
    connection.settimeout(30)
    connection.connect(("127.0.0.1", server.port))
    connection.sendall(opening(f"Authorization: Bearer {server.token}\r\n"))
    return received_until(connection, b"connected")


def opening(headers: str = "") -> bytes:
    """The request that opens a WebSocket (RFC 6455, 1.2)."""
    return (
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"{headers}\r\n"
    ).encode()


def received_until(connection: socket.socket, wanted: bytes, times: int = 1) -> bytes:
    received = b""
    while received.count(wanted) < times:
        more = connection.recv(65536)
        assert more, f"it ended after {received[-200:]!r}"
        received += more
    return received


def frame(message: dict[str, Any]) -> bytes:
    made = ClientProtocol(parse_uri("ws://127.0.0.1/ws"), state=OPEN)
    made.send_text(json.dumps(message).encode())
    return b"".join(made.data_to_send())


def fail_a_job(server: LiveServer, machine: Machine) -> None:
    """Its event is some 30 KB."""
    spec = {"kind": "wasm", "spec": {"module": "AA=="}}
    job = server.ask("POST", "/api/jobs/create", spec, credential=server.token).json()["job"]
    machine.beat()
    ending = {
        "status": "failed",
        "error": "\N{SNOWMAN}" * 4096,
        "metrics": {f"{number}" + "m" * 250: 1.0 for number in range(64)},
    }
    assert machine.ask("POST", f"/api/jobs/{job['id']}/complete", ending).ok


NAME = b"EVERYONE"
SUBSCRIBE = frame({"type": "subscribe:marketplace"})


@pytest.mark.slow
def test_a_slow_reader_is_closed_while_others_are_told_in_time(shared_server: LiveServer) -> None:
    machine = shared_server.join("failing")
    machine.beat()
    wanted = {"type": "subscribe:provider", "subscriptionId": "failing"}
    with socket.socket() as slow, listening(shared_server, **wanted) as other:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened(shared_server, slow)
        slow.sendall(frame(wanted))
        received_until(slow, b"subscribed")
        for _ in range(JOBS):
            fail_a_job(shared_server, machine)
            while said(other)["type"] != "JOB_COMPLETED":
                pass
        # Only now, when far too much waits for it, it reads.
        received_until(slow, b"\x88\x02" + (1013).to_bytes(2, "big"))


def test_a_burst_of_questions_closes_nobody_who_reads(shared_server: LiveServer) -> None:
    with socket.socket() as burst:
        opened(shared_server, burst)
        burst.sendall(frame({"type": "ping"}) * 5_000)
        received_until(burst, b"pong", 5_000)


def test_who_asks_and_reads_later_delays_nobody_and_misses_nothing(
    shared_server: LiveServer,
) -> None:
    with socket.socket() as late, listening(shared_server, type="subscribe:marketplace") as other:
        late.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened(shared_server, late)
        late.sendall(frame({"type": "unsubscribe", "subscriptionId": "x" * 128}) * 5_000)
        for number in range(5):
            shared_server.join(f"in-time-{number}")
            assert said(other)["data"]["workerId"] == f"in-time-{number}"
        received_until(late, b"unsubscribed", 5_000)


def test_of_many_heartbeats_the_newest_is_told_and_before_the_end(
    shared_server: LiveServer,
) -> None:
    machine = shared_server.join("hurried")
    path = "/api/providers/hurried/heartbeat"
    machine.beat()
    with listening(shared_server, type="subscribe:provider", subscriptionId="hurried") as live:
        for percent in range(1, 41):
            machine.ask("POST", path, {"status": "online", "usage": {"cpuPercent": percent}})
        machine.ask("POST", path, {"status": "offline", "usage": {"cpuPercent": 0}})
        told = [said(live)]
        while told[-1]["type"] == "GPU_METRICS_UPDATE":
            told.append(said(live))
    assert told[-1]["data"]["event"] == "PROVIDER_OFFLINE"
    used = [one["data"]["usage"]["cpuPercent"] for one in told[:-1]]
    assert used[-1] == 40
    assert used == sorted(used)
    assert len(used) < 40


class Reader(asyncio.Protocol):
    """A reader that costs the test next to nothing: it only looks whether words have come."""

    def __init__(self) -> None:
        self._received = b""
        self._waits: dict[bytes, asyncio.Future[float]] = {
            word: asyncio.get_running_loop().create_future() for word in (b"subscribed", NAME)
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(opening())

    def data_received(self, data: bytes) -> None:
        self._received += data
        if b"connected" in data:
            self.transport.write(SUBSCRIBE)
        if (at := data.find(b"\x89\x04")) >= 0:  # the server's ping; a client masks its answer
            self.transport.write(b"\x8a\x84\0\0\0\0" + data[at + 2 : at + 6])
        for word, future in self._waits.items():
            if word in self._received and not future.done():
                future.set_result(time.monotonic())

    def connection_lost(self, exc: Exception | None) -> None:
        for future in self._waits.values():
            future.cancel()

    async def has_seen(self, word: bytes) -> float:
        """When it came."""
        return await asyncio.wait_for(asyncio.shield(self._waits[word]), 60)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="its sockets are counted otherwise there")
def test_five_thousand_listen_at_once(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - not on Windows

    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files[1] != resource.RLIM_INFINITY and files[1] < READERS + 500:
        pytest.skip("this computer does not let a process open so many connections")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(files[0], READERS + 500), files[1]))
    server = LiveServer(tmp_path)
    try:
        server.start()  # with the same limit
        asyncio.run(everyone_is_told(server))
        server.stop()
    finally:
        assert server.process
        server.process.kill()
        resource.setrlimit(resource.RLIMIT_NOFILE, files)


async def everyone_is_told(server: LiveServer) -> None:
    assert server.process
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    loop = asyncio.get_running_loop()
    readers: list[Reader] = []
    while len(readers) < READERS:
        some = [loop.create_connection(Reader, "127.0.0.1", server.port) for _ in range(100)]
        made = [reader for _, reader in await asyncio.gather(*some)]
        await asyncio.gather(*(reader.has_seen(b"subscribed") for reader in made))
        readers += made
    each = (process.memory_info().rss - before) / READERS
    assert each < BYTES_A_READER, f"each reader takes {each:.0f} bytes"

    machine = await asyncio.to_thread(server.join, "seen-by-all", name=NAME.decode())
    joined = time.monotonic()
    assert (await asyncio.to_thread(machine.beat)).ok
    answered = time.monotonic() - joined
    late = max(await asyncio.gather(*(reader.has_seen(NAME) for reader in readers))) - joined
    assert late < SECONDS_FOR_ALL
    assert answered < SECONDS_FOR_ALL
    for reader in readers:
        reader.transport.abort()
