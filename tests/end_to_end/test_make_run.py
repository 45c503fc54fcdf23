"""`make run` on a fresh clone, as a stranger would: one command, a computer online, one Ctrl+C."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.screen import Screen
from tools.own_display import own_display

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 240

RUN_AS_MAIN = """\
import pathlib, runpy
sys.argv = sys.argv[1:]
sys.path.insert(0, str(pathlib.Path(sys.argv[0]).resolve().parent))
runpy.run_path(sys.argv[0], run_name="__main__")
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("clone"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(not shutil.which("make"), reason="needs make"),
]


class Clone:
    """A fresh clone with a home folder of its own, and `make run` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a clone é"
        self.home = folder / "home"
        self.home.mkdir()
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, self.folder], check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def environment(self, **changes: str) -> dict[str, str]:
        hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QUBIX_HOME", "VIRTUAL_ENV")
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in hidden and not name.startswith(("XDG_", "QT_"))
        }
        return kept | {"HOME": str(self.home), "QUBIX_PORT": str(self.port)} | changes

    def run(self, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self.environment(**changes), capture_output=True,
            text=True, timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip

    def program(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(f".venv/bin/{name}", *arguments, QUBIX_HOME=".qubix")

    def make_run(self, **changes: str) -> MakeRun:
        return MakeRun(self, changes)

    def get(self, path: str) -> dict[str, object]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
            found: dict[str, object] = json.load(answer)
            return found

    def processes(self) -> list[psutil.Process]:
        """What runs out of this clone."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if any(str(self.folder) in part for part in process.cmdline()):
                    found.append(process)
        return found


