"""Every page and state of the windows, one after the other, as a person would come to it.

`scenes` opens the real windows on a made-up world, and yields each as soon as it shows what it is
to show. Pictures are taken of them (tools/screenshots.py), and tests walk through them.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import made_up
from made_up import NOW, Gate
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QPushButton, QTableView, QWidget

from qubix_desktop import background
from qubix_desktop.crash_dialog import CrashDialog
from qubix_desktop.flow import Page
from qubix_desktop.invitation import Invitation
from qubix_desktop.removal import RemovalDialog
from qubix_desktop.services import Services
from qubix_desktop.status.window import StatusWindow
from qubix_desktop.tray import Tray
from qubix_desktop.watcher import Seen
from qubix_desktop.wizard import Wizard
from qubix_worker.paths import Paths

WAIT_SECONDS = 15.0


@dataclass(frozen=True)
class Scene:
    name: str
    window: QWidget


def scenes(paths: Paths, *, smallest: bool = False) -> Iterator[Scene]:
    """All of them. `smallest`: each window is as small as a person can make it."""
    for part in (welcome, way, failures, existing, status, tray, removal, crash):
        for scene in part(paths):
            settle()
            if not isinstance(scene.window, QMenu):
                scene.window.activateWindow()  # who has the focus is seen in an active window only
                until(scene.window.isActiveWindow)
            if smallest and not isinstance(scene.window, QMenu):
                scene.window.resize(scene.window.minimumSize())
                settle()
            yield scene


def settle() -> None:
    """Until nothing is left to be laid out or drawn."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("what was to be seen did not appear")
        QTest.qWait(5)


# --- The wizard -------------------------------------------------------------------------------


def welcome(paths: Paths) -> Iterator[Scene]:
    gate = Gate()
    wizard = _wizard(made_up.services(paths, gates={"network": gate}))
    yield Scene("wizard-1-asking", wizard)
    gate.open()
    until(lambda: _forward(wizard))
    yield Scene("wizard-1-welcome", wizard)
    _put_away(wizard)
    wizard = _wizard(made_up.services(paths, problems={"network": made_up.REFUSED}))
    until(lambda: made_up.REFUSED.code and len(_buttons(wizard)) > 1)
    yield Scene("wizard-1-failed", wizard)
    _put_away(wizard)
    wizard = _wizard(made_up.services(paths), Invitation())
    yield Scene("wizard-1-typing", wizard)
    _put_away(wizard)


def way(paths: Paths) -> Iterator[Scene]:
    """From the first page to the last one."""
    gates = {"hardware": Gate(), "environment": Gate(), "start": Gate()}
    wizard = _wizard(made_up.services(paths, gates=gates))
    _go_on(wizard)
    until(lambda: wizard.page is Page.COMPUTER)
    yield Scene("wizard-2-looking", wizard)
    gates["hardware"].open()
    until(lambda: _forward(wizard))
    yield Scene("wizard-2-computer", wizard)
    _go_on(wizard)
    yield Scene("wizard-3-sharing", wizard)
    _go_on(wizard)
    until(lambda: wizard.page is Page.PREPARING and "9" in "".join(_texts(wizard)))
    yield Scene("wizard-4-preparing", wizard)
    gates["environment"].open()
    until(lambda: wizard.page is Page.JOINING and _bar_value(wizard) > 300)
    yield Scene("wizard-5-joining", wizard)
    gates["start"].open()
    until(lambda: wizard.page is Page.DONE)
    yield Scene("wizard-6-done", wizard)
    _put_away(wizard)


def failures(paths: Paths) -> Iterator[Scene]:
    wizard = _wizard(
        made_up.services(paths, findings=made_up.NOTHING_FOUND),
        hours=("mon-fri 20:00-07:00", "sat,sun"),
    )
    _go_on(wizard)
    until(lambda: wizard.page is Page.COMPUTER and _forward(wizard))
    yield Scene("wizard-2-nothing", wizard)
    _go_on(wizard)
    yield Scene("wizard-3-no-card", wizard)
    _put_away(wizard)
    for name, step, problem in (
        ("wizard-4-failed", "environment", made_up.FULL),
        ("wizard-5-failed", "register", made_up.REFUSED),
        ("wizard-5-expired", "register", made_up.EXPIRED),
    ):
        wizard = _wizard(made_up.services(paths, problems={step: problem}))
        for _ in range(3):
            _go_on(wizard)
        until(lambda: wizard.page in (Page.PREPARING, Page.JOINING) and _forward(wizard))  # noqa: B023
        yield Scene(name, wizard)
        _put_away(wizard)


def existing(paths: Paths) -> Iterator[Scene]:
    wizard = Wizard(made_up.services(paths), made_up.INVITATION, made_up.SETTINGS, existing=True)
    wizard.show()
    yield Scene("wizard-set-up", wizard)
    _put_away(wizard)


def _wizard(
    services: Services,
    invitation: Invitation = made_up.INVITATION,
    hours: tuple[str, ...] = made_up.SETTINGS.hours,
) -> Wizard:
    wizard = Wizard(services, invitation, replace(made_up.SETTINGS, server="", hours=hours))
    wizard.show()
    return wizard


