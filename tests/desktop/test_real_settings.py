"""The settings tab over a real worker: one truth for the window, the command line and the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox
from pytestqt.qtbot import QtBot

from qubix_desktop.desk import Desk
from qubix_desktop.services import Services
from qubix_worker import identity, settings
from qubix_worker.settings import Settings
from tests.conftest import LiveServer
from tests.live_worker import LiveWorker

if TYPE_CHECKING:
    from .conftest import Person

pytestmark = pytest.mark.slow


@pytest.fixture
def worker(tmp_path: Path, live_server: LiveServer) -> Iterator[LiveWorker]:
    worker = LiveWorker(tmp_path / "home é", live_server)
    done = worker.setup()
    assert done.returncode == 0, done.stdout + done.stderr
    yield worker
    worker.run("stop")


@pytest.fixture
def desk(worker: LiveWorker, qtbot: QtBot) -> Iterator[Desk]:
    desk = Desk(Services.real(worker.paths), Settings())
    qtbot.addWidget(desk.window)
    desk.open_tray(start=False)
    desk.open_status()
    desk.window.show_tab("settings")
    yield desk
    desk.close()


def test_window_command_line_and_file_change_the_same_settings(
    desk: Desk, worker: LiveWorker, person: Person, qtbot: QtBot
) -> None:
    name = "Most of the processor for all jobs together"
    number = next(b for b in desk.window.findChildren(QSpinBox) if b.accessibleName() == name)
    qtbot.waitUntil(lambda: number.value() == 75)

    number.setValue(60)
    person.awaits(desk.window, "In force now.")
    assert worker.control.settings().processor_percent == 60
    assert worker.run("settings", "processor_percent").stdout.strip() == "60"

    assert worker.run("settings", "processor_percent", "35").returncode == 0
    qtbot.waitUntil(lambda: number.value() == 35, timeout=20_000)

    edited = settings.changed(settings.load(worker.paths.settings), {"processor_percent": 20})
    settings.save(worker.paths.settings, edited)
    qtbot.waitUntil(lambda: number.value() == 20, timeout=5_000)

    worker.paths.settings.write_text("processor_percent = 'much'\n")
    number.setValue(50)
    person.awaits(desk.window, "cannot be used")
    assert worker.control.settings().processor_percent == 20


def test_a_name_is_the_networks_at_once_and_still_after_a_restart(
    desk: Desk, worker: LiveWorker, person: Person, live_server: LiveServer, qtbot: QtBot
) -> None:
    def name_there() -> str:
        path = f"/api/providers/{worker.status().worker_id}"
        answer = live_server.ask("GET", path, credential=live_server.token)
        name: str = answer.json()["provider"]["name"]
        return name

    person.awaits(desk.window, "Name of this computer")
    person.types(desk.window, "Name of this computer", "the one upstairs")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    person.awaits(desk.window, "In force now.")
    qtbot.waitUntil(lambda: name_there() == "the one upstairs", timeout=20_000)
    worker.control.stop()
    assert worker.run("setup").returncode == 0
    assert worker.status().name == name_there() == "the one upstairs"


def test_starting_at_sign_in_is_turned_off_and_on(
    desk: Desk, worker: LiveWorker, person: Person, qtbot: QtBot
) -> None:
    entry = worker.paths.config / "autostart" / "qubix-worker.desktop"
    assert entry.exists()
    person.awaits(desk.window, "Start when I sign in")
    person.presses(desk.window, "Start when I sign in")
    qtbot.waitUntil(lambda: not entry.exists(), timeout=20_000)
    person.awaits(desk.window, "In force now.")
    person.presses(desk.window, "Start when I sign in")
    qtbot.waitUntil(entry.exists, timeout=20_000)


def test_what_is_copied_for_support_holds_no_secret_of_worker_or_server(
    desk: Desk, worker: LiveWorker, person: Person, live_server: LiveServer
) -> None:
    who = identity.load(worker.paths.identity)
    assert who
    assert who.secret
    code = live_server.enroll()
    secrets = (who.secret, code["enrollment"], code["code"], live_server.token, "hunter2")
    with worker.paths.log.open("a") as log:
        log.writelines(
            f"2030-01-01T10:00:00Z INFO somebody: {text}\n"
            for text in (*(f"it was {secret}, then" for secret in secrets[:4]),
                         "proxy http://zoe:hunter2@proxy.example.org:8080")
        )  # fmt: skip
    desk.window.show_tab("log")
    person.presses(desk.window, "Copy for support")
    person.awaits(desk.window, "Copied, without secrets.")
    copied = QGuiApplication.clipboard().text()
    assert "it was [removed], then" in copied
    assert "proxy.example.org:8080" in copied
    assert [secret for secret in secrets if secret in copied] == []
