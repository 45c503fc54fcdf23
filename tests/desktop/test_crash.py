"""What nobody foresaw."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from qubix_desktop import background
from qubix_desktop.crash import CrashReporter
from qubix_desktop.crash_dialog import CrashDialog
from tests.conftest import LiveServer
from tests.live_worker import LiveWorker

if TYPE_CHECKING:
    from .conftest import Person


@pytest.fixture
def reporter(qtbot: QtBot) -> Iterator[CrashReporter]:
    former = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    reporter = CrashReporter()
    yield reporter
    reporter.close()
    sys.excepthook, threading.excepthook, sys.unraisablehook = former
    for dialog in dialogs():
        dialog.deleteLater()
    qtbot.waitUntil(lambda: not dialogs())  # or the next test takes it for its own


def crash(text: str) -> None:
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        sys.excepthook(RuntimeError, error, error.__traceback__)


def dialogs() -> list[CrashDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, CrashDialog)]


def test_one_dialog_says_so_and_can_be_copied(
    reporter: CrashReporter, person: Person, qtbot: QtBot
) -> None:
    crash("odd, with the code K7QM-2XWD")
    crash("odd again")
    qtbot.waitUntil(lambda: len(dialogs()) == 1)
    (dialog,) = dialogs()
    assert person.sees(dialog, "Something unexpected went wrong")
    person.presses(dialog, "Copy for support")
    copied = QGuiApplication.clipboard().text()
    assert "RuntimeError: odd" in copied
    assert "K7QM" not in copied
    person.presses(dialog, "Close")


def test_a_mistake_on_a_thread_becomes_a_sentence(qtbot: QtBot) -> None:
    def mistake() -> None:
        raise RuntimeError("odd")

    task = background.once(mistake)
    with qtbot.waitSignal(task.failed) as failed:
        task.start()
    (problem,) = failed.args
    assert problem.code == "internal"
    assert "RuntimeError: odd" in problem.happened


def test_a_mistake_that_repeats_does_not_come_back_when_it_is_closed(
    reporter: CrashReporter, person: Person, qtbot: QtBot
) -> None:
    for _ in range(3):
        crash("odd, again and again")
    qtbot.waitUntil(lambda: len(dialogs()) == 1)
    (dialog,) = dialogs()
    person.presses(dialog, "Close")
    dialog.deleteLater()
    qtbot.waitUntil(lambda: not dialogs())
    crash("odd, again and again")
    crash("odd in another way")
    qtbot.waitUntil(lambda: len(dialogs()) == 1)
    assert "in another way" in dialogs()[0].findChildren(QPlainTextEdit)[0].toPlainText()


def test_a_thread_of_ones_own_is_heard_as_well(reporter: CrashReporter, qtbot: QtBot) -> None:
    thread = threading.Thread(target=lambda: crashes[0])
    crashes: list[str] = []
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(dialogs()) == 1)


# --- The real application -------------------------------------------------------------------------

MISTAKES = """
import os, signal, sys, threading
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from qubix_desktop.app import main
from qubix_desktop.crash_dialog import CrashDialog

class Filter(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.User:
            raise ValueError("in an event filter")
        return False

def slot():
    raise RuntimeError("in a slot")

def thread():
    raise KeyError("in a thread")

def go_wrong():
    global kept
    app = QApplication.instance()
    kept = Filter()
    app.installEventFilter(kept)
    QTimer.singleShot(0, slot)
    QTimer.singleShot(50, lambda: app.postEvent(app, QEvent(QEvent.Type.User)))
    QTimer.singleShot(100, lambda: threading.Thread(target=thread).start())
    QTimer.singleShot(600, count)

def count():
    shown = [w for w in QApplication.topLevelWidgets() if isinstance(w, CrashDialog)]
    print("dialogs:", sum(w.isVisible() for w in shown), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

def FATAL():
    from PySide6.QtCore import qFatal
    qFatal("it ends here")

loop = QApplication.exec

def begin(*_):
    QTimer.singleShot(500, FATAL if "fatal" in sys.argv else go_wrong)
    return loop()

QApplication.exec = begin
sys.exit(main([]))
"""


@pytest.fixture
def worker(tmp_path: Path, live_server: LiveServer) -> Iterator[LiveWorker]:
    worker = LiveWorker(tmp_path / "home é", live_server)
    assert worker.setup().returncode == 0
    yield worker
    worker.run("stop")


def run_application(worker: LiveWorker, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    home = {"QUBIX_HOME": str(worker.paths.home), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, "-c", MISTAKES, *words], env=kept | home, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_mistakes_everywhere_show_one_dialog_and_the_worker_goes_on(worker: LiveWorker) -> None:
    before = worker.status().pid
    done = run_application(worker)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "dialogs: 1"
    told = (worker.paths.state / "desktop.log").read_text()
    for text in ("in a slot", "in an event filter", "in a thread"):
        assert text in told
    assert worker.status().pid == before


@pytest.mark.slow
def test_what_ends_the_window_at_once_is_told_at_the_next_start(worker: LiveWorker) -> None:
    before = worker.status().pid
    assert run_application(worker, "fatal").returncode != 0
    assert worker.status().pid == before
    last_words = worker.paths.state / "desktop.fatal"
    said = last_words.read_text()
    assert "qFatal" in said
    assert "Current thread" in said
    done = run_application(worker)
    assert done.stdout.strip() == "dialogs: 1"
    assert "the former process ended at once" in (worker.paths.state / "desktop.log").read_text()
    assert not last_words.exists()