def _buttons(window: QWidget) -> list[QPushButton]:
    return [b for b in window.findChildren(QPushButton) if b.isVisibleTo(window) and b.isEnabled()]


def _forward(window: QWidget) -> QPushButton | None:
    """The button that Enter presses, where it can be pressed."""
    return next((b for b in _buttons(window) if b.isDefault()), None)


def _go_on(wizard: Wizard) -> None:
    until(lambda: _forward(wizard))
    button = _forward(wizard)
    assert button
    button.click()


def _texts(window: QWidget) -> list[str]:
    from PySide6.QtWidgets import QLabel  # noqa: PLC0415

    return [label.text() for label in window.findChildren(QLabel) if label.isVisibleTo(window)]


def _bar_value(window: QWidget) -> int:
    from PySide6.QtWidgets import QProgressBar  # noqa: PLC0415

    bars = [bar for bar in window.findChildren(QProgressBar) if bar.isVisibleTo(window)]
    return max((bar.value() for bar in bars), default=0)


def _put_away(window: QWidget) -> None:
    if isinstance(window, Wizard):
        window.abandon()
    window.hide()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


# --- After the wizard -------------------------------------------------------------------------


def status(paths: Paths) -> Iterator[Scene]:
    seconds = itertools.count(1)
    paths.log.parent.mkdir(parents=True, exist_ok=True)
    paths.log.write_text("\n".join(made_up.LOG) + "\n", encoding="utf-8")
    window = StatusWindow(lambda: NOW, lambda: float(next(seconds)), log=paths.log)
    window.show()
    for look in made_up.looks(made_up.statuses()["online"]):
        window.show_seen(Seen(look))
    for state, value in made_up.statuses().items():
        window.show_seen(Seen(value))
        yield Scene(f"status-{state}", window)
    window.show_seen(Seen(made_up.statuses()["online"], made_up.ABSENT))
    yield Scene("status-stopped", window)
    window.show_problem(made_up.FULL)
    yield Scene("status-problem", window)
    window.show_problem(None)
    window.show_seen(Seen(made_up.statuses()["working"]))
    window.settings.show_settings(made_up.CHOSEN)
    window.settings.show_cards(made_up.FINDINGS)
    window.show_tab("settings")
    window.settings.show_kept("on_battery", made_up.CHOSEN)
    window.settings.show_refused("idle_minutes", made_up.FULL)
    yield Scene("status-settings", window)
    window.show_tab("log")
    lines = next(view for view in window.findChildren(QTableView) if view.isVisible())
    until(lambda: lines.model().index(0, 0).data())
    yield Scene("status-log", window)
    background.end_all(WAIT_SECONDS)
    settle()
    _put_away(window)


def tray(paths: Paths) -> Iterator[Scene]:
    shown = Tray(lambda: NOW)
    for state in ("online", "paused"):
        shown.show_seen(Seen(made_up.statuses()[state]))
        shown.menu.popup(QPoint(20, 20))
        name = "tray-menu" if state == "online" else f"tray-menu-{state}"
        yield Scene(name, shown.menu)
        below = [action.menu() for action in shown.menu.actions() if action.isVisible()]
        shown.menu.hide()
        for at, menu in enumerate(menu for menu in below if isinstance(menu, QMenu)):
            if state == "online":
                menu.popup(QPoint(20, 20))
                yield Scene(f"tray-menu-below-{at + 1}", menu)
                menu.hide()
    shown.deleteLater()


def removal(paths: Paths) -> Iterator[Scene]:
    gate = Gate()
    dialog = RemovalDialog(made_up.services(paths, gates={"removal": gate}))
    dialog.show()
    yield Scene("removal", dialog)
    _last_button(dialog).click()
    until(gate.reached.is_set)  # in the last of its steps
    until(lambda: _bar_value(dialog) > 600)
    yield Scene("removal-running", dialog)
    gate.open()
    until(lambda: _buttons(dialog))
    yield Scene("removal-done", dialog)
    _put_away(dialog)
    dialog = RemovalDialog(made_up.services(paths, problems={"removal": made_up.FULL}))
    dialog.show()
    _last_button(dialog).click()
    until(lambda: len(_buttons(dialog)) > 1)
    settle()
    # How high it has become while it worked depends on how quick that was.
    dialog.resize(dialog.width(), dialog.heightForWidth(dialog.width()))
    yield Scene("removal-failed", dialog)
    _put_away(dialog)


def crash(paths: Paths) -> Iterator[Scene]:
    dialog = CrashDialog(made_up.CRASH)
    dialog.show()
    yield Scene("crash", dialog)
    _put_away(dialog)


def _last_button(dialog: QWidget) -> QPushButton:
    """The one that acts: Keep it comes before."""
    return (
        max(_buttons(dialog), key=lambda b: b.mapTo(dialog, QPoint()).x())
        if (dialog.layoutDirection() == Qt.LayoutDirection.LeftToRight)
        else min(_buttons(dialog), key=lambda b: b.mapTo(dialog, QPoint()).x())
    )
