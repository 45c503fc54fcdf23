"""One state: tray, window and `qubix-worker status` cannot differ, whatever the worker does."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from qubix_desktop.desk import Desk
from qubix_desktop.services import Services
from qubix_desktop.view import view
from qubix_desktop.watcher import Seen
from qubix_worker.errors import ControlError
from qubix_worker.settings import Settings
from qubix_worker.status import Status
from qubix_worker.wire import from_wire
from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker, submit

if TYPE_CHECKING:
    from .conftest import Person

pytestmark = pytest.mark.slow

SOON_SECONDS = 3.0
"""Within which tray and window show what has happened."""
NEVER_NOW = ["mon-sun 00:00-00:01", "mon-sun 00:01-00:02"]
STEPS = 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path / "server", interval_seconds=1)
    server.start()
    yield server
    if server.process and server.process.poll() is None:
        server.kill()


@pytest.fixture
def worker(tmp_path: Path, server: LiveServer) -> Iterator[LiveWorker]:
    worker = LiveWorker(tmp_path / "home é", server)
    done = worker.setup()
    assert done.returncode == 0, done.stdout + done.stderr
    yield worker
    worker.run("stop")


MADE_UP = """
import json, sys
from pathlib import Path
from qubix_worker import worker
from qubix_worker.hardware import Temperature
from qubix_worker.system import senses

told = lambda: json.loads(Path(sys.argv[1]).read_text())

class Body:
    def on_battery(self): return told().get("battery")
    def metered(self): return told().get("metered")
    def idle_seconds(self): return told().get("idle")
    def stay_awake(self, why): ...
    def may_sleep(self): ...
    def close(self): ...

