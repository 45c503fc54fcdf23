"""Whoever has no mouse sets a computer up, looks at it, pauses it and removes it: keys alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QSlider, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from qubix_desktop.desk import Desk
from qubix_desktop.flow import Page
from qubix_desktop.invitation import Invitation
from qubix_desktop.removal import RemovalDialog
from qubix_desktop.wizard import Wizard
from qubix_worker.settings import Settings

if TYPE_CHECKING:
    from .conftest import Person, World

ROUND = 60
"""No window has more controls than that: Tab has come by all of them."""


def press(window: QWidget, key: Qt.Key, *more: Qt.KeyboardModifier) -> None:
    modifiers = more[0] if more else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(window.focusWidget() or window, key, modifiers)
    QApplication.processEvents()


def tab_to(window: QWidget, wanted: Callable[[QWidget], bool]) -> QWidget:
    """Tab, until what has the focus is what is wanted."""
    for _ in range(ROUND):
        focus = window.focusWidget()
        if focus is not None and wanted(focus):
            return focus
        press(window, Qt.Key.Key_Tab)
    raise AssertionError("Tab has not come by it")


def called(text: str) -> Callable[[QWidget], bool]:
    def is_it(widget: QWidget) -> bool:
        written = widget.text().replace("&", "") if isinstance(widget, QAbstractButton) else ""
        return text in (written, widget.accessibleName())

    return is_it


def active(window: QWidget, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def test_a_computer_is_set_up_by_keys_alone(world: World, person: Person, qtbot: QtBot) -> None:
    wizard = Wizard(world.services(), Invitation(), Settings())
    qtbot.addWidget(wizard)
    wizard.show()
    active(wizard, qtbot)
    tab_to(wizard, called("Address"))
    QTest.keyClicks(wizard.focusWidget(), "compute.example.org")
    press(wizard, Qt.Key.Key_Tab)
    QTest.keyClicks(wizard.focusWidget(), "K7QM2XWD")
    press(wizard, Qt.Key.Key_Return)
    person.awaits(wizard, "You are joining")
    qtbot.waitUntil(lambda: person.button(wizard, "Next").isEnabled())
    tab_to(wizard, called("Next"))
    press(wizard, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: wizard.page is Page.COMPUTER)
    person.awaits(wizard, "Card two")
    qtbot.waitUntil(lambda: person.button(wizard, "Next").isEnabled())
    tab_to(wizard, called("Share Card one"))
    press(wizard, Qt.Key.Key_Space)
    assert person.sees(wizard, "Left out")
    press(wizard, Qt.Key.Key_B, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: wizard.page is Page.WELCOME)
    tab_to(wizard, called("Next"))
    press(wizard, Qt.Key.Key_Return)
    tab_to(wizard, called("Next"))
    press(wizard, Qt.Key.Key_Return)
    assert wizard.page is Page.SHARING
    slider = tab_to(wizard, lambda widget: isinstance(widget, QSlider))
    assert isinstance(slider, QSlider)
    before = slider.value()
    press(wizard, Qt.Key.Key_Right)
    assert slider.value() != before
    tick = tab_to(wizard, lambda w: isinstance(w, QCheckBox) and w.isChecked())
    assert isinstance(tick, QCheckBox)
    press(wizard, Qt.Key.Key_Space)
    assert not tick.isChecked()
    tab_to(wizard, called("Next"))
    press(wizard, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: wizard.page is Page.DONE)
    assert world.planned[0].settings.excluded_cards == ("GPU-1",)
    tab_to(wizard, called("Finish"))
    with qtbot.waitSignal(wizard.closed):
        press(wizard, Qt.Key.Key_Return)


def test_sharing_is_paused_and_every_tab_looked_at_by_keys_alone(
    world: World, person: Person, qtbot: QtBot
) -> None:
    desk = Desk(world.services(), Settings())
    qtbot.addWidget(desk.window)
    desk.open_tray(start=False)
    desk.open_status()
    person.awaits(desk.window, "Online")
    active(desk.window, qtbot)
    tab_to(desk.window, called("Pause"))
    press(desk.window, Qt.Key.Key_Space)
    person.awaits(desk.window, "Paused")
    tab_to(desk.window, called("Resume"))
    press(desk.window, Qt.Key.Key_Return)
    person.awaits(desk.window, "Online")
    bar = tab_to(desk.window, lambda widget: isinstance(widget, QTabBar))
    assert isinstance(bar, QTabBar)
    for at in range(1, bar.count()):
        press(desk.window, Qt.Key.Key_Right)
        assert bar.currentIndex() == at
    desk.close()


def test_qubix_is_removed_by_keys_alone(world: World, person: Person, qtbot: QtBot) -> None:
    dialog = RemovalDialog(world.services())
    qtbot.addWidget(dialog)
    dialog.show()
    active(dialog, qtbot)
    tab_to(dialog, called("Forget my choices as well"))
    press(dialog, Qt.Key.Key_Space)
    tab_to(dialog, called("Remove"))
    press(dialog, Qt.Key.Key_Space)
    person.awaits(dialog, "QUBIX has been removed")
    assert world.removed == [True]
    tab_to(dialog, called("Close"))
    with qtbot.waitSignal(dialog.removed):
        press(dialog, Qt.Key.Key_Return)


def test_escape_keeps_it(world: World, qtbot: QtBot) -> None:
    dialog = RemovalDialog(world.services())
    qtbot.addWidget(dialog)
    dialog.show()
    active(dialog, qtbot)
    press(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert world.removed == []
