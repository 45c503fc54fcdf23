"""What a job's owner can do with it while it is at work: freeze it, and hold it to its limits."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits
from qubix_worker.paths import Paths
from tests import processes

Start = Callable[..., Any]
Program = Callable[..., bytes]
WaitUntil = Callable[[Callable[[], object]], None]
ChildrenAt = Callable[[Path], list[psutil.Process]]

AT_ONCE_SECONDS = 5
"""A second, on a computer with as much to do again four times over."""
linux = pytest.mark.skipif(sys.platform != "linux", reason="by a means that only Linux has")


AtWork = Callable[..., tuple[Any, psutil.Process]]


def used(child: psutil.Process) -> float:
    times = child.cpu_times()
    return times.user + times.system


def stopped(child: psutil.Process) -> bool:
    return child.status() == psutil.STATUS_STOPPED


def at_rest(child: psutil.Process, seconds: float = 0.5) -> Callable[[], bool]:
    """Whether it has used nothing for so long: longer than a share of a core ever pauses it."""
    last, since = used(child), time.monotonic()

    def look() -> bool:
        nonlocal last, since
        if (now := used(child)) != last:
            last, since = now, time.monotonic()
        return time.monotonic() > since + seconds

    return look


# --- Freezing ----------------------------------------------------------------------------------


def test_a_frozen_job_stands_still_and_goes_on_when_it_is_thawed(
    runner: JobRunner, at_work: AtWork, wait_until: WaitUntil
) -> None:
    _, child = at_work()
    runner.freeze()
    wait_until(lambda: stopped(child))
    before = used(child)
    runner.thaw()
    wait_until(lambda: used(child) > before + 0.05)


@pytest.mark.slow
def test_time_in_which_a_job_stands_still_counts_towards_no_limit(
    runner: JobRunner, at_work: AtWork, wait_until: WaitUntil
) -> None:
    job, child = at_work(timeout=1)
    runner.freeze()
    wait_until(lambda: stopped(child))
    assert not job.ended.wait(1.5)
    runner.thaw()
    assert job.completion.error == "The job ran for its whole time limit of 1 s and was stopped."
    assert job.end.seconds > 2.4
    assert job.completion.metrics["wallSeconds"] < job.end.seconds - 1


def test_a_frozen_job_can_be_cancelled_at_once(
    runner: JobRunner, at_work: AtWork, wait_until: WaitUntil
) -> None:
    job, child = at_work()
    runner.freeze()
    wait_until(lambda: stopped(child))
    began = time.monotonic()
    runner.cancel("job-1")
    assert job.end.cancelled
    assert time.monotonic() - began < AT_ONCE_SECONDS
    assert not child.is_running()


def test_a_job_that_begins_while_all_are_frozen_waits_for_the_thaw(
    runner: JobRunner, start: Start, at_work: AtWork, program: Program, wait_until: WaitUntil
) -> None:
    at_work(id="first")
    runner.freeze()
    job = start(program("mandelbrot"))
    # The second child stands still before it has so much as gone to its folder.
    wait_until(lambda: sum(map(stopped, psutil.Process().children())) == 2)
    assert not job.ended.wait(0.3)
    runner.thaw()
    assert job.completion.status == "completed"


def test_a_job_that_begins_after_the_last_frozen_one_has_ended_just_runs(
    runner: JobRunner, at_work: AtWork, start: Start, program: Program
) -> None:
    job, _ = at_work(id="first")
    runner.freeze()
    runner.cancel("first")
    assert job.end.cancelled
    assert start(program("mandelbrot")).completion.status == "completed"


def test_freezing_and_thawing_again_changes_nothing(
    runner: JobRunner, at_work: AtWork, wait_until: WaitUntil
) -> None:
    _, child = at_work()
    runner.thaw()
    runner.freeze()
    runner.freeze()
    wait_until(lambda: stopped(child))
    runner.thaw()
    runner.thaw()
    wait_until(lambda: not stopped(child))


FREEZER = """
import sys
from pathlib import Path
from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits
from qubix_worker.paths import Paths
from qubix_worker.protocol import Job
home, module, *command = sys.argv[1:]
runner = JobRunner(Paths.under(Path(home)), command, Limits(64), spare_seconds=60)
for order in sys.stdin:
    if order == "freeze\\n":
        runner.freeze()
    else:
        runner.start(Job(order.strip(), "wasm", {"module": module}, 600), print)
