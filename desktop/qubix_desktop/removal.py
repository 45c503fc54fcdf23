"""Removing QUBIX: one question, then what is done, step by step."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from qubix_desktop import background, icons, theme
from qubix_desktop.checklist import Checklist, Row
from qubix_desktop.parts.label import Label
from qubix_desktop.parts.problem import ProblemBox
from qubix_desktop.parts.steps import StepList
from qubix_desktop.services import Services
from qubix_worker.errors import Problem
from qubix_worker.setup.steps import Progress
from qubix_worker.setup.uninstall import TITLES


class RemovalDialog(QDialog):
    """`removed` comes when QUBIX is gone and the person has read so."""

    began = Signal()
    removed = Signal()

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Remove QUBIX"))
        self.setWindowIcon(icons.application())
        self.setMinimumWidth(460)
        self._services = services
        self._state = Checklist(tuple(Row(key, title, 1.0) for key, title in TITLES.items()))
        self._gone = False
        self._title = Label(self.tr("Remove QUBIX from this computer?"), "big")
        self._text = Label(
            self.tr("It stops sharing, leaves the network, and no longer starts when you sign in.")
        )
        self._purge = QCheckBox(self.tr("Forget my choices as well"))
        self._list = StepList()
        self._list.hide()
        self._problem = ProblemBox()
        self._remove = QPushButton(self.tr("Remove"))
        theme.dress(self._remove, "primary")
        self._remove.clicked.connect(self._begin)
        self._keep = QPushButton(self.tr("Keep it"))
        self._keep.setDefault(True)
        self._keep.clicked.connect(self.reject)
        self._keep.setFocus()
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self._keep)
        buttons.addWidget(self._remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(12)
        for widget in (self._title, self._text, self._purge, self._list, self._problem):
            column.addWidget(widget)
        column.addStretch()
        column.addLayout(buttons)

    def reject(self) -> None:
        """Each way to close it ends here: its buttons, Escape, the window's own cross."""
        if self._list.isVisible() and self._state.mood == "working":
            return  # it lasts seconds, and half a removal helps nobody
        super().reject()
        if self._gone:
            self.removed.emit()

    def _begin(self) -> None:
        purge = self._purge.isChecked()
        self._state = Checklist(tuple(Row(key, title, 1.0) for key, title in TITLES.items()))
        self._title.setText(self.tr("Removing QUBIX"))
        self._text.hide()
        self._purge.hide()
        self._problem.show_problem(None)
        self._list.show_checklist(self._state)
        self._list.show()
        self._keep.setEnabled(False)
        self._remove.setEnabled(False)
        self.began.emit()
        task = background.Task(lambda _: self._services.uninstall(purge))
        task.came.connect(self._news)
        task.failed.connect(self._broke)
        task.ended.connect(self._ended)
        task.start()

    def _news(self, progress: Progress) -> None:
        self._state = self._state.after(progress)
        self._list.show_checklist(self._state)

    def _broke(self, problem: Problem) -> None:
        self._state = self._state.failed(problem)

    def _ended(self) -> None:
        states = {row.key: row.state for row in self._state.rows}
        # A network that can't be told finds out by itself, when nothing more is heard.
        self._gone = states.get("remove") == "done"
        self._keep.setEnabled(True)
        self._keep.setText(self.tr("Close"))
        if self._gone:
            self._state = Checklist(self._state.rows, "done")
            self._title.setText(self.tr("QUBIX has been removed"))
            self._remove.hide()
        else:
            problem = self._state.problem
            self._state = Checklist(self._state.rows, "failed", problem)
            self._title.setText(self.tr("QUBIX could not be removed"))
            self._problem.show_problem(problem)
            self._remove.setText(self.tr("Try again"))
            self._remove.setEnabled(True)
        self._list.show_checklist(self._state)
        self._keep.setFocus()
