"""Into the network and out of it through the real windows, over a real worker and server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from qubix_desktop.invitation import Invitation
from qubix_desktop.removal import RemovalDialog
from qubix_desktop.services import Services
from qubix_desktop.wizard import Wizard
from qubix_worker.settings import Settings
from tests.conftest import LiveServer

if TYPE_CHECKING:
    from .conftest import Person


def wizard_of(
    services: Services, server: LiveServer, person: Person, qtbot: QtBot, settings: Settings
) -> Wizard:
    """The wizard on its first page, which knows the network."""
    invitation = Invitation((server.url,), server.enroll()["code"], "file name")
    wizard = Wizard(services, invitation, settings)
    qtbot.addWidget(wizard)
    wizard.show()
    person.awaits(wizard, "Example Compute")
    return wizard


def goes_online(services: Services, server: LiveServer, person: Person, qtbot: QtBot) -> Wizard:
    wizard = wizard_of(services, server, person, qtbot, Settings(name="desk"))
    for _ in range(3):
        person.presses(wizard, "Next")
    person.awaits(wizard, "This computer is online as desk")
    return wizard


def removes(services: Services, person: Person, qtbot: QtBot, *, purge: bool) -> None:
    dialog = RemovalDialog(services)
    qtbot.addWidget(dialog)
    dialog.show()
    (choice,) = dialog.findChildren(QCheckBox)
    choice.setChecked(purge)
    person.presses(dialog, "Remove")
    person.awaits(dialog, "QUBIX has been removed")
