"""A setup that is cancelled leaves the machine as it was; one that is killed is gone on with.

The real steps, against a real server, cut short within each of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from qubix_worker import identity, lock
from qubix_worker.control import Control
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings
from qubix_worker.setup.plan import plan
from qubix_worker.setup.steps import Choices, Progress
from tests.conftest import LiveServer, wait_until

pytestmark = pytest.mark.slow

STEPS = ("settings", "register", "autostart", "start", "confirm")

KILLED_AT = """
import sys, threading
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings
from qubix_worker.setup.plan import plan
from qubix_worker.setup.steps import Choices

server, enrollment, name = sys.argv[1:]
paths = Paths.of_user()
choices = Choices(server, Settings(server=server, name=name), enrollment)
for progress in plan(paths, choices).run(threading.Event()):
    print(progress.step, progress.state, flush=True)
    sys.stdin.readline()
"""
"""A setup that takes each step further only when it is told to."""


class Computer:
    """The account that the environment names, whose home is `folder`."""

    def __init__(self, folder: Path) -> None:
        (folder / "a letter").write_text("as it was")
        self.folder = folder
        self.paths = Paths.of_user()
        self.control = Control(self.paths)

    def holds(self) -> dict[str, bytes | None]:
        """All there is, by its path: what stands in each file, None for a folder."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes() if path.is_file() else None
            for path in self.folder.rglob("*")
        }

    def end(self) -> None:
        if lock.is_held(self.paths.lock):
            self.control.stop()


@pytest.fixture(params=[False, True], ids=["account's folders", "one folder"])
def computer(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Computer]:
    home = tmp_path / "home é"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(("QUBIX_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    if request.param:
        monkeypatch.setenv("QUBIX_HOME", str(home / "qubix"))
    computer = Computer(home)
    yield computer
    computer.end()


def choices(server: LiveServer, enrollment: Mapping[str, str]) -> Choices:
    return Choices(server.url, Settings(server=server.url, name="desk"), enrollment["enrollment"])


def cancelled_at(key: str, computer: Computer, wanted: Choices) -> list[Progress]:
    cancel, seen = threading.Event(), []
    for progress in plan(computer.paths, wanted).run(cancel):
        seen.append(progress)
        if (progress.step, progress.state) == (key, "running"):
            cancel.set()
    return seen


@pytest.mark.parametrize("key", STEPS)
def test_a_cancel_leaves_the_machine_as_it_was(
    key: str, computer: Computer, shared_server: LiveServer
) -> None:
    before = computer.holds()
    wanted = choices(shared_server, shared_server.enroll())
    seen = cancelled_at(key, computer, wanted)
    if key != "confirm" or seen[-1].state == "undone":  # that one may be over before it begins
        assert seen[-1].state == "undone"
        assert not lock.is_held(computer.paths.lock)
        assert computer.holds() == before

    # And it is no obstacle to the same invitation.
    *_, last = plan(computer.paths, wanted).run(threading.Event())
    assert last == Progress("confirm", "done")


def test_a_cancel_while_the_network_is_waited_for_leaves_the_machine_as_it_was(
    computer: Computer, live_server: LiveServer
) -> None:
    before = computer.holds()
    cancel, seen = threading.Event(), []
    setup = plan(computer.paths, choices(live_server, live_server.enroll()))
    for progress in setup.run(cancel):
        seen.append((progress.step, progress.state))
        if seen[-1] == ("autostart", "done"):
            live_server.kill()  # so that no heartbeat is ever acknowledged
        if seen[-1] == ("confirm", "running") and progress.done is not None:
            cancel.set()
    assert ("confirm", "running") in seen
    assert seen[-1] == ("settings", "undone")
    assert not lock.is_held(computer.paths.lock)
    assert computer.holds() == before


def test_a_cancel_takes_no_folder_that_was_there_before(
    computer: Computer, shared_server: LiveServer
) -> None:
    for folder in (computer.paths.state, computer.paths.config / "of mine", computer.paths.data):
        folder.mkdir(parents=True)
    before = computer.holds()
    seen = cancelled_at("start", computer, choices(shared_server, shared_server.enroll()))
    assert seen[-1].state == "undone"
    left = computer.holds()
    assert {path: left.get(path, "gone") for path in before} == before
    made = set(left) - set(before)
    assert all(Path(path).is_relative_to(state_of(computer)) for path in made), made


def state_of(computer: Computer) -> Path:
    return computer.paths.state.relative_to(computer.folder)


def test_to_try_again_goes_on_where_it_stopped(computer: Computer, live_server: LiveServer) -> None:
    wanted = choices(live_server, live_server.enroll())
    setup = plan(computer.paths, wanted)
    failed = []
    for progress in setup.run(threading.Event()):
        failed.append((progress.step, progress.state))
        if failed[-1] == ("settings", "done"):
            live_server.kill()
    assert failed[-1] == ("register", "failed")

    live_server.start()
    again = [(progress.step, progress.state) for progress in setup.run(threading.Event())]
    assert again[0] == ("settings", "done")
    assert ("settings", "running") not in again, "what is done is not done again"
    assert again[-1] == ("confirm", "done")


@pytest.mark.parametrize("key", STEPS)
def test_after_kill_9_the_next_start_reaches_online_as_the_same_computer(
    key: str, computer: Computer, shared_server: LiveServer
) -> None:
    enrollment = shared_server.enroll()
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_AT, shared_server.url, enrollment["enrollment"], "desk"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as setup:  # fmt: skip
        assert setup.stdin
        assert setup.stdout
        for line in setup.stdout:
            if line.split()[0] == key and line.split()[1] != "waiting":
                break
            setup.stdin.write("\n")
            setup.stdin.flush()
        setup.kill()

    *_, last = plan(computer.paths, choices(shared_server, enrollment)).run(threading.Event())
    assert last == Progress("confirm", "done")
    who = identity.load(computer.paths.identity)
    assert who
    wait_until(lambda: computer.control.status().worker_id == who.worker_id)
    provider = shared_server.ask(
        "GET", f"/api/providers/check-new?enrollment={enrollment['enrollment']}"
    ).json()["newProvider"]
    assert provider["workerId"] == who.worker_id
