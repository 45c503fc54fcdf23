"""The status window: the state in one line, what can be done about it, and a tab for the rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QMenu,
    QPushButton,
    QSystemTrayIcon,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from qubix_desktop import icons
from qubix_desktop.parts.label import Label
from qubix_desktop.parts.picture import Picture
from qubix_desktop.parts.problem import ProblemBox
from qubix_desktop.status.history import History
from qubix_desktop.status.log import LogTab
from qubix_desktop.status.overview import Overview
from qubix_desktop.status.settings import SettingsTab
from qubix_desktop.tray import HOUR_SECONDS, seconds_until_tomorrow
from qubix_desktop.view import View, view
from qubix_desktop.watcher import Seen
from qubix_worker.errors import Problem

Tab = Literal["overview", "settings", "log"]
TABS: tuple[Tab, ...] = ("overview", "settings", "log")


class StatusWindow(QWidget):
    """Emits what a person wants; draws what it is shown."""

    pause_wanted = Signal(object)
    resume_wanted = Signal()
    start_wanted = Signal()
    restart_wanted = Signal()
    removal_wanted = Signal()
    setup_wanted = Signal()
    quit_wanted = Signal(bool)
    closed = Signal()
    settings_wanted = Signal()
    """They are looked at: `settings.show_settings` is awaited."""
    copy_wanted = Signal(list)
    """Copy for support, with these facts; `say_copied` is awaited."""

    def __init__(
        self,
        now: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        log: Path | None = None,
        history: History | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("QUBIX"))
        self.setWindowIcon(icons.application())
        self.resize(720, 700)
        self.setMinimumSize(560, 480)
        self._now = now
        self._steady = steady
        self._seen = Seen()
        self._view = View("starting", "")
        self._picture = Picture("tray-starting", 44)
        self._title = Label(role="title", selectable=True)
        self._detail = Label(role="muted", selectable=True)
        self._primary = QPushButton()
        self._primary.clicked.connect(self._do_primary)
        self._more = QPushButton(self.tr("More"))
        self._more.setMenu(self._more_menu())
        self._problem = ProblemBox()
        self._notice = Label(role="strong", selectable=True)
        self._notice.say("")
        self._no_tray = Label(
            self.tr(
                "This desktop shows no small icons at its edge, so this window is where you "
                "control QUBIX. Open QUBIX again to come back here."
            ),
            "muted",
        )
        self._no_tray.setVisible(not QSystemTrayIcon.isSystemTrayAvailable())
        self._overview = Overview(history)
        self.settings = SettingsTab()
        self.settings.setup_wanted.connect(self.setup_wanted)
        self._log = LogTab(log)
        self._log.copy_wanted.connect(self._copy_for_support)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.tabBar().setDrawBase(False)
        self._tabs.addTab(self._overview, self.tr("Overview"))
        self._tabs.addTab(self.settings, self.tr("Settings"))
        self._tabs.addTab(self._log, self.tr("Log"))
        self._tabs.currentChanged.connect(self._tab_changed)
        self._lay_out()
        self.show_seen(Seen())

    def show_seen(self, seen: Seen) -> None:
        now = self._now()
        self._seen = seen
        self._view = view(seen, now)
        self._picture.show_picture(f"tray-{self._view.icon}")
        self._title.setText(self._view.title)
        self._detail.say(self._view.detail)
        text, _ = self._main_action()
        self._primary.setVisible(bool(text))
        self._primary.setText(text)
        self._overview.show_seen(seen, now, self._steady())
        if self.settings.isVisible():
            self.settings_wanted.emit()

    def show_problem(self, problem: Problem | None) -> None:
        """What a person asked for did not work."""
        self._notice.say("")
        self._problem.show_problem(problem)

    def show_notice(self, text: str) -> None:
        """An answer to what a person asked; it goes with the window, or with the next one."""
        self._problem.show_problem(None)
        self._notice.say(text)

    def say_copied(self) -> None:
        """What was to be copied for support is on the clipboard."""
        self._log.say_copied()

    def show_tab(self, tab: Tab) -> None:
        """Turns to it."""
        self._tabs.setCurrentIndex(TABS.index(tab))

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._notice.say("")
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus; Qt does so in dialogs only."""
        focus = self.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focus, QPushButton):
            focus.click()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate:
            self._no_tray.setVisible(not QSystemTrayIcon.isSystemTrayAvailable())
        return super().event(event)

    def _lay_out(self) -> None:
        head = QGridLayout()
        head.setHorizontalSpacing(16)
        head.setVerticalSpacing(2)
        head.setColumnStretch(1, 1)
        head.addWidget(self._picture, 0, 0, 2, 1)
        head.addWidget(self._title, 0, 1)
        head.addWidget(self._primary, 0, 2)
        head.addWidget(self._more, 0, 3)
        head.addWidget(self._detail, 1, 1, 1, 3)  # all the room there is: it may be long
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(14)
        column.addLayout(head)
        column.addWidget(self._problem)
        column.addWidget(self._notice)
        column.addWidget(self._tabs, 1)
        column.addWidget(self._no_tray)

    def _more_menu(self) -> QMenu:
        menu = QMenu(self)
        self._pause_menu = menu.addMenu(self.tr("Pause"))
        entries: tuple[tuple[QMenu, str, Callable[[], object]], ...] = (
            (self._pause_menu, self.tr("For 1 hour"),
             lambda: self.pause_wanted.emit(HOUR_SECONDS)),
            (self._pause_menu, self.tr("Until tomorrow"),
             lambda: self.pause_wanted.emit(seconds_until_tomorrow(self._now()))),
            (self._pause_menu, self.tr("Until I resume"), lambda: self.pause_wanted.emit(None)),
            (menu, self.tr("Set up again…"), self.setup_wanted.emit),
            (menu, self.tr("Remove from this computer…"), self.removal_wanted.emit),
            (menu, self.tr("Quit and keep sharing"), lambda: self.quit_wanted.emit(False)),
            (menu, self.tr("Quit and stop sharing"), lambda: self.quit_wanted.emit(True)),
        )  # fmt: skip
        for parent, text, call in entries:
            action = parent.addAction(text)
            action.triggered.connect(lambda _, call=call: call())
        menu.aboutToShow.connect(
            lambda: self._pause_menu.menuAction().setVisible(self._view.can_pause)
        )
        return menu

    def _main_action(self) -> tuple[str, Callable[[], object]]:
        """What the state asks for most: the words on its button, and what that does."""
        for can, text, call in (
            (self._view.can_start, self.tr("Start sharing"), self.start_wanted.emit),
            (self._view.can_restart, self.tr("Restart sharing"), self.restart_wanted.emit),
            (self._view.can_join, self.tr("Set up again…"), self.setup_wanted.emit),
            (self._view.can_resume, self.tr("Resume"), self.resume_wanted.emit),
            (self._view.can_pause, self.tr("Pause"), lambda: self.pause_wanted.emit(None)),
        ):
            if can:
                return text, call
        return "", lambda: None

    def _do_primary(self) -> None:
        self._problem.show_problem(None)
        _, call = self._main_action()
        call()

    def _tab_changed(self) -> None:
        if self._tabs.currentWidget() is self.settings:
            self.settings_wanted.emit()

    def _copy_for_support(self) -> None:
        status = self._seen.status
        about = [("State", f"{self._view.title} {self._view.detail}")]
        if status:
            about += [
                ("Name", status.name),
                ("Network", f"{status.server_name} {status.server}"),
                ("Worker", f"{status.version}, {status.worker_id}"),
            ]
        self.copy_wanted.emit(about)
