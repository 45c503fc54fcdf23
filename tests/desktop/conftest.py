"""Windows without a screen, and a person who finds things by what is written on them."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

import gc
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from qubix_desktop import background, languages, theme
from qubix_desktop.collector import Collector
from qubix_desktop.flow import Network
from qubix_desktop.invitation import Invitation
from qubix_desktop.services import Services, support_text
from qubix_desktop.updates import Versions
from qubix_worker import __version__, settings
from qubix_worker.chosen import Chosen
from qubix_worker.errors import ControlError, Problem, QubixError, ServerError, SetupError
from qubix_worker.hardware.detect import Finding
from qubix_worker.paths import Paths
from qubix_worker.protocol import Disk, GraphicsCard, Memory, Processor
from qubix_worker.settings import Settings
from qubix_worker.setup.steps import Cancelled, Choices, Phase, Progress, Setup
from qubix_worker.status import Status
from tests import processes

sys.path.append(str(Path(__file__).parents[2] / "tools"))  # what is drawn there is tested here

Kind = TypeVar("Kind", bound=QWidget)

NOW = 1_900_000_000.0
NETWORK = Network("https://compute.example.org", "Example Compute", "K7QM-2XWD")
INVITATION = Invitation((NETWORK.server,), NETWORK.enrollment, "file name")
STATUS = Status(
    "online", NOW - 60, "desk", NETWORK.server, NETWORK.name, "w-1", "0.1.0", 4711,
    last_heartbeat_at=NOW - 5,
)  # fmt: skip
ABSENT = Problem("worker_not_running", "QUBIX is not running on this computer.", "Start it.")


class Person:
    """Sees what is visible, reads what is written, presses and types as people do."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot

    def sees(self, window: QWidget, text: str) -> bool:
        return any(text in label for label in self.reads(window))

    def reads(self, window: QWidget) -> list[str]:
        labels = [w.text() for w in self._visible(window, QLabel)]
        return labels + [b.text().replace("&", "") for b in self._visible(window, QAbstractButton)]

    def awaits(self, window: QWidget, text: str) -> None:
        self._qtbot.waitUntil(lambda: self.sees(window, text), timeout=20_000)

    def button(self, window: QWidget, text: str) -> QAbstractButton:
        found = [
            b
            for b in self._visible(window, QAbstractButton)
            if text in (b.text().replace("&", ""), b.accessibleName())
        ]
        assert len(found) == 1, f"{len(found)} of {text!r} among {self.reads(window)}"
        return found[0]

    def has_button(self, window: QWidget, text: str) -> bool:
        return any(
            text in (b.text().replace("&", ""), b.accessibleName())
            for b in self._visible(window, QAbstractButton)
        )

    def presses(self, window: QWidget, text: str) -> None:
        """Waits until the button can be pressed, as anybody would."""
        self._qtbot.waitUntil(
            lambda: self.has_button(window, text) and self.button(window, text).isEnabled(),
            timeout=20_000,
        )
        button = self.button(window, text)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(8, button.height() // 2))

    def types(self, window: QWidget, field: str, text: str) -> None:
        (found,) = [w for w in self._visible(window, QLineEdit) if w.accessibleName() == field]
        found.setFocus()
        found.selectAll()
        QTest.keyClicks(found, text)

    def chooses(self, menu: QMenu, *texts: str) -> None:
        """Goes down a menu and its submenus."""
        entry = self.entry(menu, *texts)
        assert entry.isVisible()
        assert entry.isEnabled()
        entry.trigger()

    def entry(self, menu: QMenu, *texts: str) -> QAction:
        action = next(a for a in menu.actions() if a.text() == texts[0])
        if len(texts) == 1:
            return action
        below = action.menu()
        assert isinstance(below, QMenu)
        return self.entry(below, *texts[1:])

    def _visible(self, window: QWidget, kind: type[Kind]) -> list[Kind]:
        return [w for w in window.findChildren(kind) if w.isVisibleTo(window)]


@pytest.fixture
def person(qtbot: QtBot) -> Person:
    return Person(qtbot)


@pytest.fixture(scope="session", autouse=True)
def _english(qapp: QApplication) -> None:
    """As the application does at its start: English has a file too, for its plurals."""
    languages.speak(qapp, ["en"])


@pytest.fixture(scope="session", autouse=True)
def _quick_collections() -> None:
    """The test runner's own objects are many times the application's: a turn of the loop in which
    all were gone through would be longer than any there."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _windows_go_on_the_main_thread(qapp: QApplication) -> Iterator[None]:
    """As in the application: not wherever Python happens to look for what is to be thrown away."""
    collector = Collector()
    yield
    collector.look()
    delete(collector)


@pytest.hookimpl(trylast=True)  # once all that it used is torn down
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """After the last of these, nothing of theirs is left for some other test's thread to find."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        gc.collect()
        gc.enable()


@pytest.fixture(autouse=True)
def _no_task_outlives_its_test(request: pytest.FixtureRequest) -> Iterator[None]:
    if "qtbot" in request.fixturenames:
        application = request.getfixturevalue("qapp")
        application.setStyle("Fusion")
        theme.wear(application, Qt.ColorScheme.Light)
    yield
    if QApplication.instance():
        assert background.end_all(20)
        QApplication.processEvents()


@pytest.fixture(autouse=True)
def _no_process_outlives_its_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """A worker that was forgotten shares on for as long as this computer runs."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder:
        assert processes.end_all(folder) == []


@dataclass
class FakeStep:
    """A setup step that does as it is told. `gate` holds it until it is set."""

    key: str
    phase: Phase
    title: str = ""
    weight: float = 1.0
    gate: threading.Event | None = None
    problems: list[Problem] = field(default_factory=list)
    ran: int = 0
    undone: int = 0
    _done: bool = False

    def __post_init__(self) -> None:
        self.title = self.title or f"Step {self.key}"

    def is_done(self) -> bool:
        return self._done

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        self.ran += 1
        yield Progress(self.key, "running", "a note")
        while self.gate and not self.gate.wait(0.01):
            if cancel.is_set():
                raise Cancelled
        if self.problems:
            problem = self.problems.pop(0)
            raise SetupError(problem.code, problem.happened, problem.todo)
        self._done = True

    def undo(self) -> None:
        self.undone += 1
        self._done = False


@dataclass
class FakeWorker:
    current: Status = STATUS
    running: bool = True
    hangs: bool = False
    told: list[tuple[str, Any]] = field(default_factory=list)

    def status(self) -> Status:
        if not self.running:
            raise ControlError(ABSENT.code, ABSENT.happened, ABSENT.todo)
        if self.hangs:
            raise ControlError("worker_hangs", "It did not answer.", "Wait.")
        return self.current

    def pause(self, seconds: float | None) -> Status:
        self.status()
        self.told.append(("pause", seconds))
        self.current = replace(self.current, state="paused", paused_by="you")
        return self.current

    def resume(self) -> Status:
        self.told.append(("resume", None))
        self.current = replace(self.current, state="online", paused_by=None)
        return self.current

    def stop(self) -> None:
        self.told.append(("stop", None))
        self.hangs = False
        self.running = False

    def logs(self, lines: int) -> list[str]:
        return ["one line", "another line"]


FINDINGS = (
    Finding("processor", Processor(16, 8, "A fast processor")),
    Finding("memory", Memory(32 << 30)),
    Finding("disk", Disk(1000 << 30, 400 << 30)),
    Finding("graphics:0", GraphicsCard("NVIDIA", "Card one", "GPU-1", 8 << 30, "550")),
    Finding("graphics:1", GraphicsCard("NVIDIA", "Card two", "GPU-2", 8 << 30)),
)


@dataclass
class World:
    """A computer and a network that only the test plays."""

    paths: Paths
    worker: FakeWorker = field(default_factory=FakeWorker)
    findings: tuple[Finding, ...] = FINDINGS
    network: Network | QubixError = NETWORK
    asked: list[Invitation] = field(default_factory=list)
    planned: list[Choices] = field(default_factory=list)
    steps: list[FakeStep] = field(default_factory=list)
    setup_lock: Any = None
    versions: Versions = field(default_factory=lambda: Versions(NETWORK.server, __version__))
    former_version: str | None = None
    refusal: QubixError | None = None
    """Of a change of the settings."""
    settings: Settings = field(default_factory=Settings)
    changes: list[FakeStep] = field(default_factory=lambda: [FakeStep("settings", "prepare")])
    """The steps of a setup that only changes what is shared."""
    changed: list[Choices] = field(default_factory=list)
    started: int = 0
    removed: list[bool] = field(default_factory=list)

    def services(self) -> Services:
        return Services(
            paths=self.paths,
            worker=self.worker,
            look_up=self._look_up,
            find_hardware=lambda: iter(self.findings),
            plan=self._plan,
            start_worker=self._start,
            uninstall=self._uninstall,
            versions=lambda: self.versions,
            former_version=lambda: self.former_version,
            support=lambda about: support_text(self.paths, about),
            kept=lambda: self.settings,
            chosen=lambda: Chosen(self.settings, self.worker.running),
            change=self._change,
            plan_change=self._plan_change,
        )

    def step(self, key: str) -> FakeStep:
        return next(step for step in self.steps if step.key == key)

    def _change(self, changes: Mapping[str, Any]) -> Chosen:
        if self.refusal:
            raise self.refusal
        self.settings = settings.changed(self.settings, changes)
        return Chosen(self.settings, self.worker.running)

    def _look_up(self, invitation: Invitation) -> Network:
        self.asked.append(invitation)
        if isinstance(self.network, QubixError):
            raise self.network
        return self.network

    def _plan(self, choices: Choices) -> Setup:
        self.planned.append(choices)
        return Setup(self.steps, self.setup_lock)

    def _plan_change(self, choices: Choices) -> Setup:
        self.changed.append(choices)
        return Setup(self.changes)

    def _start(self) -> None:
        self.started += 1
        self.worker.running = True

    def _uninstall(self, purge: bool) -> Iterator[Progress]:
        self.removed.append(purge)
        for key in ("stop", "leave", "remove"):
            yield Progress(key, "running")
            yield Progress(key, "done")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(
        Paths.under(tmp_path),
        steps=[
            FakeStep("settings", "prepare"),
            FakeStep("register", "join"),
            FakeStep("confirm", "join"),
        ],
    )


@pytest.fixture
def refused() -> ServerError:
    return ServerError("refused", "Nothing answers there.", "Try again in a few minutes.")


@pytest.fixture
def unused() -> Callable[..., NoReturn]:
    def call(*_: object) -> NoReturn:
        raise AssertionError("this was not to be called")

    return call
