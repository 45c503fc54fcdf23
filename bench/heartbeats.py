"""Durable heartbeats, against bare Starlette on uvicorn that echoes the same JSON.

Both servers are loaded in turns, on loopback, by 256 connections that each wait for their answer.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.figures import Figure
from bench.fleet import beats, fleet
from bench.load import Load, free_port, load, started, there_is_wrk
from bench.subscribers import subscribed

ROUNDS = 3
FEW, MANY = 1_000, 1_000_000
SUBSCRIBERS = 100
BYTES_MOST = 1024
ECHO = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
async def echo(request):
    return JSONResponse(await request.json())
app = Starlette(routes=[Route("/api/providers/{worker}/heartbeat", echo, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), http="httptools", access_log=False, log_level="warning")
"""
BARE = "a bare Starlette echo"


def run() -> list[Figure]:
    if not there_is_wrk("heartbeats"):
        return []
    with tempfile.TemporaryDirectory() as folder, echoing() as echo:
        home = Path(folder)
        with fleet(home / "few", FEW) as (few, _):
            script = beats(home / "few.lua", FEW)
            alone, bare = in_turns(few, echo, script)
            with subscribed(few, SUBSCRIBERS, FEW):
                watched, beside = in_turns(few, echo, script)
            with fleet(home / "many", MANY) as (many, pid_of_many):
                start = own_memory(pid_of_many)
                crowd, again = in_turns(many, few, beats(home / "many.lua", MANY), script)
                grown = own_memory(pid_of_many) - start
    return [
        Figure("durable heartbeats", alone.per_second, "a second", BARE, bare.per_second),
        Figure("their 99th percentile", alone.p99_ms, "ms", BARE, bare.p99_ms),
        Figure(
            f"heartbeats beside {SUBSCRIBERS} subscribers",
            watched.per_second, "a second", BARE, beside.per_second,
        ),
        Figure(
            f"a heartbeat's cost with {MANY} providers", 1e6 / crowd.per_second, "us",
            f"that with {FEW}", 1e6 / again.per_second,
        ),
        Figure(f"memory grown by, with {MANY} providers", grown / MANY, "bytes each",
            "the bound", BYTES_MOST),
    ]  # fmt: skip


def in_turns(ours: str, other: str, script: Path, its: Path | None = None) -> tuple[Load, Load]:
    """The medians of both."""
    loads: tuple[list[Load], list[Load]] = ([], [])
    for _ in range(ROUNDS):
        loads[1].append(load(other, its or script))
        loads[0].append(load(ours, script))
    first, second = (
        Load(
            statistics.median(one.per_second for one in each),
            statistics.median(one.p99_ms for one in each),
        )
        for each in loads
    )
    return first, second


def own_memory(pid: int) -> int:
    """Without what is the database file's, in the system's cache."""
    info = psutil.Process(pid).memory_info()
    own: int = info.rss - getattr(info, "shared", 0)
    return own


@contextmanager
def echoing() -> Iterator[str]:
    port = free_port()
    with started([sys.executable, "-c", ECHO, str(port)], {}, port) as (url, _):
        yield url
