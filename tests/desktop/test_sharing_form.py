"""What a person chooses about sharing: shown, changed, and given as settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt, QTime
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider, QTimeEdit, QWidget
from pytestqt.qtbot import QtBot

from qubix_desktop.flow import Computer, Sharing
from qubix_desktop.parts.sharing import SharingForm
from qubix_worker.settings import Settings

if TYPE_CHECKING:
    from .conftest import Person

CHOSEN = Settings(
    name="desk",
    only_when_idle=True,
    idle_minutes=17,
    hours=("mon-fri 20:00-07:00", "sat,sun"),
    on_battery=True,
    processor_percent=40,
    memory_limit_mb=4096,
    stop_above_celsius=0,
    start_at_sign_in=False,
)
Slide = Callable[[str], QSlider]


@pytest.fixture
def form(qtbot: QtBot) -> SharingForm:
    form = SharingForm()
    qtbot.addWidget(form)
    form.show()
    return form


@pytest.fixture
def slider(form: SharingForm) -> Slide:
    def find(name: str) -> QSlider:
        (found,) = [w for w in form.findChildren(QSlider) if w.accessibleName() == name]
        return found

    return find


def of(settings: Settings) -> Sharing:
    names = set(Sharing._fields)
    return Sharing(**{k: v for k, v in dataclasses.asdict(settings).items() if k in names})


@pytest.mark.parametrize("settings", [Settings(), CHOSEN])
def test_what_is_shown_and_left_alone_stays(form: SharingForm, settings: Settings) -> None:
    form.fill(settings)
    assert form.sharing == of(settings)


def test_a_value_between_two_steps_stays_while_nobody_moves_it(
    form: SharingForm, slider: Slide
) -> None:
    form.fill(Settings(processor_percent=33, memory_limit_mb=1000))
    assert (form.sharing.processor_percent, form.sharing.memory_limit_mb) == (33, 1000)
    QTest.keyClick(slider("Most of the processor"), Qt.Key.Key_Right)
    assert (form.sharing.processor_percent, form.sharing.memory_limit_mb) == (40, 1000)


def test_less_used_choices_appear_with_what_they_belong_to(
    form: SharingForm, person: Person
) -> None:
    assert person.sees(form, "Always")
    assert not person.sees(form, "How long nobody has touched it")
    assert not person.has_button(form, "Monday")
    person.presses(form, "Only when I'm not using it")
    assert person.sees(form, "How long nobody has touched it")
    assert person.sees(form, "When I'm away")
    person.presses(form, "Only between certain hours")
    assert person.has_button(form, "Monday")
    person.presses(form, "Share the processor")
    assert not person.sees(form, "Most of the processor")


def test_every_choice_reaches_the_settings(
    form: SharingForm, person: Person, slider: Slide, qtbot: QtBot
) -> None:
    for text in ("Only when I'm not using it", "Only between certain hours", "Not on battery"):
        with qtbot.waitSignal(form.changed):
            person.presses(form, text)
    person.presses(form, "Saturday")
    person.presses(form, "Sunday")
    time(form, "From").setTime(QTime(22, 30))
    time(form, "To").setTime(QTime(6, 0))
    assert person.sees(form, "the next day")
    slider("Stop when it is hotter than").setValue(75)
    sharing = form.sharing
    assert sharing.only_when_idle
    assert sharing.hours == ("mon-fri 22:30-06:00",)
    assert sharing.on_battery
    assert sharing.stop_above_celsius == 75
    dataclasses.replace(Settings(), **sharing._asdict())  # all of it is allowed


def test_hours_are_added_and_taken_away(form: SharingForm, person: Person) -> None:
    person.presses(form, "Only between certain hours")
    person.presses(form, "Add other hours")
    assert len(form.sharing.hours) == 2
    remove = [w for w in visible(form) if w.accessibleName() == "Remove these hours"]
    QTest.mouseClick(remove[0], Qt.MouseButton.LeftButton)
    assert len(form.sharing.hours) == 1


def test_the_last_day_cannot_be_taken_away(form: SharingForm, person: Person) -> None:
    form.fill(Settings(hours=("mon 20:00-22:00",)))
    person.presses(form, "Monday")
    assert form.sharing.hours == ("mon 20:00-22:00",)


def test_the_hottest_end_means_never(form: SharingForm, person: Person, slider: Slide) -> None:
    QTest.keyClick(slider("Stop when it is hotter than"), Qt.Key.Key_End)
    assert form.sharing.stop_above_celsius == 0
    assert person.sees(form, "Never")


def test_without_a_graphics_card_the_processor_is_what_is_shared(
    form: SharingForm, person: Person
) -> None:
    form.fill(Settings(processor=False))
    form.show_computer(Computer(memory_total_bytes=8 << 30))
    assert form.sharing.processor
    assert not person.button(form, "Share the processor").isEnabled()


@pytest.mark.parametrize(("total_gb", "chosen"), [(32, 2048), (2, 1024)])
def test_a_job_may_have_half_of_a_small_memory(
    form: SharingForm, total_gb: int, chosen: int
) -> None:
    form.show_computer(Computer(memory_total_bytes=total_gb << 30))
    assert form.sharing.memory_limit_mb == chosen


def time(form: SharingForm, name: str) -> QTimeEdit:
    (found,) = [w for w in visible(form) if w.accessibleName() == name]
    assert isinstance(found, QTimeEdit)
    return found


def visible(form: SharingForm) -> list[QWidget]:
    return [w for w in form.findChildren(QWidget) if w.isVisibleTo(form)]
