"""How jobs are begun, held, watched and ended, and that nothing of them stays."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from qubix_worker.errors import ServerError
from qubix_worker.failures import NOT_OURS
from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits
from qubix_worker.paths import Paths
from qubix_worker.protocol import Job

Start = Callable[..., Any]
Program = Callable[..., bytes]
WaitUntil = Callable[[Callable[[], object]], None]


def children_at(place: Path) -> list[psutil.Process]:
    """The processes that work in the folder `place`."""
    found = []
    for process in psutil.process_iter(["cwd"]):
        if process.info["cwd"] == str(place):
            found.append(process)
    return found


# --- While it runs -----------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="what Windows holds a process with is set, not asked")
def test_a_child_process_is_confined_and_knows_nothing_of_the_worker(
    new_runner: Callable[..., JobRunner],
    start: Start,
    program: Program,
    paths: Paths,
    wait_until: WaitUntil,
) -> None:
    secret = {"QUBIX_ENROLLMENT": "very-secret", "QUBIX_HOME": "/home", "HOME": "/home"}
    with (paths.state.parent / "open").open("w") as inherited:
        os.set_inheritable(inherited.fileno(), True)
        runner = new_runner(environment={**os.environ, **secret}, priority="idle")
        start(program("loop"), on=runner)
        place = paths.jobs / "job-1-1"
        wait_until((place / "stdout").exists)
        (child,) = children_at(place)
        allowed = {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
        allowed |= {"TMPDIR", "PYTHONHOME", "PYTHONPATH", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE"}
        assert set(child.environ()) <= allowed
        assert Path(child.cwd()) == place
        assert child.nice() == 19
        assert os.getsid(child.pid) == child.pid
        # Once it has begun: what it imports is open for a moment.
        wait_until(
            lambda: all(Path(file.path).is_relative_to(place) for file in child.open_files())
        )
        if sys.platform == "linux":
            assert child.rlimit(psutil.RLIMIT_CORE) == (0, 0)
            assert child.rlimit(psutil.RLIMIT_FSIZE) == (256 << 20, 256 << 20)
            assert child.rlimit(psutil.RLIMIT_CPU) == (30, 30)
            assert os.sched_getscheduler(child.pid) == os.SCHED_IDLE
            assert child.ionice().ioclass == psutil.IOPRIO_CLASS_IDLE


def test_a_cancelled_job_ends_at_once_and_has_no_result(
    runner: JobRunner, start: Start, program: Program, paths: Paths, wait_until: WaitUntil
) -> None:
    job = start(program("loop"))
    place = paths.jobs / "job-1-1"
    wait_until((place / "stdout").exists)
    children = children_at(place)
    began = time.monotonic()
    assert runner.cancel("job-1")
    assert job.end.cancelled
    assert time.monotonic() - began < 5, "a second, where little else runs"
    assert job.completion.error == "The job was cancelled."
    assert job.completion.result is None
    assert children and not any(child.is_running() for child in children)
    assert not place.exists()
    assert not runner.cancel("job-1")


@pytest.mark.slow
def test_the_end_of_a_job_is_told_before_all_of_very_many_files_are_removed(
    runner: JobRunner, start: Start, program: Program, paths: Paths, wait_until: WaitUntil
) -> None:
    job = start(program("loop"))
    place = paths.jobs / "job-1-1"
    wait_until((place / "stdout").exists)
    for at in range(4000):
        (place / "files" / f"{at}").mkdir()
    began = time.monotonic()
    runner.cancel("job-1")
    assert job.end.cancelled
    assert time.monotonic() - began < 5
    wait_until(lambda: not place.exists())


def test_two_jobs_run_at_once_and_each_has_its_own_end(
    runner: JobRunner, start: Start, program: Program, paths: Paths, wait_until: WaitUntil
) -> None:
    endless = start(program("loop"), id="endless")
    wait_until((paths.jobs / "endless-1" / "stdout").exists)
    assert start(program("mandelbrot"), id="short").completion.status == "completed"
    assert runner.running == ("endless",)
    assert not endless.ended.is_set()


def test_a_job_that_runs_already_is_not_begun_again(
    runner: JobRunner, start: Start, program: Program
) -> None:
    start(program("loop"))
    with pytest.raises(AssertionError):
        start(program("loop"))
    assert runner.running == ("job-1",)


def test_stop_ends_all_jobs_and_their_ends_have_been_told_when_it_returns(
    runner: JobRunner, start: Start, program: Program, paths: Paths
) -> None:
    jobs = [start(program("loop"), id=name) for name in ("a", "b")]
    runner.stop()
    assert all(job.ended.is_set() and job.end.cancelled for job in jobs)
    assert runner.running == ()
    assert list(paths.jobs.glob("*")) == []


def test_a_handler_that_fails_costs_its_news_and_not_the_job(
    runner: JobRunner, start: Start, program: Program, wait_until: WaitUntil
) -> None:
    job = start(program("mandelbrot"), id="good")
    heard = threading.Event()

    def fail(event: object) -> None:
        heard.set()
        raise RuntimeError("not now")

    assert runner.start(Job("bad", "wasm", {}, 5), fail)
    wait_until(heard.is_set)
    wait_until(lambda: "bad" not in runner.running)
    assert job.completion.status == "completed"


@pytest.mark.slow
def test_progress_is_told_at_most_once_a_second_and_never_falls(
    start: Start, program: Program
) -> None:
    job = start(program("mandelbrot"), args=["5", "11", "16", "1000"])
    assert job.completion.status == "completed"
    percents = [event.percent for event in job.progress]
    assert len(percents) >= 2
    assert percents == sorted(percents)
    # All but what came last, which is told at once.
    gaps = [later - earlier for earlier, later in zip(job.times, job.times[1:-2], strict=False)]
    assert all(gap > 0.99 for gap in gaps)


# --- What can go wrong -------------------------------------------------------------------------


def test_a_child_that_is_killed_fails_the_job_and_says_so(
    start: Start, program: Program, paths: Paths, wait_until: WaitUntil
) -> None:
    job = start(program("loop"))
    wait_until((paths.jobs / "job-1-1" / "stdout").exists)
    (child,) = children_at(paths.jobs / "job-1-1")
    child.kill()
    assert not job.end.cancelled
    assert job.completion.error.startswith("The job's process ended unexpectedly, with ")
    if os.name == "posix":
        assert job.completion.error.endswith("signal 9 (SIGKILL).")


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("pass", "ended without a result"),
        ("raise SystemExit(3)", "ended unexpectedly, with code 3"),
        (
            "import sys, pathlib; place = pathlib.Path(sys.argv[2]) / 'job-1-1';"
            "(place / 'result.json').write_text('[1')",
            "ended without a result",
        ),
        (
            "import sys; eaten = b'x' * (400 << 20); sys.stdin.read()",
            "took more than 385 MiB of memory and was stopped",
        ),
    ],
)
def test_a_child_that_goes_wrong_fails_the_job(
    paths: Paths, start: Start, program: Program, code: str, how: str
) -> None:
    runner = JobRunner(paths, [sys.executable, "-c", code], Limits(1), spare_seconds=0)
    job = start(program("loop"), on=runner)
    assert job.completion.error == f"The job's process {how}."


def test_what_a_child_has_begun_ends_with_it(
    paths: Paths, start: Start, program: Program, wait_until: WaitUntil
) -> None:
    waits = "import time; time.sleep(60)"
    code = (
        "import os, subprocess, sys; os.chdir(sys.argv[2] + '/job-1-1');"
        f"subprocess.run([sys.executable, '-c', '{waits}'])"
    )
    runner = JobRunner(paths, [sys.executable, "-c", code], Limits(64), spare_seconds=0)
    job = start(program("loop"), on=runner)
    wait_until(lambda: len(children_at(paths.jobs / "job-1-1")) == 2)
    both = children_at(paths.jobs / "job-1-1")
    runner.cancel("job-1")
    assert job.end.cancelled
    psutil.wait_procs(both, timeout=30)
    assert not any(process.is_running() for process in both)


def test_a_job_whose_process_cannot_be_begun_is_given_back(
    paths: Paths, start: Start, program: Program
) -> None:
    runner = JobRunner(paths, ["/nowhere/qubix-worker"], Limits(64), spare_seconds=0)
    job = start(program("loop"), on=runner)
    assert job.end.given_back and not job.end.no_room
    assert job.completion.error.startswith("This computer could not begin the job: ")


def test_a_job_whose_folder_cannot_be_made_is_given_back(
    paths: Paths, start: Start, program: Program
) -> None:
    paths.state.mkdir(parents=True)
    paths.jobs.write_text("in the way")
    job = start(program("loop"))
    assert job.end.given_back and not job.end.cancelled
    assert job.completion.error.startswith("This computer could not begin the job: ")


@pytest.fixture
def no_thread(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets no thread with a name that begins so be begun any more, as where the account may have
    no more of them."""
    begin = threading.Thread.start

    def forbid(name: str) -> None:
        def start(thread: threading.Thread) -> None:
            if thread.name.startswith(name):
                raise RuntimeError("can't start new thread")
            begin(thread)

        monkeypatch.setattr(threading.Thread, "start", start)

    return forbid


