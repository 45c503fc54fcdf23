"""What it costs to run a job, against running the same module bare with wasmtime.

How soon a job begins is measured through a real server and a real worker that waits for work: from
the moment before the job is submitted to the program's own first look at the clock.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import wasmtime

from bench.figures import Figure
from bench.load import free_port, post, started
from qubix_worker.jobs import JobEnded, JobEvent, JobRunner
from qubix_worker.kinds import Limits
from qubix_worker.paths import Paths
from qubix_worker.protocol import Job

ROUNDS = 20
STREAM = 30
PATIENCE_SECONDS = 60
AT_ONCE = 2
SETTLE_SECONDS = 0.5
"""Until the worker waits for the next job: the server holds its heartbeat again."""
TRIVIAL = '(module (memory (export "memory") 1) (func (export "_start")))'
STAMP = """
(module
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $now (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $now (i32.const 0) (i64.const 0) (i32.const 64)))
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 8))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""
"""Writes the time at which it runs, in nanoseconds."""


def run() -> list[Figure]:
    trivial = bytes(wasmtime.wat2wasm(TRIVIAL))
    with tempfile.TemporaryDirectory() as folder:
        ready, cold = begin_delays(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        seconds, each = stream(Path(folder), trivial)
    bare_ms = statistics.median(bare(trivial) for _ in range(ROUNDS))
    target = 100.0
    return [
        *(
            Figure(f"from submitted to running, {how}", milliseconds, "ms", "the target", target)
            for how, milliseconds in (
                ("median", statistics.median(ready)),
                ("worst", max(ready)),
                ("nothing ready", statistics.median(cold)),
                ("nothing ready, worst", max(cold)),
            )
        ),
        Figure(
            "a trivial wasm job in its own process", each, "ms", "bare wasmtime", bare_ms
        ),
        Figure(
            f"trivial wasm jobs, {AT_ONCE} at once", STREAM / seconds, "a second",
            "bare wasmtime", 1000 / bare_ms,
        ),
    ]  # fmt: skip


def begin_delays(home: Path) -> tuple[list[float], list[float]]:
    """Milliseconds from before a job is submitted until its program runs: with a child that waits
    ready, and without one."""
    module = base64.b64encode(bytes(wasmtime.wat2wasm(STAMP))).decode()
    ready, cold = [], []
    with at_work(home) as (url, token, pid):
        begin_delay(url, token, module)  # this one compiles
        for _ in range(ROUNDS):
            spare(pid)
            ready.append(begin_delay(url, token, module))
        for _ in range(ROUNDS):
            process = spare(pid)
            process.kill()
            process.wait()
            cold.append(begin_delay(url, token, module))
    return ready, cold


def begin_delay(url: str, token: str, module: str) -> float:
    time.sleep(SETTLE_SECONDS)
    before = time.time_ns()
    body = {"kind": "wasm", "spec": {"module": module}, "timeoutSeconds": 60}
    job = ask(url, "/api/jobs/create", token, body)["job"]["id"]
    return (ran_at(url, token, job) - before) / 1e6


def spare(worker: int) -> psutil.Process:
    """The only child of a worker that does nothing: the one that waits ready."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        children = psutil.Process(worker).children()
        if len(children) == 1:
            return children[0]
        time.sleep(0.05)
    raise RuntimeError("no child is kept ready")


def ran_at(url: str, token: str, job: str) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        state = ask(url, f"/api/jobs/{job}", token)["job"]
        if state["status"] == "COMPLETED":
            result = ask(url, f"/api/jobs/{job}/result", token)["result"]
            stamp: int = struct.unpack("<q", base64.b64decode(result["stdout"]))[0]
            return stamp
        time.sleep(0.05)
    raise RuntimeError(f"the job has not completed: {state}")


def stream(home: Path, module: bytes) -> tuple[float, float]:
    """Seconds for a stream of jobs, so many at once, and milliseconds for one alone (median)."""
    limits = Limits(256, priority="normal")
    runner = JobRunner(Paths.under(home), [sys.executable, "-m", "qubix_worker"], limits)
    try:
        alone = [wait_for(runner, [f"alone-{at}"], module) for at in range(ROUNDS)]
        began = time.perf_counter()
        for at in range(0, STREAM, AT_ONCE):
            wait_for(runner, [f"stream-{at + n}" for n in range(AT_ONCE)], module)
        return time.perf_counter() - began, statistics.median(alone) * 1000
    finally:
        runner.stop()


def wait_for(runner: JobRunner, names: list[str], module: bytes) -> float:
    """Seconds from the start of these jobs to the last one's end."""
    events: queue.SimpleQueue[JobEvent] = queue.SimpleQueue()
    began = time.perf_counter()
    for name in names:
        job = Job(name, "wasm", {"module": base64.b64encode(module).decode()}, 60)
        runner.start(job, events.put)
    left = len(names)
    while left:
        event = events.get(timeout=PATIENCE_SECONDS)
        if isinstance(event, JobEnded):
            if event.completion.status != "completed":
                raise RuntimeError(event.completion.error)
            left -= 1
    return time.perf_counter() - began


def bare(module: bytes) -> float:
    """Milliseconds to compile and run it in this process."""
    began = time.perf_counter()
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    instance = wasmtime.Instance(store, wasmtime.Module(engine, module), [])
    start = instance.exports(store)["_start"]
    if not isinstance(start, wasmtime.Func):
        raise TypeError("the module exports no _start")
    start(store)
    return (time.perf_counter() - began) * 1000


@contextmanager
def at_work(home: Path) -> Iterator[tuple[str, str, int]]:
    """A server with a worker that waits for work: its address, its operator's token, and the
    worker's process."""
    port = free_port()
    variables = {"QUBIX_HOME": str(home / "server"), "QUBIX_PORT": str(port)}
    with started([sys.executable, "-m", "qubix_server", "serve"], variables, port) as (url, _):
        enrollment = post(f"{url}/api/enrollments", {})["enrollment"]
        token = (home / "server" / "server" / "operator-token").read_text().strip()
        environment = {"QUBIX_HOME": str(home / "worker"), "QUBIX_ENROLLMENT": enrollment}
        worker(environment, "setup", "--server", url)
        try:
            yield url, token, json.loads(worker(environment, "status", "--json"))["pid"]
        finally:
            worker(environment, "stop")


def worker(environment: dict[str, str], *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "qubix_worker", *arguments],
        env=os.environ | environment, stdin=subprocess.DEVNULL, capture_output=True, check=True,
        timeout=PATIENCE_SECONDS, text=True,
    ).stdout  # fmt: skip


def ask(url: str, path: str, token: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own server
        url + path,
        json.dumps(body).encode() if body is not None else None,
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
        return found
