"""Work off the GUI thread. What it finds travels back as values, by signals, one at a time.

A Task keeps itself alive until it has ended, so that nobody has to hold it; who started it may be
gone by then. Threads are Python's: of Qt's pool the binding never lets go of what it has run, and
a look every second would cost 17 MB an hour. A broad except stands here: the threads' edge.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QObject, Signal, SignalInstance
from shiboken6 import isValid

from qubix_worker.errors import Problem, QubixError

log = logging.getLogger(__name__)

Work = Callable[[threading.Event], Iterable[Any]]

_alive: set[Task] = set()


class Task(QObject):
    """Iterates `work` on a thread of its own: one that hangs delays no other. Make and start it on
    the GUI thread."""

    came = Signal(object)
    """One value that the work has yielded."""
    failed = Signal(object)
    """The Problem that ended it early."""
    ended = Signal()
    """It has ended, whichever way; comes last, and once."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work
        self._thread = threading.Thread(target=self._run, name="task", daemon=True)
        self.cancelled = threading.Event()

    def start(self) -> Task:
        # Connected now, so that it is called last: with it, this object may go.
        self.ended.connect(self._forget)
        _alive.add(self)
        self._thread.start()
        return self

    def cancel(self) -> None:
        """Asks the work to end soon."""
        self.cancelled.set()

    def wait(self, seconds: float) -> bool:
        """Waits for its thread. False where that still runs after so long."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _forget(self) -> None:
        # It has told its last, but is still within this object until it has ended, at once.
        self._thread.join()
        _alive.discard(self)
        self.deleteLater()  # with what is connected, which may hold this object in turn

    def _run(self) -> None:
        try:
            for value in self._work(self.cancelled):
                self._tell(self.came, value)
        except QubixError as error:
            self._tell(self.failed, error.problem)
        except OSError as error:
            from qubix_worker.setup.steps import problem_of  # noqa: PLC0415 - not for a first window

            log.info("a task failed", exc_info=True)
            self._tell(self.failed, problem_of(error))
        except Exception as error:
            log.exception("a task ended unexpectedly")
            self._tell(self.failed, unexpected(error))
        finally:
            self._tell(self.ended)

    def _tell(self, signal: SignalInstance, *value: Any) -> None:
        """Where the application has ended meanwhile, and this object with it, there is nobody to
        tell, and nothing to go on for."""
        try:
            signal.emit(*value)
        except RuntimeError:
            if isValid(self):
                raise
            self.cancel()


def once(call: Callable[[], Any]) -> Task:
    """A task that makes one call and hands over what it returns."""
    return Task(lambda _: (call() for _ in range(1)))


def end_all(seconds: float) -> bool:
    """Asks every task to end and waits for them. False where some still run after that time."""
    tasks = tuple(_alive)
    for task in tasks:
        task.cancel()
    until = time.monotonic() + seconds
    return all(task.wait(until - time.monotonic()) for task in tasks)


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