def test_a_job_for_which_there_is_no_thread_is_given_back_and_may_come_again(
    runner: JobRunner,
    start: Start,
    program: Program,
    no_thread: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_thread("job-job-1")
    job = start(program("mandelbrot"))
    assert job.end.given_back and not job.end.cancelled and not job.end.no_room
    assert runner.running == ()
    monkeypatch.undo()
    assert start(program("mandelbrot")).completion.status == "completed"
    runner.stop()


@pytest.mark.parametrize("name", ["job-line", "job-end", "fetch-module"])
def test_a_job_whose_helpers_find_no_thread_is_given_back_and_leaves_no_process(
    new_runner: Callable[..., JobRunner],
    start: Start,
    program: Program,
    no_thread: Callable[[str], None],
    name: str,
) -> None:
    no_thread(name)
    module = program("mandelbrot")
    before = set(psutil.Process().children())
    runner = new_runner(fetch_module=lambda _: module)
    job = start(on=runner, moduleSha256=hashlib.sha256(module).hexdigest())
    assert job.end.given_back and not job.end.no_room
    assert set(psutil.Process().children()) <= before


def test_a_result_is_not_lost_where_there_is_no_thread_to_make_the_next_child_ready(
    new_runner: Callable[..., JobRunner],
    start: Start,
    program: Program,
    no_thread: Callable[[str], None],
) -> None:
    no_thread("nursery")
    runner = new_runner(spare_seconds=60)
    assert start(program("mandelbrot"), on=runner).completion.status == "completed"
    runner.stop()


PARENT = """
import sys
from pathlib import Path
from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits
from qubix_worker.paths import Paths
from qubix_worker.protocol import Job
home, module = sys.argv[1:]
command = [sys.executable, "-m", "qubix_worker"]
runner = JobRunner(Paths.under(Path(home)), command, Limits(64), spare_seconds=0)
runner.start(Job("orphan", "wasm", {"module": module}, 600), print)
sys.stdin.read()
"""


@pytest.mark.slow
def test_a_child_ends_when_its_worker_is_killed_and_its_files_go_at_the_next_start(
    paths: Paths, runner: JobRunner, program: Program, wait_until: WaitUntil
) -> None:
    place = paths.jobs / "orphan-1"
    module = base64.b64encode(program("loop")).decode("ascii")
    command = [sys.executable, "-c", PARENT, str(paths.home), module]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as parent:
        wait_until((place / "stdout").exists)
        (child,) = children_at(place)
        parent.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        parent.wait()
        psutil.wait_procs([child], timeout=30)
        assert not child.is_running()
    assert place.exists()
    runner.clean()
    assert not place.exists()


def test_clean_ends_a_child_that_has_outlived_its_worker(
    paths: Paths, runner: JobRunner, wait_until: WaitUntil
) -> None:
    place = paths.jobs / "old-1"
    (place / "files" / "deep").mkdir(parents=True)
    waits = "import sys; sys.stdin.read()"
    command = [sys.executable, "-c", waits, "run-job", str(paths.jobs)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=place) as old:
        wait_until(lambda: children_at(place))
        runner.clean()
        assert old.wait(30) != 0
    assert not place.exists()


def test_clean_leaves_programs_alone_that_only_look_into_a_jobs_folder(
    paths: Paths, runner: JobRunner
) -> None:
    place = paths.jobs / "old-1"
    place.mkdir(parents=True)
    looks = "import sys; print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", looks, "run-job", "--open", str(place)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as editor:
        assert editor.stdout and editor.stdin
        editor.stdout.readline()
        runner.clean()
        editor.stdin.close()
        assert editor.wait(30) == 0
    assert not place.exists()


def test_clean_has_nothing_to_do_at_a_first_start(runner: JobRunner) -> None:
    runner.clean()


# --- Modules that are named by their hash ------------------------------------------------------


def away(status: int | None = None, code: str = "away") -> ServerError:
    return ServerError(code, "It is away.", "Wait.", status=status, retry_after_seconds=0.01)


def test_a_module_is_fetched_once_and_checked(
    new_runner: Callable[..., JobRunner], start: Start, program: Program
) -> None:
    module = program("mandelbrot")
    sha256 = hashlib.sha256(module).hexdigest()
    asked: list[str] = []

    def fetch(name: str) -> bytes:
        asked.append(name)
        if len(asked) == 1:
            raise away(503)
        return module

    runner = new_runner(fetch_module=fetch)
    for name in ("first", "second"):
        job = start(id=name, on=runner, moduleSha256=sha256.upper())
        assert job.completion.status == "completed"
    assert asked == [sha256, sha256]


def test_a_module_that_was_kept_and_has_changed_is_fetched_again(
    new_runner: Callable[..., JobRunner], start: Start, program: Program, paths: Paths
) -> None:
    module = program("mandelbrot")
    sha256 = hashlib.sha256(module).hexdigest()
    kept = paths.data / "modules" / sha256
    kept.parent.mkdir(parents=True)
    kept.write_bytes(program("trap"))
    job = start(on=new_runner(fetch_module=lambda _: module), moduleSha256=sha256)
    assert job.completion.status == "completed"
    assert kept.read_bytes() == module


def test_another_module_than_the_named_one_is_refused(
    new_runner: Callable[..., JobRunner], start: Start, program: Program, paths: Paths
) -> None:
    job = start(on=new_runner(fetch_module=lambda _: program("trap")), moduleSha256="0" * 64)
    assert job.completion.error == (
        "The server gave another module than the one that the job names."
    )
    assert not job.end.given_back
    assert not (paths.data / "modules").exists()


@pytest.mark.parametrize(
    ("error", "tries", "given_back"),
    [
        (away(404), 1, False),
        (away(400), 1, False),
        (away(), 4, True),
        (away(503), 4, True),
        (away(429), 4, True),
        (away(401), 1, True),
        (away(404, NOT_OURS), 1, True),
    ],
)
def test_a_job_whose_module_cannot_be_fetched_fails_only_where_the_server_does_not_have_it(
    new_runner: Callable[..., JobRunner],
    start: Start,
    error: ServerError,
    tries: int,
    given_back: bool,
) -> None:
    asked: list[str] = []

    def fetch(name: str) -> bytes:
        asked.append(name)
        raise error

    job = start(on=new_runner(fetch_module=fetch), moduleSha256="0" * 64)
    assert job.completion.error == "The job's module could not be fetched. It is away."
    assert job.end.given_back is given_back
    assert not job.end.no_room
    assert len(asked) == tries


def test_a_job_can_be_cancelled_and_overdue_while_its_module_is_fetched(
    new_runner: Callable[..., JobRunner], start: Start, wait_until: WaitUntil
) -> None:
    asked, released = threading.Event(), threading.Event()

    def fetch(_: str) -> bytes:
        asked.set()
        released.wait(30)
        return b""

    runner = new_runner(fetch_module=fetch)
    job = start(id="cancelled", on=runner, moduleSha256="0" * 64)
    late = start(id="late", on=runner, moduleSha256="0" * 64, timeout=1)
    wait_until(asked.is_set)
    began = time.monotonic()
    runner.cancel("cancelled")
    assert job.end.cancelled
    assert time.monotonic() - began < 10
    assert late.completion.error == (
        "The job's module could not be fetched within the job's time limit."
    )
    assert late.end.given_back
    released.set()
