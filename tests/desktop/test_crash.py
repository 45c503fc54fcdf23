"""What nobody foresaw."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from qubix_desktop import background
from qubix_desktop.crash import CrashDialog, CrashReporter

if TYPE_CHECKING:
    from .conftest import Person


@pytest.fixture
def reporter(qtbot: QtBot) -> Iterator[CrashReporter]:
    former = sys.excepthook
    yield CrashReporter()
    sys.excepthook = former


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
    dialog.deleteLater()


def test_a_mistake_on_a_thread_becomes_a_sentence(qtbot: QtBot) -> None:
    def mistake() -> None:
        raise RuntimeError("odd")

    task = background.once(mistake)
    with qtbot.waitSignal(task.failed) as failed:
        task.start()
    (problem,) = failed.args
    assert problem.code == "internal"
    assert "RuntimeError: odd" in problem.happened
