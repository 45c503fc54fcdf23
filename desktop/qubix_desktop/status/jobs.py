"""The last jobs, the newest first."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from qubix_desktop import words
from qubix_desktop.parts.card import card
from qubix_desktop.parts.label import Label
from qubix_worker.status import FinishedJob

JOBS_SHOWN = 8


class LastJobs(QWidget):
    def __init__(self) -> None:
        super().__init__()
        frame, column = card(self.tr("Last jobs"))
        self._shown: tuple[FinishedJob, ...] | None = None
        self._none = Label(self.tr("None yet."), "muted")
        self._table = QTableWidget(0, 4)
        self._table.setAccessibleName(self.tr("Last jobs"))
        self._table.setHorizontalHeaderLabels(
            [self.tr("Ended"), self.tr("Kind"), self.tr("Outcome"), self.tr("Took")]
        )
        self._table.verticalHeader().hide()
        self._table.setShowGrid(False)
        self._table.setFrameShape(QFrame.Shape.NoFrame)
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self._table.setTabKeyNavigation(False)
        header = self._table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        column.addWidget(self._none)
        column.addWidget(self._table)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_jobs(self, jobs: tuple[FinishedJob, ...]) -> None:
        if jobs == self._shown:
            return
        self._shown = jobs
        self._none.setVisible(not jobs)
        self._table.setVisible(bool(jobs))
        self._table.setRowCount(min(len(jobs), JOBS_SHOWN))
        self._table.setFixedHeight(self._height())
        for row, job in enumerate(jobs[:JOBS_SHOWN]):
            outcome = words.outcome(job.outcome) + (f": {job.reason}" if job.reason else "")
            texts = (words.clock(job.finished_at), job.kind, outcome, words.span(job.seconds))
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text if column == 2 else "")
                self._table.setItem(row, column, item)

    def _height(self) -> int:
        """All rows: what is above them scrolls, and they do with it."""
        rows = sum(self._table.rowHeight(row) for row in range(self._table.rowCount()))
        return self._table.horizontalHeader().sizeHint().height() + rows + 2
