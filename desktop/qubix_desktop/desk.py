"""Who owns the windows: the wizard until this computer is set up, then tray and status window.

Signals go from the windows to here, and from here to the worker; no window knows another.
"""

from __future__ import annotations

import functools
import importlib
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

from qubix_desktop import background
from qubix_desktop.invitation import Invitation
from qubix_desktop.watcher import Seen, Watcher
from qubix_worker import __version__
from qubix_worker.errors import ControlError, Problem
from qubix_worker.settings import Settings

if TYPE_CHECKING:
    from qubix_desktop.chooser import Chooser
    from qubix_desktop.notices import Notices
    from qubix_desktop.removal import RemovalDialog
    from qubix_desktop.services import Services
    from qubix_desktop.status.history import History
    from qubix_desktop.status.window import StatusWindow, Tab
    from qubix_desktop.tray import Tray
    from qubix_desktop.updates import Versions
    from qubix_desktop.wizard import Wizard

NO_INVITATION = Invitation()
PARTS = tuple(
    f"qubix_desktop.{name}"
    for name in (
        "theme", "pages.computer", "status.history", "status.overview", "status.settings",
        "status.log", "status.window", "chooser",
    )
)  # fmt: skip
"""What the status window is made of, each of them loaded in a turn of its own: all of them at once
would keep a window that is open from answering for a tenth of a second."""