senses.current = Body
worker.temperatures = lambda: tuple(Temperature("processor", each) for each in told()["heat"])
from qubix_worker.cli import main
sys.exit(main(["run"]))
"""
"""A worker on a computer that tells what stands in a file."""
CALM: dict[str, Any] = {"battery": False, "metered": False, "idle": 3600.0, "heat": [40.0]}
CALM_SETTINGS: dict[str, Any] = {
    "hours": [], "on_battery": False, "on_metered": False, "only_when_idle": True,
    "stop_above_celsius": 80,
}  # fmt: skip
REASONS: dict[str, dict[str, Any]] = {
    "battery": {"battery": True},
    "metered": {"metered": True},
    "use": {"idle": 0.0},
    "heat": {"heat": [99.0]},
}


class MadeUp:
    """What the computer tells of itself, and its worker."""

    def __init__(self, worker: LiveWorker, file: Path) -> None:
        self._worker = worker
        self._file = file
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """In the place of the worker that runs."""
        self._worker.control.stop()
        self._write({})
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
        self._process = subprocess.Popen(
            [sys.executable, "-c", MADE_UP, str(self._file)],
            env=kept | {"QUBIX_HOME": str(self._worker.paths.home)},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(lambda: "is online" in self._worker.run("status").stdout)
        self._worker.control.change(CALM_SETTINGS)

    def tells(self, **otherwise: Any) -> None:
        """From now on; a change of the settings has the worker look at once."""
        self._write(otherwise)
        keeps = not self._worker.control.settings().keep_awake
        self._worker.control.change({"keep_awake": keeps})

    def end(self) -> None:
        self._worker.run("stop")
        if self._process:
            self._process.wait(20)

    def _write(self, otherwise: dict[str, Any]) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(CALM | otherwise))
        new.replace(self._file)


@pytest.fixture
def made_up(worker: LiveWorker, tmp_path: Path) -> Iterator[MadeUp]:
    made_up = MadeUp(worker, tmp_path / "told.json")
    made_up.start()
    yield made_up
    made_up.end()


class Faces:
    """Tray and window, as one sees them."""

    def __init__(self, worker: LiveWorker, qtbot: QtBot, person: Person) -> None:
        self.desk = Desk(Services.real(worker.paths), Settings())
        qtbot.addWidget(self.desk.window)
        self.desk.open_tray(start=False)
        self.desk.open_status()
        self._person = person

    def show(self, title: str) -> bool:
        tray = self.desk.tray
        headline, tooltip = tray.headline.text(), tray.icon.toolTip()
        return (
            headline == title
            and tooltip.startswith(f"QUBIX: {title}")
            and title in self._person.reads(self.desk.window)
        )

    def seconds_until(self, true: Callable[[], bool]) -> float:
        began = time.monotonic()
        while not true():
            assert time.monotonic() - began < 30, self._person.reads(self.desk.window)
            QTest.qWait(5)
        return time.monotonic() - began

    def show_soon(self, title: str) -> None:
        took = self.seconds_until(lambda: self.show(title))
        assert took <= SOON_SECONDS, f"{title} was shown after {took:.1f} s"


@pytest.fixture
def faces(worker: LiveWorker, qtbot: QtBot, person: Person) -> Iterator[Faces]:
    faces = Faces(worker, qtbot, person)
    faces.seconds_until(lambda: faces.show("Online"))
    yield faces
    faces.desk.close()


def told(worker: LiveWorker) -> Status:
    """What `qubix-worker status --json` says."""
    done = worker.run("status", "--json")
    assert done.returncode == 0, done.stderr
    return from_wire(Status, json.loads(done.stdout))


@pytest.mark.parametrize("seed", [1, 2])
def test_tray_window_and_command_line_tell_the_same_at_each_step(
    worker: LiveWorker, made_up: MadeUp, server: LiveServer, faces: Faces, seed: int
) -> None:
    chance = random.Random(seed)
    up = True
    seen = set()

    def toggle_server() -> None:
        nonlocal up
        if up:
            server.kill()
        else:
            server.start()
        up = not up

    def give_a_job() -> None:
        if up:
            submit(server, "loop", timeoutSeconds=chance.choice((2, 5)))

    def clear() -> None:
        worker.control.resume()
        worker.control.change({"hours": []})
        made_up.tells()
        if not up:
            toggle_server()
        give_a_job()

    steps: tuple[Callable[[], object], ...] = (
        lambda: worker.control.pause(None),
        lambda: worker.control.pause(chance.choice((2, 3600))),
        worker.control.resume,
        clear,
        clear,
        lambda: worker.control.change({"hours": chance.choice(([], [], NEVER_NOW))}),
        lambda: made_up.tells(**REASONS[chance.choice(tuple(REASONS))]),
        lambda: made_up.tells(**chance.choice(tuple(REASONS.values())), battery=True),
        lambda: worker.control.change({"when_paused": chance.choice(("end", "freeze"))}),
        toggle_server,
        give_a_job,
    )
    for number in range(STEPS):
        chance.choice(steps)()
        QTest.qWait(chance.choice((0, 300, 900)))  # it is looked at in the middle of changes, too
        for _ in range(10):  # it may change between the two looks: then they are taken again
            status = told(worker)
            title = view(Seen(status), time.time()).title
            began = time.monotonic()
            while not faces.show(title) and time.monotonic() - began < SOON_SECONDS:
                QTest.qWait(5)
            if faces.show(title):
                break
        assert faces.show(title), f"step {number}: the command line says {title}"
        seen.add(status.state)
    assert len(seen) >= 3, "the walk has seen too little of the world"


def test_every_reason_to_pause_is_told_alike_by_all(
    worker: LiveWorker, made_up: MadeUp, faces: Faces, person: Person
) -> None:
    def paused_by(by: str) -> None:
        wait_until(lambda: worker.status().paused_by == by)
        status = told(worker)
        shown = view(Seen(status), time.time())
        assert (status.state, status.paused_by) == ("paused", by)
        faces.show_soon("Paused")
        faces.seconds_until(lambda: shown.detail in faces.desk.tray.icon.toolTip())
        assert person.sees(faces.desk.window, shown.detail)
        if by != "you":
            assert status.pause_reason
            assert status.pause_reason in shown.detail

    for by, otherwise in REASONS.items():
        made_up.tells(**otherwise)
        paused_by(by)
    made_up.tells()
    faces.seconds_until(lambda: faces.show("Online"))
    worker.control.change({"hours": NEVER_NOW[:1]})
    paused_by("schedule")
    worker.control.pause(None)
    paused_by("you")


def test_a_killed_worker_is_shown_as_gone(worker: LiveWorker, faces: Faces) -> None:
    psutil.Process(worker.status().pid).kill()
    faces.show_soon("Not sharing")


def test_a_hung_worker_is_told_apart_and_restarted(
    worker: LiveWorker, faces: Faces, person: Person
) -> None:
    process = psutil.Process(worker.status().pid)
    process.send_signal(signal.SIGSTOP)
    faces.show_soon("Needs attention")
    assert person.sees(faces.desk.window, "Sharing does not answer")
    process.send_signal(signal.SIGCONT)
    faces.show_soon("Online")
    process.send_signal(signal.SIGSTOP)
    faces.show_soon("Needs attention")
    person.presses(faces.desk.window, "Restart sharing")
    # It comes to itself for a moment, before it takes the signal in that ends it.
    faces.seconds_until(lambda: pid_of(worker) not in (None, process.pid))
    faces.seconds_until(lambda: faces.show("Online"))


def pid_of(worker: LiveWorker) -> int | None:
    try:
        return worker.status().pid
    except ControlError:
        return None


OTHER_VERSION = """
import sys
import qubix_worker
qubix_worker.__version__ = "9.8.7"
from qubix_worker.cli import main
sys.exit(main(["run"]))
"""


def test_one_of_another_version_that_was_started_otherwise_is_shown(
    worker: LiveWorker, faces: Faces, person: Person
) -> None:
    worker.control.stop()
    faces.show_soon("Not sharing")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_VERSION],
        env=kept | {"QUBIX_HOME": str(worker.paths.home)},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: "is online" in worker.run("status").stdout)
        took = faces.seconds_until(
            lambda: faces.show("Online") and person.sees(faces.desk.window, "9.8.7")
        )
        assert took <= SOON_SECONDS
    finally:
        worker.control.stop()
        other.wait(20)
