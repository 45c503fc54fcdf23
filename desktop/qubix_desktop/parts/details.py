"""Technical detail: folded away, and to be copied with its secrets removed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from qubix_desktop import support, theme

LINES = 2000


class Details(QWidget):
    """A fold with lines of text."""

    def __init__(self, about: Sequence[tuple[str, str]] = (), parent: QWidget | None = None):
        super().__init__(parent)
        self._about = tuple(about)
        self._fold = QPushButton()
        self._fold.setCheckable(True)
        theme.dress(self._fold, "flat")
        self._copy = QPushButton(self.tr("Copy for support"))
        theme.dress(self._copy, "flat")
        self._copy.setToolTip(self.tr("Copies these lines without secrets"))
        self._text = log_view(self.tr("Details"))
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        top = QHBoxLayout()
        top.addWidget(self._fold)
        top.addStretch()
        top.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(self._text, 1)
        column.addStretch()
        self._fold.toggled.connect(self._unfold)
        self._copy.clicked.connect(self._put_on_clipboard)
        self._unfold(False)

    def clear(self) -> None:
        self._text.clear()

    def add(self, line: str) -> None:
        self._text.appendPlainText(line)

    def _unfold(self, unfolded: bool) -> None:
        self._text.setVisible(unfolded)
        self._copy.setVisible(unfolded)
        self._fold.setText(self.tr("Hide details") if unfolded else self.tr("Show details"))

    def _put_on_clipboard(self) -> None:
        text = support.report(self._about, self._text.toPlainText().splitlines())
        QGuiApplication.clipboard().setText(text)
        self._copy.setText(self.tr("Copied"))


def log_view(name: str) -> QPlainTextEdit:
    """Lines to be read and copied; Tab leaves them, as everywhere else."""
    view = QPlainTextEdit()
    view.setReadOnly(True)
    view.setMaximumBlockCount(LINES)
    view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    view.setTabChangesFocus(True)
    view.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    view.setAccessibleName(name)
    theme.dress(view, "log")
    return view
