"""One window for one home: who is started second leaves the word to the first."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from qubix_desktop import single
from qubix_desktop.desk import Desk
from qubix_desktop.invitation import Invitation
from qubix_worker.settings import Settings

if TYPE_CHECKING:
    from .conftest import World

LINK = "qubix://join?server=https://compute.example.org&code=K7QM-2XWD"


@pytest.mark.slow
def test_a_second_start_hands_its_invitation_to_the_first(
    world: World, qapp: QApplication, qtbot: QtBot
) -> None:
    first = single.first_or_raise(world.paths, Invitation())
    assert first
    first.listen()
    first.setParent(qapp)  # it lives as long as the application, as it does there
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    try:
        with qtbot.waitSignal(first.raise_wanted, timeout=20_000) as told:
            second = subprocess.Popen(
                [sys.executable, "-m", "qubix_desktop", LINK],
                env=kept | {"QUBIX_HOME": str(world.paths.home), "QT_QPA_PLATFORM": "offscreen"},
                stdin=subprocess.DEVNULL,
            )
        (invitation,) = told.args
        assert invitation.servers == ("https://compute.example.org",)
        assert invitation.enrollment == "K7QM-2XWD"
        assert second.wait(20) == 0
    finally:
        first.close()


def test_what_is_minimised_or_closed_comes_up_again(world: World, qtbot: QtBot) -> None:
    desk = Desk(world.services(), Settings())
    qtbot.addWidget(desk.window)
    desk.open_status()
    desk.window.showMinimized()
    desk.come_up()
    qtbot.waitUntil(lambda: desk.window.isVisible() and not desk.window.isMinimized())
    desk.window.hide()
    desk.come_up()
    qtbot.waitUntil(desk.window.isActiveWindow)
    desk.close()
