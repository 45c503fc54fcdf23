"""The jobs at work, each with its progress."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from qubix_desktop import words
from qubix_desktop.parts.card import card
from qubix_desktop.parts.label import Label
from qubix_worker.status import CurrentJob, Status


class JobsAtWork(QWidget):
    def __init__(self) -> None:
        super().__init__()
        frame, self._column = card(self.tr("Now"))
        self._none = Label(self.tr("No job at the moment."))
        self._rows: list[_Job] = []
        self._column.addWidget(self._none)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_status(self, status: Status | None, now: float) -> None:
        jobs = status.jobs if status else ()
        self._none.setVisible(not jobs)
        while len(self._rows) < len(jobs):
            self._rows.append(_Job())
            self._column.addWidget(self._rows[-1])
        while len(self._rows) > len(jobs):
            self._rows.pop().deleteLater()
        for row, job in zip(self._rows, jobs, strict=True):
            row.show_job(job, now)


class _Job(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._text = Label()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress of the job"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._text)
        column.addWidget(self._bar)

    def show_job(self, job: CurrentJob, now: float) -> None:
        since = words.span(max(0.0, round(now - job.started_at)))
        if job.progress_percent is None:
            self._bar.setRange(0, 0)
            text = self.tr("A {kind} job, for {time}").format(kind=job.kind, time=since)
        else:
            self._bar.setRange(0, 100)
            self._bar.setValue(round(job.progress_percent))
            text = self.tr("A {kind} job, for {time}: {share} done").format(
                kind=job.kind, time=since, share=words.percent(job.progress_percent)
            )
        if job.frozen:
            still = self.tr("It stands still while the pause lasts.")
            text = f"{text}\n{still}"
        self._text.setText(text)
        self._bar.setAccessibleDescription(text)