sys.stdin.read()
"""

LATE = """
import runpy, sys
from pathlib import Path
gate = Path(sys.argv.pop(1))
if gate.exists():
    gate.read_bytes()
runpy.run_module("qubix_worker", run_name="__main__", alter_sys=True)
"""
"""A child that, where there is a pipe of that name, begins only when its other end is closed."""


@dataclass
class Freezer:
    """A worker that begins jobs without an end, and freezes them, as it is told."""

    process: subprocess.Popen[bytes]
    children_at: ChildrenAt
    jobs: Path

    def tell(self, order: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{order}\n".encode())
        self.process.stdin.flush()

    def children(self) -> list[psutil.Process]:
        return [child for child in psutil.Process(self.process.pid).children() if begun(child)]

    def states(self) -> list[str]:
        with contextlib.suppress(psutil.NoSuchProcess):  # one has just ended
            return [child.status() for child in self.children()]
        return []

    def begin(self, job: str, wait_until: WaitUntil) -> psutil.Process:
        """A job, up to where its program runs."""
        self.tell(job)
        place = self.jobs / f"{job}-1"
        wait_until((place / "stdout").exists)
        (child,) = self.children_at(place)
        return child

    def die(self) -> list[str]:
        """Kills it. What goes on nevertheless, for a while at least, and is ended then."""
        self.process.kill()
        self.process.wait()
        return processes.end_all(self.jobs)


def begun(child: psutil.Process) -> bool:
    """Not as long as it is a copy of its parent."""
    with contextlib.suppress(psutil.Error):
        return "run-job" in child.cmdline()
    return False


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return tmp_path / "gate"


@pytest.fixture
def freezer(
    paths: Paths, program: Program, children_at: ChildrenAt, gate: Path
) -> Iterator[Freezer]:
    module = base64.b64encode(program("loop")).decode("ascii")
    own = [sys.executable, "-c", LATE, str(gate)]
    command = [sys.executable, "-c", FREEZER, str(paths.home), module, *own]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as worker:
        try:
            yield Freezer(worker, children_at, paths.jobs)
        finally:
            worker.kill()
            processes.end_all(paths.jobs)  # which may stand still


@linux
def test_a_frozen_child_ends_when_its_worker_is_killed(
    freezer: Freezer, wait_until: WaitUntil
) -> None:
    child = freezer.begin("first", wait_until)
    freezer.tell("freeze")
    wait_until(lambda: stopped(child))
    assert freezer.die() == []


@linux
def test_a_child_that_is_frozen_before_it_knows_its_job_ends_when_its_worker_is_killed(
    freezer: Freezer, wait_until: WaitUntil
) -> None:
    freezer.begin("first", wait_until)
    freezer.tell("freeze")
    freezer.tell("second")
    wait_until(lambda: freezer.states() == [psutil.STATUS_STOPPED] * 2)  # none is kept ready
    assert freezer.die() == []


@linux
def test_a_child_that_has_hardly_begun_is_not_frozen_so_that_it_ends_with_its_worker(
    freezer: Freezer, wait_until: WaitUntil, gate: Path
) -> None:
    os.mkfifo(gate)
    freezer.tell("first")
    with held_open(gate, wait_until):
        (first,) = freezer.children()
        gate.unlink()
        second = freezer.begin("second", wait_until)
        freezer.tell("freeze")
        wait_until(lambda: stopped(second))
        assert not stopped(first)
        freezer.process.kill()
    assert freezer.die() == []


@contextlib.contextmanager
def held_open(gate: Path, wait_until: WaitUntil) -> Iterator[None]:
    """From when somebody reads there."""
    held: list[int] = []

    def is_read() -> bool:
        with contextlib.suppress(OSError):  # ENXIO, of fifo(7): nobody does yet
            held.append(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
        return bool(held)

    wait_until(is_read)
    try:
        yield
    finally:
        os.close(held[0])


# --- Limits while it runs ----------------------------------------------------------------------


@pytest.mark.parametrize("cores", [pytest.param(0.1, marks=pytest.mark.slow), 0.3])
def test_a_share_of_a_core_is_kept(
    new_runner: Callable[..., JobRunner], at_work: AtWork, wait_until: WaitUntil, cores: float
) -> None:
    _, child = at_work(on=new_runner(cores=cores))
    wait_until(lambda: stopped(child))
    began, before = time.monotonic(), used(child)
    wait_until(lambda: time.monotonic() > began + 1.5)
    share = (used(child) - before) / (time.monotonic() - began)
    assert 0.5 * cores < share < 1.5 * cores + 0.02


def test_a_share_can_be_changed_and_lifted_while_the_job_runs(
    runner: JobRunner, at_work: AtWork, wait_until: WaitUntil
) -> None:
    _, child = at_work()
    runner.set_limits(Limits(64, cores=0.05))
    wait_until(lambda: stopped(child))
    runner.set_limits(Limits(64, cores=1))
    before = used(child)
    wait_until(lambda: used(child) > before + 0.3)
    assert not stopped(child)


@pytest.mark.slow
def test_a_job_with_a_share_of_a_core_can_be_frozen_and_goes_on_with_it(
    new_runner: Callable[..., JobRunner], at_work: AtWork, wait_until: WaitUntil
) -> None:
    runner = new_runner(cores=0.3)
    _, child = at_work(on=runner)
    runner.freeze()
    wait_until(at_rest(child))
    before = used(child)
    runner.thaw()
    wait_until(lambda: used(child) > before + 0.05)
    wait_until(lambda: stopped(child))


@pytest.mark.slow
def test_a_throttled_job_ends_with_its_time_limit(
    new_runner: Callable[..., JobRunner], at_work: AtWork
) -> None:
    job, _ = at_work(on=new_runner(cores=0.1), timeout=3)
    assert job.completion.error == "The job ran for its whole time limit of 3 s and was stopped."


@linux
def test_the_priority_is_lowered_for_a_job_at_work(
    new_runner: Callable[..., JobRunner], at_work: AtWork, wait_until: WaitUntil
) -> None:
    runner = new_runner(priority="normal")
    _, child = at_work(on=runner)
    assert child.nice() == psutil.Process().nice()
    runner.set_limits(Limits(64, priority="idle"))
    wait_until(lambda: child.nice() == 19)
    policies = {os.sched_getscheduler(thread.id) for thread in child.threads()}
    assert policies == {os.SCHED_IDLE}


# --- A child that is kept ready ----------------------------------------------------------------


def spares() -> list[psutil.Process]:
    found = psutil.process_iter(["ppid", "cmdline"])
    ours = [process for process in found if process.info["ppid"] == os.getpid()]
    return [process for process in ours if "run-job" in (process.info["cmdline"] or ())]


def test_a_child_is_kept_ready_after_a_job_and_runs_the_next(
    new_runner: Callable[..., JobRunner], start: Start, program: Program, wait_until: WaitUntil,
    paths: Paths,
) -> None:  # fmt: skip
    runner = new_runner(spare_seconds=60)
    assert start(program("mandelbrot"), on=runner).completion.status == "completed"
    wait_until(spares)
    (spare,) = spares()
    start(program("loop"), on=runner, id="next")
    wait_until((paths.jobs / "next-1" / "stdout").exists)
    assert spare.cwd() == str(paths.jobs / "next-1")
    runner.stop()
    assert not spares()


def test_no_child_is_kept_for_longer_than_a_while(
    new_runner: Callable[..., JobRunner], start: Start, program: Program, wait_until: WaitUntil
) -> None:
    runner = new_runner(spare_seconds=0.3)
    assert start(program("mandelbrot"), on=runner).completion.status == "completed"
    wait_until(spares)
    wait_until(lambda: not spares())


def test_a_spare_child_that_was_killed_costs_nothing(
    new_runner: Callable[..., JobRunner], start: Start, program: Program, wait_until: WaitUntil
) -> None:
    runner = new_runner(spare_seconds=60)
    assert start(program("mandelbrot"), on=runner).completion.status == "completed"
    wait_until(spares)
    for spare in spares():
        spare.kill()
    wait_until(lambda: not spares())
    assert start(program("mandelbrot"), on=runner, id="b").completion.status == "completed"


def test_freezing_keeps_no_child_ready(
    new_runner: Callable[..., JobRunner], start: Start, program: Program, wait_until: WaitUntil
) -> None:
    runner = new_runner(spare_seconds=60)
    assert start(program("mandelbrot"), on=runner).completion.status == "completed"
    wait_until(spares)
    runner.freeze()
    wait_until(lambda: not spares())
