"""One setting: what it is, its value, and what became of the last change to it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from qubix_desktop import theme
from qubix_desktop.parts.editors import Editor
from qubix_desktop.parts.label import Label
from qubix_desktop.words import said
from qubix_worker.errors import Problem


class Setting(QWidget):
    chosen = Signal(str, object)
    """Its key, and the value that a person wants."""

    def __init__(self, key: str, title: str, note: str, editor: Editor, *, wide: bool) -> None:
        """`wide`: the editor takes the whole row, and says by itself what it is."""
        super().__init__()
        self.key = key
        self._editor = editor
        self._changing = False
        self._outcome = Label()
        self._outcome.say("")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        if wide:
            column.addWidget(editor)
        else:
            label = Label(title)
            row = QHBoxLayout()
            row.addWidget(label, 1)
            row.addWidget(editor)
            column.addLayout(row)
        editor.name(title, note)
        below = QVBoxLayout()
        below.setSpacing(3)
        if note:
            below.addWidget(Label(note, "muted"))
        below.addWidget(self._outcome)
        indented = QHBoxLayout()
        indented.addSpacing(theme.INDENT if wide else 0)
        indented.addLayout(below, 1)
        column.addLayout(indented)
        editor.chosen.connect(self._choose)

    def show_value(self, value: Any) -> None:
        """What is in force, unless somebody is at it."""
        if not self._changing and not self._editor.is_edited():
            self._editor.show_value(value)

    def show_kept(self, *, in_force: bool) -> None:
        self._changing = False
        self._say(
            self.tr("In force now.") if in_force else self.tr("Kept for when sharing starts."),
            "good",
        )

    def show_refused(self, problem: Problem) -> None:
        self._changing = False
        self._say(f"{said(problem.happened)} {said(problem.todo)}", "bad")

    def forget(self) -> None:
        """What was said of the last change is read by now."""
        if not self._changing:
            self._outcome.say("")

    def _choose(self, value: Any) -> None:
        self._changing = True
        self._say(self.tr("Changing…"), "muted")
        self.chosen.emit(self.key, value)

    def _say(self, text: str, role: theme.Role) -> None:
        theme.dress(self._outcome, role)
        self._outcome.say(text)