class MakeRun:
    """A running `make run`; its output is read as it comes."""

    def __init__(self, clone: Clone, changes: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            ["make", "run", f"PYTHON={sys.executable}"], cwd=clone.folder,
            env=clone.environment(**changes), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self.output = ""
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line

    def wait_for(self, text: str) -> None:
        wait(lambda: text in self.output or self.process.poll() is not None, self)
        assert text in self.output, self.output

    def end(self) -> int:
        """Waits until it has ended by itself."""
        code = self.process.wait(PATIENCE_SECONDS)
        self._thread.join()
        assert "Traceback" not in self.output
        return code

    def interrupt(self) -> int:
        """Ctrl+C, as a terminal sends it: to the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.end()


def wait(condition: Callable[[], bool], what: object = "") -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, f"gave up waiting {getattr(what, 'output', what)}"
        threading.Event().wait(0.05)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    clone = Clone(tmp_path_factory.mktemp("make-run"))
    yield clone
    for process in clone.processes():
        process.kill()


@contextlib.contextmanager
def running(clone: Clone, **changes: str) -> Iterator[MakeRun]:
    run = clone.make_run(**changes)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.interrupt()


def test_without_a_network_the_first_start_says_so(clone: Clone) -> None:
    run = clone.make_run(
        PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_EXTRA_INDEX_URL="", PIP_FIND_LINKS="",
        PIP_CONFIG_FILE=os.devnull, PIP_NO_CACHE_DIR="1",
    )  # fmt: skip
    assert run.end() != 0
    assert "no connection to the package index" in run.output


def test_ctrl_c_at_the_first_start_is_no_traceback_and_the_next_one_goes_on(clone: Clone) -> None:
    run = clone.make_run()
    run.wait_for("Preparing the software")
    run.interrupt()
    assert "the next start goes on from here" in run.output
    assert alive(clone) == []


def test_an_old_python_is_a_sentence(clone: Clone) -> None:
    old = clone.folder.parent / "old-python"
    # Whatever runs the tests is new enough: this one says that it is not.
    code = "import sys; sys.version_info = (3, 9, 18); sys.version = '3.9.18 (old)'"
    old.write_text(f"#!{sys.executable}\n{code}\n" + RUN_AS_MAIN)
    old.chmod(0o755)
    done = clone.run("make", "run", f"PYTHON={old}")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer; this is 3.9.18" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_main_job_from_nothing_to_a_job_done(clone: Clone) -> None:
    with running(clone) as run:
        run.wait_for("Ctrl+C here ends the worker and the server")
        assert "This computer is online" in run.output

        provider = clone.get("/api/providers/check-new")["newProvider"]
        assert isinstance(provider, dict)
        assert provider["isOnline"] is True
        assert provider["cpuCores"] == os.cpu_count()
        assert provider["ramTotal"] == pytest.approx(psutil.virtual_memory().total / 2**30, abs=0.1)

        status = clone.program("qubix-worker", "status")
        assert status.returncode == 0
        assert " is online on " in status.stdout

        job = subprocess.run(
            [".venv/bin/qubix-server", "jobs", "submit", "examples/mandelbrot.wasm"],
            cwd=clone.folder, env=clone.environment(QUBIX_HOME=".qubix"), capture_output=True,
            timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
        assert job.returncode == 0, job.stderr
        picture = job.stdout.splitlines()
        assert len(picture) > 20
        assert len({len(line) for line in picture}) == 1

        second = clone.make_run()
        assert second.end() != 0
        assert "already running from this folder" in second.output

        run.interrupt()
    assert "All that was started has ended" in run.output
    assert clone.processes() == []
    assert [path for path in clone.home.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("module", "options", "reason"),
    [
        ("loop", ("--timeout", "2"), "time limit"),
        ("hungry", ("--memory-mb", "64"), "memory limit of 64 MiB"),
        ("trap", (), "unreachable"),
    ],
)
def test_a_hostile_job_fails_with_its_reason_and_the_worker_goes_on(
    clone: Clone, module: str, options: tuple[str, ...], reason: str
) -> None:
    with running(clone) as run:
        run.wait_for("Ctrl+C here ends")
        job = clone.program("qubix-server", "jobs", "submit", f"examples/{module}.wasm", *options)
        assert job.returncode == 1
        assert reason in job.stderr
        status = json.loads(clone.program("qubix-worker", "status", "--json").stdout)
        assert status["state"] in ("online", "working")
        assert status["recentJobs"][0]["outcome"] == "failed"


def test_after_kill_9_of_both_the_next_start_is_the_same_worker_with_its_history(
    clone: Clone,
) -> None:
    with running(clone) as run:
        run.wait_for("Ctrl+C here ends")
        before = json.loads(clone.program("qubix-worker", "status", "--json").stdout)
        clone.program("qubix-server", "jobs", "submit", "examples/mandelbrot.wasm")
        history = clone.program("qubix-server", "jobs", "list", "--json").stdout
        (server,) = [p for p in clone.processes() if p.cmdline()[1].endswith("qubix-server")]
        server.kill()
        run.wait_for("The server has ended")
        psutil.Process(before["pid"]).kill()
        run.wait_for("The worker has ended")
        run.end()
    with running(clone) as run:
        run.wait_for("Ctrl+C here ends")
        after = json.loads(clone.program("qubix-worker", "status", "--json").stdout)
        assert after["workerId"] == before["workerId"]
        assert after["state"] == "online"
        again = clone.program("qubix-server", "jobs", "list", "--json").stdout
        assert set(job_ids(history)) <= set(job_ids(again))
        assert job_ids(history)


def job_ids(text: str) -> list[str]:
    return re.findall(r'"id": ?"([^"]+)"', text)


def test_another_port_on_another_day_is_online_too(clone: Clone) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running(clone, QUBIX_PORT=str(port)) as run:
        run.wait_for("Ctrl+C here ends")
        assert "online as" in run.output


def test_a_taken_port_is_a_sentence(clone: Clone) -> None:
    with socket.create_server(("127.0.0.1", clone.port)):
        run = clone.make_run()
        assert run.end() != 0
    assert f"{clone.port}" in run.output
    assert "in use" in run.output


def test_a_killed_make_run_takes_its_server_along_and_the_next_one_starts(clone: Clone) -> None:
    run = clone.make_run()
    run.wait_for("Ctrl+C here ends")
    os.killpg(run.process.pid, signal.SIGKILL)
    wait(lambda: not any("qubix-server" in " ".join(p.cmdline()) for p in alive(clone)))
    with running(clone) as again:
        again.wait_for("Ctrl+C here ends")


@pytest.mark.display
@pytest.mark.skipif(not shutil.which("Xvfb"), reason="needs Xvfb")
def test_with_a_display_the_wizard_opens_joined_to_the_server(clone: Clone) -> None:
    shutil.rmtree(clone.folder / ".qubix")
    with own_display() as display, running(clone, DISPLAY=display) as run:
        run.wait_for("is served at")

        screen = Screen(display)
        screen.presses_enter_until_gone("Set up QUBIX")
        run.wait_for("Ctrl+C here ends")
        assert clone.get("/api/providers/check-new")["newProvider"]
        run.interrupt()
        assert "All that was started has ended" in run.output
    assert alive(clone) == []


def alive(clone: Clone) -> list[psutil.Process]:
    found = []
    for process in clone.processes():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.cmdline():
                found.append(process)
    return found


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small disk needs root"
)
def test_a_full_disk_is_a_sentence_and_the_next_start_goes_on(clone: Clone) -> None:
    state = clone.folder / ".qubix"
    kept = clone.folder / "kept"
    state.rename(kept)
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", state], check=True)
    try:
        with contextlib.suppress(OSError), (state / "filler").open("wb") as filler:
            filler.write(b"x" * (1 << 20))
        run = clone.make_run()
        assert run.end() != 0
        assert "no room left on the disk" in run.output.lower() or "full" in run.output.lower()
    finally:
        subprocess.run(["umount", state], check=True)
        state.rmdir()
        kept.rename(state)
    with running(clone) as run:
        run.wait_for("Ctrl+C here ends")