class Desk(QObject):
    removal_began = Signal()
    """What this process holds in the state folder has to be let go of."""
    over = Signal()
    """Nothing is left to show: the process may end."""

    def __init__(
        self, services: Services, kept: Settings, *, now: Callable[[], float] = time.time
    ) -> None:
        super().__init__()
        self._services = services
        self._kept = kept
        self._wizard: Wizard | None = None
        self._removal: RemovalDialog | None = None
        self._last = Seen()
        self._just_online = False
        self._closed = False
        self._now = now
        self._windows: list[StatusWindow] = []
        """The status window, once there is one."""
        self.watcher = Watcher(services.worker, self)
        self.watcher.seen.connect(self._seen)
        self.watcher.failed.connect(self._failed)

    @functools.cached_property
    def tray(self) -> Tray:
        from qubix_desktop.tray import Tray  # noqa: PLC0415 - the wizard's first page needs none

        tray = Tray(self._now, self)
        tray.show_seen(self._last)
        tray.status_wanted.connect(self.open_status)
        tray.settings_wanted.connect(lambda: self.open_status("settings"))
        tray.logs_wanted.connect(lambda: self.open_status("log"))
        tray.updates_wanted.connect(self._check_for_updates)
        self._connect_face(tray)
        return tray

    @functools.cached_property
    def window(self) -> StatusWindow:
        """Made when it is first wanted: the tray alone shall cost little."""
        from qubix_desktop.chooser import Chooser  # noqa: PLC0415
        from qubix_desktop.status.window import StatusWindow  # noqa: PLC0415

        window = StatusWindow(self._now, log=self._services.paths.log, history=self._history)
        window.show_seen(self._last)
        window.copy_wanted.connect(self._copy_for_support)
        window.closed.connect(self._window_closed)
        self._chooser = Chooser(self._services.chosen, self._services.change, self)
        self._connect_settings(window, self._chooser)
        self._connect_face(window)
        self._windows.append(window)
        return window

    @functools.cached_property
    def _history(self) -> History:
        from qubix_desktop.status.history import History  # noqa: PLC0415

        return History()

    @functools.cached_property
    def _notices(self) -> Notices:
        from qubix_desktop.notices import Notices  # noqa: PLC0415

        return Notices()

    def _connect_face(self, face: Tray | StatusWindow) -> None:
        face.pause_wanted.connect(self._pause)
        face.resume_wanted.connect(self._resume)
        face.start_wanted.connect(self.start_sharing)
        face.restart_wanted.connect(self._restart)
        face.removal_wanted.connect(self.remove)
        face.setup_wanted.connect(self.set_up_again)
        face.quit_wanted.connect(self._quit)

    def open_wizard(
        self, invitation: Invitation, *, existing: bool = False, forgotten: bool = False
    ) -> None:
        """For a computer that is not set up, or one that was invited elsewhere (`existing`), or
        that its network has `forgotten`."""
        from qubix_desktop.wizard import Wizard  # noqa: PLC0415 - not for the tray

        wizard = Wizard(
            self._services, invitation, self._kept, existing=existing, forgotten=forgotten
        )
        self._wizard = wizard
        wizard.went_online.connect(self._went_online)
        wizard.status_wanted.connect(self.open_status)
        wizard.removal_began.connect(self.removal_began)
        wizard.closed.connect(self._wizard_closed)
        wizard.show()

    def open_tray(self, *, start: bool) -> None:
        """For a computer that is set up. `start`: the worker too, where none runs."""
        if start:
            self.watcher.tell(self._start_where_none_runs)
        self.watcher.start()
        self.tray.show()
        task = background.once(self._services.former_version)
        task.came.connect(self._look_at_former_version)
        task.start()

    def open_status(self, tab: Tab | None = None) -> None:
        if not self._windows and (missing := [one for one in PARTS if one not in sys.modules]):
            importlib.import_module(missing[0])
            QTimer.singleShot(0, self, lambda: self.open_status(tab))
            return
        if tab:
            self.window.show_tab(tab)
        self._raise(self.window)
        self.watcher.look()

    def set_up_again(self) -> None:
        """Opens the wizard on a computer that is set up: to change, repair, move or remove."""
        self._open_existing(NO_INVITATION)

    def come_up(self, invitation: Invitation = NO_INVITATION) -> None:
        """A second start: what is open comes to the front. One with an invitation to another
        network asks what to do with it."""
        if self._removal is None and self._wizard is None and invitation.complete:
            self._open_existing(invitation)
            return
        if self._wizard and self._removal is None:
            self._wizard.invite(invitation)
        if window := self._removal or self._wizard:
            self._raise(window)
        else:
            self.open_status()

    def _open_existing(self, invitation: Invitation) -> None:
        """With the settings as they are now: they may have changed since the application began."""
        if self._wizard:
            self._raise(self._wizard)
            return
        task = background.once(self._services.kept)
        task.came.connect(lambda kept: self._came_to_existing(kept, invitation))
        task.start()

    def _came_to_existing(self, kept: Settings, invitation: Invitation) -> None:
        self._kept = kept
        if invitation.complete and kept.server in invitation.servers:
            self.open_status()
        elif self._wizard is None:
            status = self._last.status
            if invitation == NO_INVITATION and status and status.forgotten and kept.server:
                known = Invitation((kept.server,))  # only a code is missing
                self.open_wizard(known, existing=True, forgotten=True)
            else:
                self.open_wizard(invitation, existing=True)

    def start_sharing(self) -> None:
        self._forget_problem()
        self.watcher.tell(self._start_where_none_runs)

    def remove(self) -> None:
        if self._removal is None:
            from qubix_desktop.removal import RemovalDialog  # noqa: PLC0415

            self._removal = RemovalDialog(self._services)
            self._removal.began.connect(self.removal_began)
            self._removal.removed.connect(self._removed)
            self._removal.finished.connect(self._removal_closed)
        self._raise(self._removal)

    def close(self) -> None:
        """Ends what is shown; the worker goes on."""
        self.watcher.stop()
        if "tray" in vars(self):
            self.tray.hide()
        self._closed = True
        if self._wizard:
            self._wizard.abandon()

    def _raise(self, window: QWidget) -> None:
        from PySide6.QtCore import Qt  # noqa: PLC0415 - it is large: the tray alone needs none

        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    def _went_online(self) -> None:
        if not self.watcher.running:  # else it was online before
            self._just_online = True
            self.open_tray(start=False)

    def _wizard_closed(self, set_up: bool) -> None:
        self._wizard = None
        if self._closed:  # a window goes after that as well, and leads on to nothing
            return
        if not set_up:
            self.over.emit()
            return
        if not self.watcher.running:
            self.open_tray(start=True)
            self.open_status()
        elif not QSystemTrayIcon.isSystemTrayAvailable():
            self.open_status()

    def _window_closed(self) -> None:
        # Without a tray nothing would be left on the screen to come back by.
        if not QSystemTrayIcon.isSystemTrayAvailable() and self._wizard is None:
            self.over.emit()

    def _removal_closed(self) -> None:
        self._removal = None

    def _removed(self) -> None:
        self.over.emit()

    def _seen(self, seen: Seen) -> None:
        from qubix_desktop.view import view  # noqa: PLC0415

        self._last = seen
        self.tray.show_seen(seen)
        for window in self._windows:
            window.show_seen(seen)
        if not self._windows:
            self._history.add(seen, time.monotonic())
        shown = view(seen, self._now())
        if self._notices.is_news(seen, shown, time.monotonic()):
            self.tray.announce_attention(shown)
        if self._just_online and seen.status and not seen.problem:
            self._just_online = False
            self.tray.announce_online(seen.status.name)

    def _forget_problem(self) -> None:
        for window in self._windows:
            window.show_problem(None)

    def _failed(self, problem: Problem) -> None:
        self.window.show_problem(problem)

    def _pause(self, seconds: float | None) -> None:
        self.watcher.tell(lambda: self._services.worker.pause(seconds))

    def _resume(self) -> None:
        self.watcher.tell(self._services.worker.resume)

    def _restart(self) -> None:
        """Of a worker that does not answer: `stop` ends it by a signal then."""
        self._forget_problem()
        self.watcher.tell(self._stop_and_start)

    def _stop_and_start(self) -> None:
        try:
            self._services.worker.stop()
        except ControlError as error:
            if error.problem.code != "worker_not_running":
                raise
        self._services.start_worker()

    def _check_for_updates(self) -> None:
        self.open_status()
        task = background.once(self._services.versions)
        task.came.connect(self._show_versions)
        task.failed.connect(self._failed)
        task.start()

    def _show_versions(self, versions: Versions) -> None:
        from qubix_desktop import updates  # noqa: PLC0415

        self.window.show_notice(updates.told(versions))

    def _look_at_former_version(self, former: str | None) -> None:
        if former:
            self.tray.announce_updated(__version__)

    def _start_where_none_runs(self) -> None:
        try:
            self._services.worker.status()
        except ControlError as error:
            if error.problem.code != "worker_not_running":
                raise
            self._services.start_worker()

    def _quit(self, stop: bool) -> None:
        if stop and self._last.running:
            self.watcher.tell(self._services.worker.stop, self.over.emit)
        else:
            self.over.emit()

    def _connect_settings(self, window: StatusWindow, chooser: Chooser) -> None:
        tab = window.settings
        window.settings_wanted.connect(chooser.look)
        tab.chosen.connect(chooser.change)
        tab.cards_wanted.connect(self._find_cards)
        chooser.known.connect(tab.show_settings)
        chooser.kept.connect(tab.show_kept)
        chooser.refused.connect(tab.show_refused)
        chooser.unknown.connect(tab.show_unknown)

    def _find_cards(self) -> None:
        task = background.once(lambda: tuple(self._services.find_hardware()))
        task.came.connect(self.window.settings.show_cards)
        task.start()

    def _copy_for_support(self, about: list[tuple[str, str]]) -> None:
        task = background.once(lambda: self._services.support(about))
        task.came.connect(self._copied)
        task.failed.connect(self.window.show_problem)
        task.start()

    def _copied(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.window.say_copied()
