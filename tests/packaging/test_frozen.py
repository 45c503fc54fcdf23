"""The frozen application on a machine that has neither Python nor Qt: both executables run."""

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
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import qubix_worker
from qubix_desktop import early
from qubix_worker import amalgamation
from tests.processes import heeds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("frozen"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc and at X"),
]

PROJECT = Path(__file__).resolve().parents[2]
# Measured 152 MB with PySide6 6.12, of which 32 MB are Qt's ICU data and 24 MB wasmtime.
LARGEST_MB = 175


def test_the_size_is_kept_in_check(
    build: ModuleType, frozen: Path, record_property: Callable[[str, object], None]
) -> None:
    megabytes = build.size_bytes(frozen) / 1e6
    record_property("megabytes", round(megabytes, 1))
    sys.stdout.write("\n".join(build.report(frozen)) + "\n")
    assert megabytes < LARGEST_MB


def test_a_second_build_is_the_first_one_again(build: ModuleType, frozen: Path) -> None:
    first = build.build()
    began = time.monotonic()
    assert build.build() == first
    assert time.monotonic() - began < 5


def test_both_executables_stand_over_one_set_of_libraries(frozen: Path) -> None:
    assert sorted(f.name for f in frozen.iterdir()) == ["_internal", "qubix", "qubix-worker"]
    files = [f for f in frozen.rglob("*") if f.is_file() and not f.is_symlink()]
    libraries = [f.name for f in files if ".so" in f.suffixes]
    for name in ("libpython", "_libwasmtime", "libQt6Core", "libssl"):
        assert len([library for library in libraries if library.startswith(name)]) == 1
    assert not [f for f in frozen.rglob("*") if f.is_symlink() and not f.exists()]


def test_what_is_loaded_ahead_is_in_it(frozen: Path) -> None:
    for name in (*early.LIBRARIES, early.FONTS, "shiboken6/files.dir/shibokensupport"):
        assert (frozen / "_internal" / name).exists(), name


def test_what_nobody_needs_is_not_in_it(frozen: Path) -> None:
    names = {f.name for f in frozen.rglob("*")}
    for name in ("libgtk-3.so.0", "libQt6Quick.so.6", "libQt6Qml.so.6", "libqeglfs.so", "tkinter"):
        assert name not in names


def test_the_worker_says_its_version(frozen: Path, bare: dict[str, str]) -> None:
    done = ran(frozen, "--version", environment=bare)
    assert (done.returncode, done.stderr) == (0, "")
    assert qubix_worker.__version__ in done.stdout


def test_the_worker_finds_what_this_computer_has(frozen: Path, bare: dict[str, str]) -> None:
    done = ran(frozen, "detect", "--json", environment=bare)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["processor"]["logicalCores"] == os.cpu_count()
    assert found["memory"]["totalBytes"] > 1 << 28


def test_the_worker_loads_no_qt(frozen: Path, bare: dict[str, str]) -> None:
    done = ran(frozen, "detect", "--json", environment=bare | {"LD_DEBUG": "files"})
    assert "libpython3" in done.stderr, "the loader's report should be there"
    assert "libQt6" not in done.stderr
    assert "PySide6" not in done.stderr


def test_the_worker_can_be_read_as_it_runs(frozen: Path) -> None:
    root = frozen / "_internal" / "qubix_worker"
    sources = {
        f"qubix_worker/{file.relative_to(root).as_posix()}": file.read_text(encoding="utf-8")
        for file in [*root.rglob("*.py"), root / "requirements.txt"]
    }
    assert amalgamation.build(sources) == amalgamation.amalgamate()


