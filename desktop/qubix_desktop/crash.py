"""What nobody foresaw: logged, and shown in one dialog that can be copied. Sharing goes on."""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout

from qubix_desktop import icons, support, theme
from qubix_desktop.parts.details import log_view
from qubix_desktop.parts.label import Label

log = logging.getLogger(__name__)


class CrashReporter(QObject):
    """Takes the place of Python's own exception hook while it lives."""

    _happened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._dialog: CrashDialog | None = None
        # Queued: a hook may be called on any thread, and in the middle of a paint event.
        self._happened.connect(self._show, Qt.ConnectionType.QueuedConnection)
        sys.excepthook = self._hook

    def _hook(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        log.error("unexpected", exc_info=(kind, error, trace))
        if issubclass(kind, KeyboardInterrupt):
            QGuiApplication.quit()
            return
        self._happened.emit("".join(traceback.format_exception(kind, error, trace)))

    def _show(self, text: str) -> None:
        if self._dialog is None:  # one dialog: a mistake that repeats must not fill the screen
            self._dialog = CrashDialog(text)
            self._dialog.finished.connect(self._closed)
            self._dialog.show()

    def _closed(self) -> None:
        self._dialog = None


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
