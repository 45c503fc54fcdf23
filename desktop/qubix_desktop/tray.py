"""The tray's icon: its shape is the worker's state, its menu what fits it."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from qubix_desktop import icons
from qubix_desktop.view import View, view
from qubix_desktop.watcher import Seen

HOUR_SECONDS = 3600.0


class Tray(QObject):
    """Emits what a person wants; draws what it is shown. It asks nobody."""

    status_wanted = Signal()
    pause_wanted = Signal(object)
    """For how many seconds; None: until resumed."""
    resume_wanted = Signal()
    start_wanted = Signal()
    restart_wanted = Signal()
    settings_wanted = Signal()
    logs_wanted = Signal()
    updates_wanted = Signal()
    setup_wanted = Signal()
    removal_wanted = Signal()
    quit_wanted = Signal(bool)
    """True: stop sharing as well."""
    announced = Signal(str, str)
    """Title and text of a notification."""

    def __init__(
        self,
        now: Callable[[], float] = time.time,
        parent: QObject | None = None,
        *,
        is_dark: Callable[[], bool] = icons.is_dark,
    ) -> None:
        super().__init__(parent)
        self._now = now
        self._is_dark = is_dark
        self.menu = QMenu()
        self.headline = self._add(self.menu, "", self.status_wanted.emit)
        self.menu.addSeparator()
        self._add(self.menu, self.tr("Open status"), self.status_wanted.emit)
        self._pause = self.menu.addMenu(self.tr("Pause"))
        self._add(self._pause, self.tr("For 1 hour"), lambda: self.pause_wanted.emit(HOUR_SECONDS))
        self._add(self._pause, self.tr("Until tomorrow"), self._pause_until_tomorrow)
        self._add(self._pause, self.tr("Until I resume"), lambda: self.pause_wanted.emit(None))
        self._resume = self._add(self.menu, self.tr("Resume"), self.resume_wanted.emit)
        self._start = self._add(self.menu, self.tr("Start sharing"), self.start_wanted.emit)
        self._restart = self._add(self.menu, self.tr("Restart sharing"), self.restart_wanted.emit)
        self.menu.addSeparator()
        self._add(self.menu, self.tr("Settings…"), self.settings_wanted.emit)
        self._add(self.menu, self.tr("Logs"), self.logs_wanted.emit)
        self._add(self.menu, self.tr("Check for updates"), self.updates_wanted.emit)
        self.menu.addSeparator()
        self._add(self.menu, self.tr("Set up again…"), self.setup_wanted.emit)
        self._add(self.menu, self.tr("Remove from this computer…"), self.removal_wanted.emit)
        quits = self.menu.addMenu(self.tr("Quit"))
        self._keep = self._add(
            quits, self.tr("Quit and keep sharing"), lambda: self.quit_wanted.emit(False)
        )
        self._stop = self._add(
            quits, self.tr("Quit and stop sharing"), lambda: self.quit_wanted.emit(True)
        )
        self.icon = QSystemTrayIcon(icons.of_state("starting"), self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        self._shown: View | None = None
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._wear)
        self.show_seen(Seen())

    def show(self) -> None:
        self.icon.show()

    def hide(self) -> None:
        self.icon.hide()

    def show_seen(self, seen: Seen) -> None:
        shown = view(seen, self._now())
        if shown == self._shown:
            return
        self._shown = shown
        self._wear()
        self.icon.setToolTip(shown.tooltip)
        self.headline.setText(shown.title)
        self._pause.menuAction().setVisible(shown.can_pause)
        self._resume.setVisible(shown.can_resume)
        self._start.setVisible(shown.can_start)
        self._restart.setVisible(shown.can_restart)
        self._stop.setVisible(shown.can_stop)
        self._keep.setText(
            self.tr("Quit and keep sharing") if shown.can_stop else self.tr("Quit QUBIX")
        )

    def announce_online(self, name: str) -> None:
        """Said once: a person must know that it works from now on."""
        self._announce(
            self.tr("This computer is online"),
            self.tr("It shares as {name}. Here you pause or stop it.").format(name=name),
        )

    def announce_attention(self, shown: View) -> None:
        self._announce(shown.title, shown.detail)

    def announce_updated(self, version: str) -> None:
        self._announce(
            self.tr("QUBIX has been updated"),
            self.tr("It is version {version} now.").format(version=version),
        )

    def _announce(self, title: str, text: str) -> None:
        self.icon.showMessage(title, text, icons.application())
        self.announced.emit(title, text)

    def _wear(self) -> None:
        """The icon that is told apart from the panel: light on a dark one."""
        state = self._shown.icon if self._shown else "starting"
        icon = icons.of_state(state, dark=self._is_dark())
        self.icon.setIcon(icon)
        self.headline.setIcon(icon)

    def _add(self, menu: QMenu, text: str, call: Callable[[], object]) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _: call())
        return action

    def _pause_until_tomorrow(self) -> None:
        self.pause_wanted.emit(seconds_until_tomorrow(self._now()))

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (
            QSystemTrayIcon.ActivationReason.Trigger,
            QSystemTrayIcon.ActivationReason.DoubleClick,
        ):
            self.status_wanted.emit()


def seconds_until_tomorrow(now: float) -> float:
    """Until eight in the morning of the next day: `tomorrow` is not one minute after midnight."""
    today = datetime.datetime.fromtimestamp(now)
    tomorrow = (today + datetime.timedelta(days=1)).replace(
        hour=8, minute=0, second=0, microsecond=0
    )
    return tomorrow.timestamp() - now
