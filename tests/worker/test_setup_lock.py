"""Two setups in one place: one does the work, the other says so, and nobody's secret is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from qubix_worker.lock import Lock, SetupRunningError, is_held
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings
from qubix_worker.setup.environment import LOCK_NAME as ENVIRONMENT_LOCK
from qubix_worker.setup.environment import Environment
from qubix_worker.setup.plan import LOCK_NAME, plan
from qubix_worker.setup.steps import Choices, Phase, Progress, Setup
from tests.conftest import LiveServer, wait_until


class Waits:
    """A step that goes on when the test says so."""

    key = "waits"
    title = "Waiting"
    phase: Phase = "prepare"
    weight = 1.0

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def is_done(self) -> bool:
        return False

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        while not self.go_on.wait(0.02):
            yield Progress(self.key, "running")

    def undo(self) -> None:
        """Nothing was done."""


def test_a_second_setup_says_that_one_is_under_way(tmp_path: Path) -> None:
    path = tmp_path / "state" / "setup.lock"
    step = Waits()
    first = Setup([step], Lock(path, SetupRunningError)).run(threading.Event())
    next(first)
    (said,) = Setup([Waits()], Lock(path, SetupRunningError)).run(threading.Event())
    assert said.problem
    assert said.problem.code == "setup_running"
    assert str(os.getpid()) in said.problem.happened
    step.go_on.set()
    *_, last = first
    assert last.state == "done"
    assert not is_held(path)


def test_a_setup_that_is_given_up_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "setup.lock"
    running = Setup([Waits()], Lock(path, SetupRunningError)).run(threading.Event())
    next(running)
    running.close()
    assert not is_held(path)


@pytest.mark.provokes("not_a_folder")
def test_a_place_where_nothing_can_be_written_is_a_failed_step(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    paths = Paths.under(tmp_path)
    (said,) = plan(paths, Choices("http://127.0.0.1:9", Settings())).run(threading.Event())
    assert said.problem
    assert said.problem.code == "not_a_folder"


@pytest.mark.provokes("setup_running")
def test_an_environment_that_another_setup_is_making_is_left_alone(tmp_path: Path) -> None:
    other = Lock(tmp_path / ENVIRONMENT_LOCK)
    other.acquire()
    own = Environment(tmp_path, {})
    *_, said = Setup([own]).run(threading.Event())
    assert said.problem
    assert said.problem.code == "setup_running"
    assert [path.name for path in tmp_path.iterdir()] == [ENVIRONMENT_LOCK]
    other.release()


@pytest.mark.slow
def test_of_two_setups_at_the_same_moment_one_joins_and_its_secret_stays(
    tmp_path: Path, live_server: LiveServer
) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    home = tmp_path / "home"
    setups = [
        subprocess.Popen(
            [sys.executable, "-m", "qubix_worker", "setup", "--server", live_server.url,
             "--no-start", "--no-autostart"],
            env=kept
            | {"QUBIX_HOME": str(home), "QUBIX_ENROLLMENT": live_server.enroll()["enrollment"]},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    said = [setup.communicate(timeout=120)[0] for setup in setups]
    codes = [setup.returncode for setup in setups]
    assert 0 in codes, said
    for code, words in zip(codes, said, strict=True):
        assert code == 0 or "Another setup" in words
    who = json.loads(Paths.under(home).identity.read_bytes())
    beat = live_server.ask(
        "POST", f"/api/providers/{who['workerId']}/heartbeat", {"status": "online"},
        credential=who["secret"],
    )  # fmt: skip
    assert beat.status_code == 200
    found = live_server.ask("GET", "/api/providers", credential=live_server.token).json()
    assert len(found["providers"]) == 1
    wait_until(lambda: not is_held(Paths.under(home).state / LOCK_NAME))
