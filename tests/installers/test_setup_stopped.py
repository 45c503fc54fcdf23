"""Ctrl+C in the one-file worker's setup leaves the computer as it was, file by file: while it gets
its libraries, and in each later step, which runs inside the environment that was made for it."""

from __future__ import annotations

import json
import os
import signal
import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qubix_worker import lock, system
from qubix_worker.amalgamation import NAME, amalgamate
from qubix_worker.control import Control
from qubix_worker.paths import Paths
from qubix_worker.setup.environment import LOCK_NAME, Environment, requirements
from tests.conftest import LiveServer, wait_until
from tests.worker.network.scripted import Request, Visit, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

BASE = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
STEPS = ("settings", "register", "autostart", "start", "confirm")
TAKEN_BACK = "Stopped. What was begun has been taken back.\n"


class Computer:
    """An account's home, with the one file among its downloads."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "Downloads é"
        self.folder.mkdir(parents=True)
        self.file = self.folder / NAME
        self.file.write_bytes(amalgamate())
        (self.folder / "letter.txt").write_text("Dear")
        (home / "tmp").mkdir()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("QUBIX_", "XDG_", "PIP_"))}
        self.environment = kept | {"HOME": str(home), "TMPDIR": str(home / "tmp"),
                                   "PIP_CONFIG_FILE": os.devnull}  # fmt: skip
        self.own = Environment(self.folder, self.environment)
        share = home / ".local"
        self.paths = Paths(home / ".config/qubix", share / "state/qubix", share / "share/qubix")

    def holds(self) -> dict[str, bytes | None]:
        """All there is, by its path: what stands in each file, None for what is none."""
        return {
            str(path.relative_to(self.home)): path.read_bytes() if path.is_file() else None
            for path in self.home.rglob("*")
        }

    def begin(self, server: str, *more: str, **environment: str) -> subprocess.Popen[str]:
        """As a terminal does: what it sends at Ctrl+C reaches all that setup has started."""
        return subprocess.Popen(
            [BASE, "-B", self.file, "setup", "--server", server, *more],
            env=self.environment | environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def has_libraries(self) -> None:
        """A new environment, as the step leaves it; its libraries are lent by this very Python."""
        folder = self.own.python.parent.parent
        subprocess.run([BASE, "-m", "venv", "--without-pip", folder], check=True)
        inside = next(folder.glob("lib/python*/site-packages"))
        (inside / "lent.pth").write_text("\n".join(site.getsitepackages()))
        (folder / "new").touch()
        (folder / "complete").touch()


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    if not BASE.exists():
        pytest.skip("the Python that these tests run on has no base that runs by itself")
    computer = Computer(tmp_path / "home")
    yield computer
    if lock.is_held(computer.paths.lock):
        Control(computer.paths).stop()


def stop(process: subprocess.Popen[str], number: int) -> str:
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    return out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_the_environment_is_made(computer: Computer, number: int) -> None:
    before = computer.holds()
    process = computer.begin("http://127.0.0.1:9")
    wait_until(computer.own.python.exists)
    assert (computer.folder / LOCK_NAME).exists()
    assert stop(process, number).endswith(TAKEN_BACK)
    assert computer.holds() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_libraries_are_fetched(computer: Computer, number: int) -> None:
    before = computer.holds()
    asked: list[str] = []

    def part_of_it(request: Request, visit: Visit) -> None:
        name = request.path.strip("/").split("/")[-1]
        if name.endswith(".whl"):
            visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(100_000))
            asked.append(name)
            visit.hold(60)
        else:
            version = wanted_version(name)
            wheel = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
            visit.answer(f'<a href="/{wheel}">{wheel}</a>'.encode(), Content_Type="text/html")

    with serving(part_of_it) as index:
        url = f"http://127.0.0.1:{index.port}/simple"
        process = computer.begin("http://127.0.0.1:9", PIP_INDEX_URL=url)
        wait_until(lambda: asked)
        assert stop(process, number).endswith(TAKEN_BACK)
    assert computer.holds() == before


def wanted_version(name: str) -> str:
    line = next(line for line in requirements().decode().splitlines() if line.startswith(name))
    return line.split("==")[1].split()[0]


@pytest.mark.parametrize("key", STEPS)
def test_in_each_later_step_the_environment_goes_too(
    computer: Computer, key: str, shared_server: LiveServer
) -> None:
    before = computer.holds()
    computer.has_libraries()
    enrollment = shared_server.enroll()["enrollment"]
    process = computer.begin(shared_server.url, "--json", QUBIX_ENROLLMENT=enrollment)
    assert process.stdout
    for line in process.stdout:
        told = json.loads(line)
        if (told["step"], told["state"]) == (key, "running"):
            break
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    if key == "confirm" and process.returncode == 0:  # that one may be over before it hears of it
        return
    assert process.returncode == 130, out + err
    assert '"environment", "state": "undone"' in out
    assert computer.holds() == before


def test_at_the_end_of_the_setup_it_stays_with_a_short_command(
    computer: Computer, shared_server: LiveServer
) -> None:
    computer.has_libraries()
    code = shared_server.enroll()["enrollment"]
    out, err = computer.begin(shared_server.url, QUBIX_ENROLLMENT=code).communicate(timeout=60)
    shim = computer.folder / system.current().shim_name
    assert f"'{shim.relative_to(computer.home)}' status" in out, out + err
    assert computer.own.is_done()
    assert not computer.own.is_new()
    said = subprocess.run(
        [shim, "status"], env=computer.environment, capture_output=True, text=True, check=True
    )
    assert "is online" in said.stdout


def test_an_environment_that_was_there_before_stays(computer: Computer) -> None:
    computer.has_libraries()
    computer.own.keep()
    before = computer.holds()
    with serving(lambda _, visit: visit.hold(60)) as silent:
        process = computer.begin(f"http://127.0.0.1:{silent.port}", QUBIX_ENROLLMENT="a code")
        wait_until(lambda: silent.asked)
        stop(process, signal.SIGINT)
    assert computer.holds() == before


def test_after_kill_9_what_was_half_made_is_made_anew(computer: Computer) -> None:
    process = computer.begin("http://127.0.0.1:9")
    wait_until(computer.own.python.exists)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    half = computer.own.python.parent.parent / "half of it"
    half.touch()

    again = computer.begin("http://127.0.0.1:9")
    wait_until(lambda: not half.exists() and computer.own.python.exists())
    stop(again, signal.SIGINT)
    assert not computer.own.python.exists()


def test_whoever_stops_an_upgrade_can_still_run_what_was_there(computer: Computer) -> None:
    old = computer.folder / "environment-0123456789ab"
    old.mkdir()
    computer.has_libraries()
    with serving(lambda _, visit: visit.hold(60)) as silent:
        process = computer.begin(f"http://127.0.0.1:{silent.port}", QUBIX_ENROLLMENT="a code")
        wait_until(lambda: silent.asked)
        stop(process, signal.SIGINT)
    assert old.exists()
    assert not computer.own.python.exists()
