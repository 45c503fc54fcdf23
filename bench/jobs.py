"""A trivial wasm job from start to end, against running the same module bare with wasmtime."""

from __future__ import annotations

import base64
import queue
import statistics
import sys
import tempfile
import time
from pathlib import Path

import wasmtime

from bench.figures import Figure
from qubix_worker.jobs import JobEnded, JobEvent, JobRunner
from qubix_worker.paths import Paths
from qubix_worker.protocol import Job

ROUNDS = 10
TRIVIAL = '(module (memory (export "memory") 1) (func (export "_start")))'


def run() -> list[Figure]:
    module = bytes(wasmtime.wat2wasm(TRIVIAL))
    with tempfile.TemporaryDirectory() as folder:
        runner = JobRunner(Paths.under(Path(folder)), [sys.executable, "-m", "qubix_worker"], 256)
        ours = [as_job(runner, module, at) for at in range(ROUNDS)]
    theirs = [bare(module) for _ in range(ROUNDS)]
    return [
        Figure(
            "a trivial wasm job in its own process",
            statistics.median(ours), "ms", "bare wasmtime", statistics.median(theirs),
        )
    ]  # fmt: skip


def as_job(runner: JobRunner, module: bytes, at: int) -> float:
    """Milliseconds from start to its JobEnded."""
    events: queue.SimpleQueue[JobEvent] = queue.SimpleQueue()
    job = Job(f"bench-{at}", "wasm", {"module": base64.b64encode(module).decode()}, 60)
    began = time.perf_counter()
    runner.start(job, events.put)
    while not isinstance(event := events.get(timeout=60), JobEnded):
        pass
    if event.completion.status != "completed":
        raise RuntimeError(event.completion.error)
    return (time.perf_counter() - began) * 1000


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
