"""What a person sees of a mistake of the program: one dialog, and Copy for support."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout

from qubix_desktop import icons, support, theme
from qubix_desktop.parts.details import log_view
from qubix_desktop.parts.label import Label


class CrashDialog(QDialog):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.setWindowTitle("QUBIX")
        self.setWindowIcon(icons.application())
        self.resize(560, 380)
        self._text = text
        view = log_view(self.tr("Details"))
        view.setPlainText(support.without_secrets(text))
        self._copy = QPushButton(self.tr("Copy for support"))
        self._copy.clicked.connect(self._put_on_clipboard)
        close = QPushButton(self.tr("Close"))
        theme.dress(close, "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self._copy)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(10)
        column.addWidget(Label(self.tr("Something unexpected went wrong in this window"), "big"))
        column.addWidget(
            Label(
                self.tr(
                    "Sharing is not touched by it and goes on. If it happens again, copy this "
                    "and send it to the people who run the network."
                )
            )
        )
        column.addWidget(view, 1)
        column.addLayout(buttons)

    def _put_on_clipboard(self) -> None:
        QGuiApplication.clipboard().setText(support.report((), self._text.splitlines()))
        self._copy.setText(self.tr("Copied"))
