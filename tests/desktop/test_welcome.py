"""The first page while somebody types on it: put right, checked, and never scolded too early."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from qubix_desktop import background
from qubix_desktop.invitation import Invitation
from qubix_desktop.services import look_up
from qubix_desktop.wizard import Wizard
from qubix_worker.settings import Settings
from tests.worker.network.scripted import Request, Visit, serving

if TYPE_CHECKING:
    from .conftest import Person, World

LOOK_ALIKES = "A code has no 0, O, 1, I or L"
Shown = Callable[[str], str]


@pytest.fixture
def wizard(qtbot: QtBot, world: World) -> Iterator[Wizard]:
    wizard = Wizard(world.services(), Invitation(), Settings())
    qtbot.addWidget(wizard)
    wizard.show()
    yield wizard
    assert background.end_all(20)
    QApplication.processEvents()


def field(wizard: Wizard, name: str) -> QLineEdit:
    (found,) = [w for w in wizard.findChildren(QLineEdit) if w.accessibleName() == name]
    return found


def inherited(request: Request, visit: Visit) -> None:
    """A server that knows nothing of what was added to its API."""
    if request.path == "/api/providers/check-new":
        visit.answer({"newProvider": None})
    else:
        visit.answer({"success": False, "error": "Not found"}, 404)


def test_a_server_of_the_inherited_api_is_joined_by_its_address(
    qtbot: QtBot, world: World, person: Person
) -> None:
    with serving(inherited) as server:
        at = f"127.0.0.1:{server.port}"
        services = replace(world.services(), look_up=look_up)
        wizard = Wizard(services, Invitation((f"http://{at}",), "K7QM-2XWD", "link"), Settings())
        qtbot.addWidget(wizard)
        wizard.show()
        person.awaits(wizard, "You are joining")
        assert person.reads(wizard).count(at) == 1
        assert person.button(wizard, "Next").isEnabled()
        assert background.end_all(20)
        QApplication.processEvents()


def test_a_code_is_grouped_as_it_is_typed(wizard: Wizard, person: Person) -> None:
    person.types(wizard, "Code", "k7qm2xwd")
    assert field(wizard, "Code").text() == "K7QM-2XWD"


def test_a_letter_in_the_middle_leaves_the_cursor_behind_it(wizard: Wizard, person: Person) -> None:
    person.types(wizard, "Code", "k7m2xwd")
    code = field(wizard, "Code")
    code.setCursorPosition(2)
    QTest.keyClicks(code, "q")
    assert (code.text(), code.cursorPosition()) == ("K7QM-2XWD", 3)


def test_what_cannot_stand_in_a_code_is_said_when_the_group_is_finished(
    wizard: Wizard, person: Person
) -> None:
    person.types(wizard, "Code", "k0")
    assert not person.sees(wizard, LOOK_ALIKES)
    QTest.keyClicks(field(wizard, "Code"), "qm")
    assert person.sees(wizard, LOOK_ALIKES)
    assert LOOK_ALIKES in field(wizard, "Code").accessibleDescription()
    person.types(wizard, "Code", "k7qm")
    assert not person.sees(wizard, LOOK_ALIKES)


def test_a_code_that_is_too_short_is_said_when_one_goes_on(wizard: Wizard, person: Person) -> None:
    wizard.activateWindow()
    person.types(wizard, "Code", "k7qm")
    assert not person.sees(wizard, "these are fewer")
    field(wizard, "Address").setFocus()
    assert person.sees(wizard, "these are fewer")


def test_an_address_with_a_space_is_said_at_once(wizard: Wizard, person: Person) -> None:
    person.types(wizard, "Address", "compute example")
    assert person.sees(wizard, "An address has no spaces.")


@pytest.mark.parametrize("name", ["Address", "Code"])
def test_a_whole_link_in_either_field_is_enough(
    wizard: Wizard, person: Person, world: World, name: str
) -> None:
    link = "qubix://join?server=https://compute.example.org&code=K7QM-2XWD"
    QGuiApplication.clipboard().setText(f"  {link}\n")
    field(wizard, name).paste()
    person.awaits(wizard, "Example Compute")
    assert world.asked == [Invitation(("https://compute.example.org",), "K7QM-2XWD", "typed")]


def test_what_is_typed_wrong_is_not_asked_for(wizard: Wizard, person: Person, world: World) -> None:
    person.types(wizard, "Address", "compute.example.org")
    person.types(wizard, "Code", "k0qm2xwd")
    person.presses(wizard, "Find the network")
    assert person.sees(wizard, "A code has eight letters and digits")
    assert world.asked == []
