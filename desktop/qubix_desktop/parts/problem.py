"""A failure: what happened, what to do, and the button that does it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from qubix_desktop import theme
from qubix_desktop.parts.glyph import GlyphLabel
from qubix_desktop.parts.label import Label
from qubix_desktop.words import said
from qubix_worker.errors import Problem


class ProblemBox(QFrame):
    """Shows a Problem, or hides itself where there is none."""

    pressed = Signal()

    def __init__(self, button: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, "problem")
        self._text = button
        self._is_filled = False
        self.hide()

    def show_problem(self, problem: Problem | None, button: str | None = None) -> None:
        self._text = self._text if button is None else button
        if problem:
            if not self._is_filled:
                self._fill()
            self._button.setText(self._text)
            self._button.setVisible(bool(self._text))
            self._happened.setText(said(problem.happened))
            self._todo.setText(said(problem.todo))
            self.setAccessibleName(f"{said(problem.happened)} {said(problem.todo)}")
        self.setVisible(problem is not None)

    def _fill(self) -> None:
        """Only where there is something to show: the first page has nothing, and does not wait."""
        from PySide6.QtCore import Qt  # noqa: PLC0415 - it is large

        self._is_filled = True
        self._happened = Label(role="strong", selectable=True)
        self._todo = Label(selectable=True)
        self._button = QPushButton()
        self._button.clicked.connect(self.pressed)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addWidget(self._happened)
        texts.addWidget(self._todo)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 12, 14, 12)
        row.setSpacing(12)
        # Not by a stretch: the box would then claim a share of the page's empty room.
        row.addWidget(GlyphLabel("problem", "bad", 22), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        row.addWidget(self._button)
