"""The first tab: who this computer is here, how much of it is in use, and its jobs."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from qubix_desktop.status.facts import Facts
from qubix_desktop.status.job import JobAtWork
from qubix_desktop.status.jobs import LastJobs
from qubix_desktop.status.use import Use
from qubix_worker.status import Status


class Overview(QWidget):
    """Server, name, use, the job at work and the last ones."""

    def __init__(self) -> None:
        super().__init__()
        self._facts = Facts()
        self._use = Use()
        self._job = JobAtWork()
        self._jobs = LastJobs()
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._facts, 1)
        top.addWidget(self._use, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 14, 0, 0)
        column.setSpacing(12)
        column.addLayout(top)
        column.addWidget(self._job)
        column.addWidget(self._jobs, 1)

    def show_status(self, status: Status | None, now: float, *, sharing: bool) -> None:
        self._facts.show_status(status, now)
        self._use.show_status(status if sharing else None)
        self._job.show_status(status if sharing else None, now)
        self._jobs.show_jobs(status.recent_jobs if status else ())
