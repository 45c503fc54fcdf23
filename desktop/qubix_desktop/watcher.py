"""Asks the worker once a second how it is, off the GUI thread; the answer is one value for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from qubix_desktop import background
from qubix_worker.errors import Problem

if TYPE_CHECKING:
    from qubix_desktop.services import Worker
    from qubix_worker.status import Status

POLL_MILLISECONDS = 1000


@dataclass(frozen=True)
class Seen:
    """How the worker was at the last look: its status, or why there is none; both None: not yet."""

    status: Status | None = None
    problem: Problem | None = None

    @property
    def running(self) -> bool:
        return self.problem is None or self.problem.code != "worker_not_running"


class Watcher(QObject):
    seen = Signal(object)
    """A Seen, after each look."""
    failed = Signal(object)
    """The Problem of something that a person asked for."""

    def __init__(self, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._last: Status | None = None
        self._looking = False
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self.look)

    @property
    def running(self) -> bool:
        """Whether it looks every second."""
        return self._timer.isActive()

    def start(self) -> None:
        self._timer.start()
        self.look()

    def stop(self) -> None:
        self._timer.stop()

    def look(self) -> None:
        """Asks now, unless an answer is being waited for."""
        if self._looking:
            return
        self._looking = True
        task = background.once(self._worker.status)
        task.came.connect(self._came)
        task.failed.connect(self._absent)
        task.ended.connect(self._looked)
        task.start()

    def tell(self, call: Callable[[], object], then: Callable[[], None] | None = None) -> None:
        """Makes a call that a person asked for, looks again, and then calls `then` if it worked."""
        task = background.once(call)
        task.failed.connect(self.failed)
        if then:
            task.came.connect(lambda _: then())
        task.ended.connect(self.look)
        task.start()

    def _came(self, status: Status) -> None:
        self._last = status
        self.seen.emit(Seen(status))

    def _absent(self, problem: Problem) -> None:
        self.seen.emit(Seen(self._last, problem))

    def _looked(self) -> None:
        self._looking = False
