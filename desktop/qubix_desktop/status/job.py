"""The job at work."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from qubix_desktop import words
from qubix_desktop.parts.card import card
from qubix_desktop.parts.label import Label
from qubix_worker.status import Status


class JobAtWork(QWidget):
    def __init__(self) -> None:
        super().__init__()
        frame, column = card(self.tr("Now"))
        self._text = Label()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress of the job"))
        column.addWidget(self._text)
        column.addWidget(self._bar)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_status(self, status: Status | None, now: float) -> None:
        job = status.job if status else None
        self._bar.setVisible(job is not None)
        if job is None:
            self._text.setText(self.tr("No job at the moment."))
            return
        since = words.span(max(0.0, round(now - job.started_at)))
        if job.progress_percent is None:
            self._bar.setRange(0, 0)
            text = self.tr("A {kind} job, for {time}")
            self._text.setText(text.format(kind=job.kind, time=since))
        else:
            self._bar.setRange(0, 100)
            self._bar.setValue(round(job.progress_percent))
            text = self.tr("A {kind} job, for {time}: {share} done")
            share = words.percent(job.progress_percent)
            self._text.setText(text.format(kind=job.kind, time=since, share=share))
