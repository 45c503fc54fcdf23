"""Work off the GUI thread. What it finds travels back as values, by signals, one at a time.

A Task keeps itself alive until it has ended, so that nobody has to hold it; who started it may be
gone by then. A broad except stands here: this is the threads' edge.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from qubix_worker.errors import Problem, QubixError
from qubix_worker.setup.steps import problem_of

log = logging.getLogger(__name__)

Work = Callable[[threading.Event], Iterable[Any]]

THREADS = 16

_alive: set[Task] = set()


class Task(QObject):
    """Iterates `work` on a thread of the pool. Make and start it on the GUI thread."""

    came = Signal(object)
    """One value that the work has yielded."""
    failed = Signal(object)
    """The Problem that ended it early."""
    ended = Signal()
    """It has ended, whichever way; comes last, and once."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._runnable = _Runnable(self, work)
        self.cancelled = threading.Event()
        self.ended.connect(self._forget)

    def start(self) -> Task:
        _alive.add(self)
        pool = QThreadPool.globalInstance()
        # Threads here wait for others, they do not compute: one that hangs must not delay the rest.
        pool.setMaxThreadCount(max(THREADS, pool.maxThreadCount()))
        pool.start(self._runnable)
        return self

    def cancel(self) -> None:
        """Asks the work to end soon."""
        self.cancelled.set()

    def _forget(self) -> None:
        _alive.discard(self)


class _Runnable(QRunnable):
    def __init__(self, task: Task, work: Work) -> None:
        super().__init__()
        self.setAutoDelete(False)
        self._task = task
        self._work = work

    def run(self) -> None:
        try:
            for value in self._work(self._task.cancelled):
                self._task.came.emit(value)
        except QubixError as error:
            self._task.failed.emit(error.problem)
        except OSError as error:
            log.info("a task failed", exc_info=True)
            self._task.failed.emit(problem_of(error))
        except Exception as error:
            log.exception("a task ended unexpectedly")
            self._task.failed.emit(unexpected(error))
        finally:
            self._task.ended.emit()


def once(call: Callable[[], Any]) -> Task:
    """A task that makes one call and hands over what it returns."""
    return Task(lambda _: (call() for _ in range(1)))


def end_all(seconds: float) -> bool:
    """Asks every task to end and waits for them. False where some still run after that time."""
    for task in tuple(_alive):
        task.cancel()
    QThreadPool.globalInstance().clear()
    return QThreadPool.globalInstance().waitForDone(round(seconds * 1000))


def unexpected(error: BaseException) -> Problem:
    """The sentences for a mistake of the program itself."""
    where = traceback.extract_tb(error.__traceback__)
    place = f", {where[-1].name}:{where[-1].lineno}" if where else ""
    return Problem(
        "internal",
        f"Something unexpected went wrong ({type(error).__name__}: {error}{place}).",
        "Try again; if it lasts, use Copy for support and send it to the people who run the "
        "network.",
    )
