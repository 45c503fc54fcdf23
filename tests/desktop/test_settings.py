"""The settings tab: a choice is in force when its row says so, and others' changes show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QSpinBox,
    QTimeEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from qubix_desktop import background
from qubix_desktop.desk import Desk
from qubix_worker.commands import FIXED
from qubix_worker.errors import ControlError
from qubix_worker.guest.hours import Plan
from qubix_worker.settings import Settings

if TYPE_CHECKING:
    from .conftest import Person, World

NOW = 1_900_000_000.0


@pytest.fixture
def desk(qtbot: QtBot, world: World) -> Iterator[Desk]:
    world.settings = replace(world.settings, name="desk")
    desk = Desk(world.services(), Settings(), now=lambda: NOW)
    qtbot.addWidget(desk.window)
    desk.watcher.start()
    desk.open_status()
    desk.window.show_tab("settings")
    qtbot.waitUntil(lambda: box(desk, "Share the processor").isChecked())
    yield desk
    desk.close()
    background.end_all(20)
    QApplication.processEvents()


def box(desk: Desk, text: str) -> QCheckBox:
    boxes = desk.window.findChildren(QCheckBox)
    return next(b for b in boxes if b.text() == text and b.isVisibleTo(desk.window))


def field(desk: Desk, kind: type[Any], name: str) -> Any:
    """Waits until it is there: a row that was just added is shown a moment later."""
    for _ in range(500):
        fields = [w for w in desk.window.findChildren(kind) if w.accessibleName() == name]
        if found := [w for w in fields if w.isVisibleTo(desk.window)]:
            return found[0]
        QTest.qWait(10)
    raise AssertionError(f"no {name}")


def test_a_switch_is_in_force_when_its_row_says_so(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    assert not world.settings.on_battery
    person.presses(desk.window, "Also on battery")
    person.awaits(desk.window, "In force now.")
    assert world.settings.on_battery


def test_a_name_is_chosen_when_it_is_whole(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    name = field(desk, QLineEdit, "Name of this computer")
    qtbot.waitUntil(lambda: name.text() == "desk")
    person.types(desk.window, "Name of this computer", "another")
    person.awaits(desk.window, "Online")
    assert (world.settings.name, name.text()) == ("desk", "another")
    QTest.keyClick(name, Qt.Key.Key_Return)
    person.awaits(desk.window, "In force now.")
    assert world.settings.name == name.text() == "another"
    world.settings = replace(world.settings, name="by another way")
    qtbot.waitUntil(lambda: name.text() == "by another way")


def test_a_number_is_chosen_with_enter_or_when_an_arrow_rests(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    number = field(desk, QSpinBox, "Most of the processor for all jobs together")
    number.setFocus()
    number.selectAll()
    QTest.keyClicks(number, "4")
    QTest.keyClicks(number, "0")
    assert world.settings.processor_percent == 75, "half a number is no choice"
    QTest.keyClick(number, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: world.settings.processor_percent == 40)
    QTest.keyClick(number, Qt.Key.Key_Up)
    QTest.keyClick(number, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: world.settings.processor_percent == 50)


def test_never_is_a_value_of_its_own(desk: Desk, world: World, qtbot: QtBot) -> None:
    number = field(desk, QSpinBox, "Rest while it is hotter than")
    number.setValue(number.minimum())
    assert number.text() == "Never"
    qtbot.waitUntil(lambda: world.settings.stop_above_celsius == 0)


def test_a_choice_of_a_list_is_made_by_the_keyboard(desk: Desk, world: World, qtbot: QtBot) -> None:
    choice = field(desk, QComboBox, "When a pause begins, a job at work")
    choice.setFocus()
    QTest.keyClick(choice, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: world.settings.when_paused == "freeze")


def test_hours_are_rows_of_days_and_times(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    person.presses(desk.window, "Only at these hours")
    qtbot.waitUntil(lambda: world.settings.hours == ("20:00-07:00",))
    qtbot.waitUntil(lambda: person.button(desk.window, "Sunday").height() > 10)  # laid out
    for day in ("Saturday", "Sunday"):
        person.presses(desk.window, day)
    qtbot.waitUntil(lambda: world.settings.hours == ("mon-fri 20:00-07:00",))
    until = field(desk, QTimeEdit, "To")
    until.setTime(until.time().addSecs(1800))
    qtbot.waitUntil(lambda: world.settings.hours == ("mon-fri 20:00-07:30",))
    person.presses(desk.window, "Add other hours")
    qtbot.waitUntil(lambda: world.settings.hours == ("mon-fri 20:00-07:30", "sat,sun"))
    person.presses(desk.window, "Only at these hours")
    qtbot.waitUntil(lambda: world.settings.hours == ())


@pytest.mark.parametrize(
    "line", ["mon-fri 20:00-07:00", "sat", "22:00-06:00", "Tue, thu 9:05 - 24:00", "fri-mon"]
)
def test_hours_that_were_written_by_hand_keep_their_meaning(
    desk: Desk, world: World, person: Person, qtbot: QtBot, line: str
) -> None:
    world.settings = replace(world.settings, hours=(line,))
    qtbot.waitUntil(box(desk, "Only at these hours").isChecked)
    person.presses(desk.window, "Add other hours")
    qtbot.waitUntil(lambda: len(world.settings.hours) == 2)
    assert Plan.of(world.settings.hours[:1]) == Plan.of([line])


def test_a_card_is_left_out_and_shared_again(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    person.awaits(desk.window, "Share Card one")
    person.presses(desk.window, "Share Card one")
    qtbot.waitUntil(lambda: world.settings.excluded_cards == ("GPU-1",))
    person.awaits(desk.window, "In force now.")
    person.presses(desk.window, "Share Card one")
    qtbot.waitUntil(lambda: world.settings.excluded_cards == ())


def test_what_was_changed_elsewhere_shows(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    person.awaits(desk.window, "Share Card two")  # cards are known a little later
    world.settings = replace(
        world.settings, processor_percent=33, keep_awake=True, hours=("sat,sun",),
        excluded_cards=("Card two",),
    )  # fmt: skip
    number = field(desk, QSpinBox, "Most of the processor for all jobs together")
    qtbot.waitUntil(lambda: number.value() == 33)
    assert box(desk, "Keep awake while a job is at work").isChecked()
    assert box(desk, "Only at these hours").isChecked()
    qtbot.waitUntil(lambda: not box(desk, "Share Card two").isChecked())


def test_what_is_being_typed_is_not_swept_away(desk: Desk, world: World, qtbot: QtBot) -> None:
    number = field(desk, QSpinBox, "Most memory for one job")
    number.setFocus()
    number.selectAll()
    QTest.keyClicks(number, "51")
    world.settings = replace(world.settings, memory_limit_mb=4096, keep_awake=True)
    awake = box(desk, "Keep awake while a job is at work")
    qtbot.waitUntil(awake.isChecked)
    assert number.text() == "51 MB"
    QTest.keyClicks(number, "2")
    QTest.keyClick(number, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: world.settings.memory_limit_mb == 512)


def test_a_refusal_stands_beside_its_row_and_the_value_goes_back(
    desk: Desk, world: World, person: Person, qtbot: QtBot
) -> None:
    world.refusal = ControlError("control_refused", "That was refused: it is busy.", "Try again.")
    person.presses(desk.window, "Also on battery")
    person.awaits(desk.window, "That was refused: it is busy. Try again.")
    qtbot.waitUntil(lambda: not box(desk, "Also on battery").isChecked())
    world.refusal = None
    person.presses(desk.window, "Also on battery")
    person.awaits(desk.window, "In force now.")
    assert not person.sees(desk.window, "That was refused")


def test_with_no_worker_a_choice_is_kept_for_the_next(
    desk: Desk, world: World, person: Person
) -> None:
    world.worker.running = False
    person.presses(desk.window, "Keep awake while a job is at work")
    person.awaits(desk.window, "Kept for when sharing starts.")
    assert world.settings.keep_awake


def test_every_setting_that_may_be_changed_is_there(desk: Desk) -> None:
    tab = desk.window.settings
    missing = {one.name for one in fields(Settings)} - set(FIXED) - set(tab.keys())
    assert missing == set()


def test_every_editor_is_named_for_who_hears_it(desk: Desk) -> None:
    kinds: tuple[type[QWidget], ...] = (QSpinBox, QComboBox, QTimeEdit)
    tab = desk.window.settings
    unnamed = [w for kind in kinds for w in tab.findChildren(kind) if not w.accessibleName()]
    assert unnamed == []


def test_who_this_computer_is_is_changed_by_setting_it_up_again(
    desk: Desk, person: Person, qtbot: QtBot
) -> None:
    person.awaits(desk.window, "desk")
    with qtbot.waitSignal(desk.window.setup_wanted):
        person.presses(desk.window.settings, "Set up again…")
