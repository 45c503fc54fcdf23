"""Work off the GUI thread: in order, told whole, and nothing of it stays behind."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from qubix_desktop import background
from qubix_worker.errors import Problem, QubixError


def test_values_come_one_by_one_and_the_end_comes_last(qtbot: QtBot) -> None:
    heard: list[object] = []
    task = background.Task(lambda _: iter([1, 2]))
    task.came.connect(heard.append)
    task.ended.connect(lambda: heard.append("ended"))
    task.start()
    qtbot.waitUntil(lambda: "ended" in heard)
    assert heard == [1, 2, "ended"]


def test_what_is_heard_is_heard_on_the_windows_own_thread(qtbot: QtBot) -> None:
    there: list[int] = []
    here: list[int] = []
    task = background.once(lambda: there.append(threading.get_ident()))
    task.came.connect(lambda _: here.append(threading.get_ident()))
    task.start()
    qtbot.waitUntil(lambda: bool(here))
    assert here == [threading.get_ident()] != there


def test_a_failure_is_told_as_a_problem(qtbot: QtBot) -> None:
    def fail() -> None:
        raise QubixError("away", "It is away.", "Wait.")

    task = background.once(fail)
    with qtbot.waitSignal(task.failed) as told:
        task.start()
    assert told.args == [Problem("away", "It is away.", "Wait.")]


@pytest.mark.parametrize("holds_itself", [False, True])
def test_nothing_stays_of_work_that_has_ended(qtbot: QtBot, holds_itself: bool) -> None:
    """A look every second is made of these: what stayed would be a leak."""
    tasks: list[weakref.ref[background.Task]] = []
    ends: list[None] = []

    def one() -> None:
        task = background.once(lambda: 1)
        held = task if holds_itself else None
        task.came.connect(lambda _: held)
        task.ended.connect(lambda: ends.append(None))
        tasks.append(weakref.ref(task))
        task.start()

    for _ in range(20):
        one()
    qtbot.waitUntil(lambda: len(ends) == 20)
    qtbot.waitUntil(lambda: not gc.collect() and not any(task() for task in tasks))


def test_one_that_hangs_delays_no_other(qtbot: QtBot) -> None:
    let_go = threading.Event()
    hanging = [background.once(lambda: let_go.wait(20)).start() for _ in range(40)]
    task = background.once(lambda: 1)
    with qtbot.waitSignal(task.came):
        task.start()
    assert not background.end_all(0.05)
    let_go.set()
    assert background.end_all(20)
    assert len(hanging) == 40


# --- It goes on longer than who wanted it ----------------------------------------------------

OUTLIVES = """
import threading
from PySide6.QtCore import QCoreApplication
from qubix_desktop.background import Task

application, gone = QCoreApplication([]), threading.Event()

def work(cancelled):
    gone.wait()
    yield "too late"
    print("was cancelled" if cancelled.is_set() else "goes on")
    raise OSError("late, too")

task = Task(work).start()
application.shutdown()
gone.set()
print("has ended" if task.wait(20) else "hangs")
"""


def test_work_that_outlives_the_application_ends_and_says_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", OUTLIVES],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n")[:2] == ["was cancelled", "has ended"]


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_work_whose_object_is_gone_is_cancelled(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    gone = threading.Event()

    def work(cancelled: threading.Event) -> Iterator[int]:
        gone.wait()
        while not cancelled.is_set():
            yield 1

    task = background.Task(work).start()
    delete(task)
    gone.set()
    assert task.wait(20)
    assert task.cancelled.is_set()
    assert caplog.text == ""


def test_a_mistake_of_the_work_is_no_sign_of_that(qtbot: QtBot) -> None:
    def mistake() -> None:
        raise RuntimeError("a mistake")

    task = background.once(mistake)
    with qtbot.waitSignal(task.failed) as told:
        task.start()
    (problem,) = told.args
    assert problem.code == "internal"
    assert not task.cancelled.is_set()
