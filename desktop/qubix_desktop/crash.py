"""What nobody foresaw: logged, and shown in one dialog that can be copied. Sharing goes on."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)
from PySide6.QtGui import QGuiApplication

if TYPE_CHECKING:
    from qubix_desktop.crash_dialog import CrashDialog

log = logging.getLogger(__name__)

LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class CrashReporter(QObject):
    """Takes the place of Python's own hooks, and of Qt's, while it lives.

    `last_words`: a file for what ends this process at once, which no dialog can be shown of; it is
    shown when the next one begins.
    """

    _happened = Signal(str)

    def __init__(self, last_words: Path | None = None) -> None:
        super().__init__()
        self._dialog: CrashDialog | None = None
        self._shown: set[str] = set()
        self._last_words: IO[str] | None = None
        self._listening = threading.Lock()
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook
        sys.unraisablehook = self._unraisable_hook
        qInstallMessageHandler(self._said_by_qt)
        if last_words:
            self._listen_for_last_words(last_words)

    def close(self) -> None:
        """This process ends as it should."""
        qInstallMessageHandler(None)
        if self._last_words:
            faulthandler.disable()
            self._last_words.close()
            with contextlib.suppress(OSError):
                Path(self._last_words.name).unlink()

    def _listen_for_last_words(self, path: Path) -> None:
        try:
            said = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
            self._last_words = path.open("w", encoding="utf-8")
        except OSError:
            log.warning("what ends this process at once will not be known", exc_info=True)
            return
        faulthandler.enable(self._last_words)
        if said.strip():
            log.error("the former process ended at once: %s", said)
            self._tell(said)

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
        self._tell("".join(traceback.format_exception(kind, error, trace)))

    def _thread_hook(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            self._hook(args.exc_type, args.exc_value, args.exc_traceback)

    def _unraisable_hook(self, args: sys.UnraisableHookArgs) -> None:
        # While something is thrown away: nobody waits for it, and nothing is amiss on the screen.
        if args.exc_value is not None:
            log.error(
                "unexpected, while an object went",
                exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
            )

    def _said_by_qt(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        log.log(LEVELS.get(kind, logging.WARNING), "Qt: %s", text)
        if kind == QtMsgType.QtFatalMsg and self._last_words:
            self._last_words.write(f"Qt: {text}\n")  # then Qt ends this process
            self._last_words.flush()

    def _tell(self, text: str) -> None:
        if self._listening.acquire(blocking=False):  # once, and kept
            from PySide6.QtCore import Qt  # noqa: PLC0415 - it is large, and seldom needed here

            # Queued: a hook may be called on any thread, and in the middle of a paint event.
            self._happened.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self._happened.emit(text)

    def _show(self, text: str) -> None:
        # One dialog: a mistake that repeats must not fill the screen, nor come back when it is
        # closed.
        if self._dialog is not None or text in self._shown:
            return
        self._shown.add(text)
        try:
            from qubix_desktop.crash_dialog import CrashDialog  # noqa: PLC0415 - it is seldom needed

            self._dialog = CrashDialog(text)
            self._dialog.finished.connect(self._closed)
            self._dialog.show()
        except Exception:  # the edge: an error here would call for the next dialog
            log.exception("the dialog could not be shown")

    def _closed(self) -> None:
        self._dialog = None
