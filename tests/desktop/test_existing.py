"""The wizard on a computer that is set up: open, change, repair, move, remove; how it is met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from qubix_desktop import background
from qubix_desktop.desk import Desk
from qubix_desktop.flow import Network, Page
from qubix_desktop.invitation import Invitation, addresses, from_link
from qubix_desktop.wizard import Wizard
from qubix_worker.errors import Problem
from qubix_worker.settings import Settings

if TYPE_CHECKING:
    from .conftest import Person, World

KEPT = Settings(
    server="https://compute.example.org",
    name="desk",
    memory_limit_mb=4096,
    excluded_cards=("gpu-2", "GPU-ELSEWHERE"),
    container_network=True,
)
ELSEWHERE = Invitation(("https://other.example",), "ABCD-EFGH", "link")
OTHER = Network("https://other.example", "Other Compute", "ABCD-EFGH")
Open = Callable[..., Wizard]


@pytest.fixture
def open_wizard(qtbot: QtBot, world: World) -> Iterator[Open]:
    made: list[Wizard] = []

    def make(invitation: Invitation = ELSEWHERE) -> Wizard:
        wizard = Wizard(world.services(), invitation, KEPT, existing=True)
        made.append(wizard)
        wizard.show()
        return wizard

    yield make
    for wizard in made:
        wizard.abandon()
        assert background.end_all(20)
        QApplication.processEvents()
        wizard.hide()
        wizard.deleteLater()


def test_it_can_be_opened(open_wizard: Open, person: Person, qtbot: QtBot) -> None:
    wizard = open_wizard()
    assert person.sees(wizard, "It belongs to compute.example.org.")
    with qtbot.waitSignals([wizard.closed, wizard.status_wanted]):
        person.presses(wizard, "Open")


def test_what_it_shares_can_be_changed_and_nothing_is_registered_anew(
    open_wizard: Open, person: Person, world: World, qtbot: QtBot
) -> None:
    wizard = open_wizard(Invitation())
    person.presses(wizard, "Change how it shares")
    person.awaits(wizard, "Card two")
    assert person.sees(wizard, "Left out")
    assert not person.button(wizard, "Share Card two").isChecked()
    person.button(wizard, "Share Card two").click()
    person.presses(wizard, "Next")
    assert person.sees(wizard, "4 GB")
    assert not person.sees(wizard, "Name of this computer")
    with qtbot.waitSignal(wizard.closed) as closed:
        person.presses(wizard, "Next")
    assert closed.args == [True]
    assert world.planned == []
    (choices,) = world.changed
    assert choices.enrollment == ""
    # A card that is not here now stays left out.
    assert choices.settings.excluded_cards == ("GPU-ELSEWHERE",)
    assert (choices.settings.name, choices.settings.container_network) == ("desk", True)


def test_a_change_that_fails_can_be_given_up(
    open_wizard: Open, person: Person, world: World, qtbot: QtBot
) -> None:
    world.changes[0].problems = [Problem("disk_full", "There is no room.", "Free some space.")]
    wizard = open_wizard(Invitation())
    person.presses(wizard, "Change how it shares")
    person.presses(wizard, "Next")
    person.presses(wizard, "Next")
    person.awaits(wizard, "There is no room.")
    person.presses(wizard, "Cancel")
    qtbot.waitUntil(lambda: wizard.page is Page.SHARING)
    person.presses(wizard, "Back")
    person.presses(wizard, "Back")
    assert person.sees(wizard, "This computer shares already")


def test_a_repair_goes_through_every_step_and_asks_nothing(
    open_wizard: Open, person: Person, world: World
) -> None:
    wizard = open_wizard(Invitation())
    person.presses(wizard, "Repair")
    person.awaits(wizard, "This computer is online as desk")
    (choices,) = world.planned
    assert (choices.settings, choices.afresh) == (KEPT, True)
    assert [step.ran for step in world.steps] == [1, 1, 1]


def test_a_repair_takes_a_new_invitation_to_the_same_network_along(
    open_wizard: Open, person: Person, world: World
) -> None:
    wizard = open_wizard(Invitation((KEPT.server,), "K7QM-2XWD", "file name"))
    assert person.has_button(wizard, "Join…")
    person.presses(wizard, "Repair")
    person.awaits(wizard, "This computer is online as desk")
    assert world.planned[0].enrollment == "K7QM-2XWD"


def test_a_computer_that_its_network_forgot_can_be_given_a_new_code(
    open_wizard: Open, person: Person, world: World
) -> None:
    forgotten = Problem("provider_unknown", "It does not know this computer.", "Join again.")
    world.step("confirm").problems = [forgotten]
    wizard = open_wizard(Invitation())
    person.presses(wizard, "Repair")
    person.presses(wizard, "Use another code")
    person.awaits(wizard, "Find the network")
    person.types(wizard, "Address", "compute.example.org")
    person.types(wizard, "Code", "WXYZ-2345")
    person.presses(wizard, "Find the network")
    for _ in range(3):
        person.presses(wizard, "Next")
    person.awaits(wizard, "This computer is online as desk")
    assert [choices.afresh for choices in world.planned] == [True, False]


def test_an_invitation_elsewhere_offers_to_join_there(
    open_wizard: Open, person: Person, world: World
) -> None:
    world.network = OTHER
    wizard = open_wizard()
    assert person.sees(wizard, "Join other.example instead")
    assert person.sees(wizard, "It leaves compute.example.org as soon as the other one has taken")
    person.presses(wizard, "Join other.example instead")
    person.awaits(wizard, "Other Compute")
    person.presses(wizard, "Next")
    person.awaits(wizard, "Left out")
    person.presses(wizard, "Next")
    person.presses(wizard, "Next")
    person.awaits(wizard, "This computer is online")
    (choices,) = world.planned
    assert (choices.server, choices.enrollment) == (OTHER.server, OTHER.enrollment)
    assert choices.settings.memory_limit_mb == 4096


def test_another_network_can_be_typed(open_wizard: Open, person: Person, world: World) -> None:
    world.network = OTHER
    wizard = open_wizard(Invitation())
    person.presses(wizard, "Join another network")
    person.types(wizard, "Address", "other.example")
    person.types(wizard, "Code", "ABCD-EFGH")
    person.presses(wizard, "Find the network")
    person.awaits(wizard, "Other Compute")
    person.presses(wizard, "Back")
    assert person.sees(wizard, "This computer shares already")


def test_after_a_removal_it_can_be_set_up_anew(
    open_wizard: Open, person: Person, world: World, qtbot: QtBot
) -> None:
    wizard = open_wizard(Invitation())
    person.presses(wizard, "Remove from this computer")
    dialog = QApplication.activeModalWidget()
    assert dialog
    person.presses(dialog, "Remove")
    person.awaits(dialog, "QUBIX has been removed")
    person.presses(dialog, "Close")
    qtbot.waitUntil(lambda: wizard.page is Page.WELCOME)
    assert not person.has_button(wizard, "Back")
    with qtbot.waitSignal(wizard.closed) as closed:
        wizard.close()
    assert closed.args == [False]


def test_closing_it_leaves_a_computer_that_is_set_up(open_wizard: Open, qtbot: QtBot) -> None:
    wizard = open_wizard()
    with qtbot.waitSignal(wizard.closed) as closed:
        wizard.close()
    assert closed.args == [True]


# --- How a person comes here --------------------------------------------------------------------


@pytest.fixture
def desk(qtbot: QtBot, world: World) -> Iterator[Desk]:
    world.settings = KEPT
    desk = Desk(world.services(), Settings())
    qtbot.addWidget(desk.window)
    yield desk
    desk.close()
    for wizard in wizards():
        wizard.hide()
        wizard.deleteLater()
    QApplication.processEvents()


def wizards() -> list[Wizard]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, Wizard) and w.isVisible()]


def test_it_is_opened_from_where_sharing_is_shown(desk: Desk, person: Person, qtbot: QtBot) -> None:
    desk.set_up_again()
    qtbot.waitUntil(lambda: len(wizards()) == 1)
    assert person.sees(wizards()[0], "It belongs to compute.example.org.")
    desk.set_up_again()
    assert len(wizards()) == 1


def test_a_window_that_goes_after_the_application_has_ended_starts_nothing(
    desk: Desk, world: World
) -> None:
    world.worker.running = False
    desk.open_wizard(Invitation(), existing=True)
    (wizard,) = wizards()
    desk.close()
    wizard.close()
    assert background.end_all(20)
    assert world.started == 0


def test_one_that_its_network_has_forgotten_is_asked_for_a_code_alone(
    desk: Desk, person: Person, world: World, qtbot: QtBot
) -> None:
    world.worker.current = replace(world.worker.current, state="attention", forgotten=True)
    desk.open_tray(start=False)
    desk.open_status()
    person.presses(desk.window, "Set up again…")
    qtbot.waitUntil(lambda: len(wizards()) == 1)
    (wizard,) = wizards()
    (address,) = [w for w in wizard.findChildren(QLineEdit) if w.accessibleName() == "Address"]
    assert address.text() == KEPT.server
    person.types(wizard, "Code", "WXYZ-2345")
    person.presses(wizard, "Find the network")
    for _ in range(3):
        person.presses(wizard, "Next")
    person.awaits(wizard, "This computer is online as desk")
    assert [choices.server for choices in world.planned] == [KEPT.server]


@pytest.mark.parametrize(
    ("invitation", "asks"),
    [(ELSEWHERE, True), (Invitation((KEPT.server,), "K7QM-2XWD", "link"), False)],
)
def test_a_second_start_hands_over_its_invitation(
    desk: Desk, qtbot: QtBot, invitation: Invitation, asks: bool
) -> None:
    desk.come_up(invitation)
    qtbot.waitUntil(lambda: bool(wizards()) or desk.window.isVisible())
    assert bool(wizards()) is asks


def test_a_second_start_tells_an_open_wizard_of_its_invitation(
    desk: Desk, person: Person, world: World, qtbot: QtBot
) -> None:
    desk.open_wizard(Invitation())
    (wizard,) = wizards()
    world.network = OTHER
    desk.come_up(ELSEWHERE)
    person.awaits(wizard, "Other Compute")


def test_an_invitation_travels_as_a_link() -> None:
    for server in ("https://other.example:8443", "nas", "192.168.1.20:3001", "localhost:3001"):
        invitation = Invitation(addresses(server), "ABCD-EFGH", "link")
        assert from_link(invitation.link) == invitation
    assert Invitation().link == ""
