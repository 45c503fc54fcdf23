"""Readers of the server's events, in a process of their own.

Real ones are on other machines. These share the server's two cores, so what they are told is thrown
away unread, but for the pings, which must be answered.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.asyncio.client import connect

PING, PONG = 0x89, 0x8A
MASKED, NO_MASK = 0x80, bytes(4)


@contextmanager
def subscribed(url: str, readers: int, workers: int) -> Iterator[None]:
    """While they read: each the marketplace, and its share of the workers."""
    command = [sys.executable, "-m", "bench.subscribers", url, str(readers), str(workers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdin
        if not process.stdout.readline():
            raise RuntimeError("the subscribers could not be begun")
        try:
            yield
        finally:
            process.stdin.close()


async def main(url: str, readers: int, workers: int) -> None:
    began = asyncio.Semaphore(0)
    tasks = [
        asyncio.create_task(
            read(url.replace("http", "ws", 1) + "/ws", number, readers, workers, began)
        )
        for number in range(readers)
    ]
    for _ in tasks:
        await began.acquire()
    sys.stdout.write("reading\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()


async def read(url: str, number: int, readers: int, workers: int, began: asyncio.Semaphore) -> None:
    async with connect(url, max_queue=None) as socket:
        await socket.send(json.dumps({"type": "subscribe:marketplace"}))
        asked = 1
        for worker in range(number, workers, readers):
            worker_id = f"bench-{worker}"
            asked += 1
            message = {"type": "subscribe:provider", "subscriptionId": worker_id}
            await socket.send(json.dumps(message | {"token": f"secret-{worker_id}"}))
        while asked:
            answer = json.loads(await socket.recv())
            if answer["type"] == "error":
                raise RuntimeError(answer["error"])
            asked -= answer["type"] == "subscribed"
        began.release()
        socket.transport.set_protocol(Heedless(socket.transport))
        await asyncio.Event().wait()


class Heedless(asyncio.Protocol):
    """Frames of RFC 6455, 5.2, as a server sends them: without a mask, and in one piece."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        begin = 0
        while len(data) >= begin + 2:
            body, length = begin + 2, data[begin + 1]
            if length >= 126:
                body += 2 if length == 126 else 8
                length = int.from_bytes(data[begin + 2 : body])
            if len(data) < body + length:
                break
            if data[begin] == PING:
                payload = data[body : body + length]
                self._transport.write(bytes([PONG, MASKED | length, *NO_MASK]) + payload)
            begin = body + length
        self._rest = data[begin:]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
