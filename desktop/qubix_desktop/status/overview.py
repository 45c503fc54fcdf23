"""The first tab: who this computer is here, how much of it is in use, and its jobs."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from qubix_desktop.parts.area import Area
from qubix_desktop.status.facts import Facts
from qubix_desktop.status.history import History
from qubix_desktop.status.job import JobsAtWork
from qubix_desktop.status.jobs import LastJobs
from qubix_desktop.status.use import Use
from qubix_desktop.watcher import Seen


class Overview(Area):
    def __init__(self, history: History | None = None) -> None:
        inside = QWidget()
        super().__init__(inside)
        self.setAccessibleName(self.tr("Overview"))
        self._facts = Facts()
        self._use = Use(history)
        self._jobs_now = JobsAtWork()
        self._jobs = LastJobs()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 14, 0, 0)
        column.setSpacing(12)
        for widget in (self._jobs_now, self._use, self._facts, self._jobs):
            column.addWidget(widget)
        column.addStretch()

    def show_seen(self, seen: Seen, now: float, steady: float) -> None:
        """`now`: the time of day; `steady`: of a clock that nobody sets."""
        status = seen.status
        self._facts.show_status(status, now)
        self._use.show_seen(seen, steady)
        self._jobs_now.show_status(status if seen.running else None, now)
        self._jobs.show_jobs(status.recent_jobs if status else ())