@pytest.mark.parametrize("theirs", ["/opt/theirs", None])
def test_other_programs_are_not_given_our_libraries(
    frozen: Path, bare: dict[str, str], server: Server, tmp_path: Path, theirs: str | None
) -> None:
    seen = tmp_path / "environment"
    # When it joins, it asks what engines for containers there are.
    engine = Path(bare["PATH"]) / "podman"
    engine.write_text(f"#!/bin/sh\nexport -p > '{seen}'\n")
    engine.chmod(0o755)
    invitation = server.call("/api/enrollments", method="POST")["enrollment"]
    environment = bare | {"QUBIX_ENROLLMENT": invitation}
    if theirs:
        environment["LD_LIBRARY_PATH"] = theirs
    done = ran(
        frozen, "setup", "--yes", "--no-start", "--server", server.url, environment=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    given = re.findall("LD_LIBRARY_PATH='?([^'\n]*)", seen.read_text())
    assert given == ([theirs] if theirs else [])


@pytest.mark.display
def test_the_window_opens_and_ends_when_asked(
    frozen: Path, bare: dict[str, str], display: str, tmp_path: Path
) -> None:
    log = tmp_path / "qubix.log"
    with log.open("wb") as output:
        window = subprocess.Popen(
            [frozen / "qubix"],
            env=bare | {"DISPLAY": display},
            stdout=output,
            stderr=output,
            cwd=tmp_path,
        )
    with ending(window):
        wait_for(
            lambda: titles(window.pid, display),
            60,
            lambda: f"no window; {log.read_text(errors='replace')}",
        )
        assert [title for title in titles(window.pid, display) if "QUBIX" in title]
        mapped = Path(f"/proc/{window.pid}/maps").read_text()
        assert str(frozen) in mapped
        assert [line for line in mapped.splitlines() if "libQt6Widgets" in line]
        assert "site-packages" not in mapped, "a library outside the application is in use"
        wait_for(lambda: heeds(window.pid, signal.SIGTERM), 30, lambda: "it heeds no signal")
        window.send_signal(signal.SIGTERM)
        assert window.wait(10) == 0, log.read_text(errors="replace")


@pytest.mark.display
@pytest.mark.parametrize("language", ["pt_PT.UTF-8", "pt_BR.UTF-8"])
def test_it_speaks_the_language_of_the_account(
    frozen: Path, bare: dict[str, str], display: str, tmp_path: Path, language: str
) -> None:
    window = subprocess.Popen(
        [frozen / "qubix"],
        env=bare | {"DISPLAY": display, "LANG": language},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    with ending(window):
        wait_for(lambda: titles(window.pid, display), 60, lambda: "no window")
        assert "Instalar o QUBIX" in "\n".join(titles(window.pid, display))


def test_each_language_is_in_it_and_qt_speaks_it_too(frozen: Path) -> None:
    here = {file.name for file in frozen.rglob("*.qm")}
    ours = {file.name for file in (PROJECT / "desktop").rglob("*.qm")}
    assert ours == {"qubix_en.qm", "qubix_es.qm", "qubix_pt.qm"}
    assert ours | {"qtbase_es.qm", "qtbase_pt_BR.qm"} <= here


def test_it_goes_online_does_a_job_and_is_removed(
    frozen: Path, bare: dict[str, str], server: Server
) -> None:
    invitation = server.call("/api/enrollments", method="POST")
    done = ran(
        frozen,
        *("setup", "--yes", "--json", "--server", server.url),
        environment=bare | {"QUBIX_ENROLLMENT": invitation["enrollment"]},
        seconds=90,
    )
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        seen = server.call(f"/api/providers/check-new?enrollment={invitation['enrollment']}")
        assert seen["newProvider"]["isOnline"], seen
        assert seen["newProvider"]["cpuCores"] == os.cpu_count()
        status = ran(frozen, "status", "--json", environment=bare)
        assert json.loads(status.stdout)["state"] in ("online", "working")
        known = json.loads(server.command("providers", "list", "--json").stdout)
        assert known["workerSha256"] == amalgamation.sha256()
        job = server.command("jobs", "submit", str(PROJECT / "examples" / "mandelbrot.wasm"))
        assert job.returncode == 0, job.stderr
        assert job.stdout
        endless = server.command(
            "jobs", "submit", str(PROJECT / "examples" / "loop.wasm"), "--timeout", "2"
        )
        assert endless.returncode == 1
        assert b"time limit" in endless.stderr
        assert ran(frozen, "status", "--json", environment=bare).returncode == 0
    finally:
        gone = ran(frozen, "uninstall", "--purge", "--yes", environment=bare, seconds=60)
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert ran(frozen, "status", "--json", environment=bare).returncode != 0


def ran(
    frozen: Path, *arguments: str, environment: dict[str, str], seconds: float = 30
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [frozen / "qubix-worker", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=seconds,
        cwd=environment["HOME"],
        check=False,
    )


def titles(pid: int, display: str) -> list[str]:
    """The titles of the windows that process `pid` shows."""
    finder = shutil.which("xdotool")
    if finder is None:
        pytest.skip("xdotool is not on this machine")

    def asked(*arguments: str) -> list[str]:
        done = subprocess.run(
            [finder, *arguments],
            env={"DISPLAY": display},
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        return done.stdout.split("\n")[:-1]

    found = asked("search", "--onlyvisible", "--all", "--pid", str(pid), "--name", ".")
    return [title for window in found for title in asked("getwindowname", window)]


def wait_for(condition: Callable[[], object], seconds: float, explained: Callable[[], str]) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, explained()
        time.sleep(0.1)


@contextlib.contextmanager
def ending(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.wait()


class Server:
    """A real server, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = str(Path(sys.executable).with_name("qubix-server"))
        self._environment = {
            "QUBIX_HOME": str(folder),
            "QUBIX_PORT": str(self.port),
            "PATH": os.defpath,
        }
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [self._command, "serve", "--until-stdin-closes"],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    def is_up(self) -> bool:
        assert self.process.poll() is None, self._log.read_text()
        try:
            return bool(self.call("/healthz"))
        except OSError:
            return False

    def log(self) -> str:
        return self._log.read_text()

    def call(self, path: str, method: str = "GET") -> Any:
        request = urllib.request.Request(self.url + path, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self._command, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "server"
    folder.mkdir()
    running = Server(folder)
    with ending(running.process):
        wait_for(running.is_up, 30, running.log)
        yield running
