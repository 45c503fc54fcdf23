"""Jobs as they really run: a runner, its child processes, and small programs for them."""

from __future__ import annotations

import base64
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import psutil
import pytest
import wasmtime

from qubix_worker.jobs import JobEnded, JobEvent, JobProgressed, JobRunner
from qubix_worker.kinds import Limits
from qubix_worker.kinds.kind import Priority
from qubix_worker.paths import Paths
from qubix_worker.protocol import Job, JobCompletion

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[2] / "examples"
COMMAND = (sys.executable, "-m", "qubix_worker")
PATIENCE_SECONDS = 30


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


@pytest.fixture
def wat() -> Callable[..., bytes]:
    """The module that a WebAssembly text describes."""
    return lambda text: bytes(wasmtime.wat2wasm(text))


@pytest.fixture
def program(wat: Callable[[str], bytes]) -> Callable[..., bytes]:
    """A program of the folder `programs`, with its `$names` filled in, or one of the examples."""

    def build(name: str, **values: object) -> bytes:
        source = HERE / "programs" / f"{name}.wat"
        if not source.exists():
            return (EXAMPLES / f"{name}.wasm").read_bytes()
        return wat(Template(source.read_text(encoding="utf-8")).safe_substitute(values))

    return build


@dataclass
class Started:
    """A job that was started, and what was heard of it."""

    events: list[JobEvent] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def hear(self, event: JobEvent) -> None:
        self.events.append(event)
        self.times.append(time.monotonic())
        if isinstance(event, JobEnded):
            self.ended.set()

    @property
    def progress(self) -> list[JobProgressed]:
        return [event for event in self.events if isinstance(event, JobProgressed)]

    @property
    def end(self) -> JobEnded:
        assert self.ended.wait(PATIENCE_SECONDS), "the job has not ended"
        assert isinstance(self.events[-1], JobEnded)
        assert sum(isinstance(event, JobEnded) for event in self.events) == 1
        return self.events[-1]

    @property
    def completion(self) -> JobCompletion:
        return self.end.completion

    @property
    def stdout(self) -> bytes:
        assert self.completion.result is not None
        return base64.b64decode(self.completion.result["stdout"])


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.under(tmp_path)


@pytest.fixture
def new_runner(paths: Paths) -> Iterator[Callable[..., JobRunner]]:
    """Makes a JobRunner; its jobs are ended with the test."""
    runners = []

    def make(
        *, memory_limit_mb: int = 64, cores: float = 1, priority: Priority = "normal", **more: Any
    ) -> JobRunner:
        # Of normal priority, so that they take no longer on a computer that is busy.
        limits = Limits(memory_limit_mb, cores, priority)
        # A child that is kept ready is waste where most runners run one job.
        runners.append(JobRunner(paths, COMMAND, limits, **{"spare_seconds": 0, **more}))
        return runners[-1]

    yield make
    for runner in runners:
        runner.stop()


@pytest.fixture
def runner(new_runner: Callable[..., JobRunner]) -> JobRunner:
    return new_runner()


@pytest.fixture
def start(runner: JobRunner) -> Callable[..., Started]:
    """Starts a job: `start(module, timeout=10, id="job-1", **spec)`."""

    def begin(
        module: bytes | None = None,
        *,
        timeout: int = 20,
        id: str = "job-1",
        kind: str = "wasm",
        on: JobRunner | None = None,
        **spec: object,
    ) -> Started:
        started = Started()
        if module is not None:
            spec["module"] = encode(module)
        assert (on or runner).start(Job(id, kind, dict(spec), timeout), started.hear)
        return started

    return begin


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Waits for a condition, with a limit."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        pause = threading.Event()
        while not condition():
            assert time.monotonic() < deadline, "it did not come true"
            pause.wait(0.01)

    return wait


@pytest.fixture
def children_at() -> Callable[[Path], list[psutil.Process]]:
    """The processes that work in a folder."""

    def find(place: Path) -> list[psutil.Process]:
        found = psutil.process_iter(["cwd"])
        return [process for process in found if process.info["cwd"] == str(place)]

    return find


@pytest.fixture
def at_work(
    start: Callable[..., Started],
    program: Callable[..., bytes],
    paths: Paths,
    wait_until: Callable[[Callable[[], object]], None],
    children_at: Callable[[Path], list[psutil.Process]],
) -> Callable[..., tuple[Any, psutil.Process]]:
    """Starts a program that never ends: the job and its child process, at work."""

    def begin(name: str = "loop", **more: Any) -> tuple[Any, psutil.Process]:
        job = start(program(name), **more)
        place = paths.jobs / f"{more.get('id', 'job-1')}-1"
        wait_until((place / "stdout").exists)
        (child,) = children_at(place)
        return job, child

    return begin
