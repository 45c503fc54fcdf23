"""The windows over the real worker and a real server: online, paused, killed, removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

from qubix_desktop.desk import Desk
from qubix_desktop.flow import Page
from qubix_desktop.services import Services
from qubix_desktop.wizard import Wizard
from qubix_worker import lock
from qubix_worker.control import Control
from qubix_worker.errors import ControlError
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings
from tests.conftest import LiveServer
from tests.desktop.real import goes_online, removes, wizard_of

if TYPE_CHECKING:
    from .conftest import Person

pytestmark = pytest.mark.slow


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    paths = Paths.under(tmp_path / "home é")
    yield paths
    if lock.is_held(paths.lock):
        Control(paths).stop()


@pytest.fixture
def services(paths: Paths) -> Services:
    return Services.real(paths)


@pytest.fixture
def online(services: Services, live_server: LiveServer, person: Person, qtbot: QtBot) -> Wizard:
    """A computer that the wizard has just taken online."""
    return goes_online(services, live_server, person, qtbot)


@pytest.mark.usefixtures("online")
def test_what_the_tray_shows_and_does_is_the_workers_own_state(
    services: Services, paths: Paths, person: Person, qtbot: QtBot
) -> None:
    desk = Desk(services, Settings())
    qtbot.addWidget(desk.window)
    desk.open_tray(start=True)
    desk.open_status()

    def says(state: str) -> None:
        qtbot.waitUntil(lambda: desk.tray.menu.actions()[0].text() == state, timeout=20_000)
        person.awaits(desk.window, state)

    says("Online")
    person.chooses(desk.tray.menu, "Pause", "Until I resume")
    says("Paused")
    assert Control(paths).status().state == "paused"
    person.presses(desk.window, "Resume")
    says("Online")
    Control(paths).stop()
    says("Not sharing")
    person.presses(desk.window, "Start sharing")
    says("Online")
    desk.close()


@pytest.mark.usefixtures("online")
def test_a_removal_leaves_nothing_but_the_choices(
    services: Services,
    paths: Paths,
    live_server: LiveServer,
    person: Person,
    qtbot: QtBot,
) -> None:
    removes(services, person, qtbot, purge=False)
    left = [path for path in paths.config.parent.rglob("*") if path.is_file()]
    assert left == [paths.settings]
    with pytest.raises(ControlError):
        Control(paths).status()
    known = live_server.ask("GET", "/api/providers", credential=live_server.token).json()
    assert known["providers"] == []


def test_a_cancel_leaves_this_computer_and_the_network_as_they_were(
    services: Services,
    paths: Paths,
    live_server: LiveServer,
    person: Person,
    qtbot: QtBot,
) -> None:
    wizard = wizard_of(services, live_server, person, qtbot, Settings())
    person.presses(wizard, "Next")
    person.presses(wizard, "Next")
    live_server.kill()
    person.presses(wizard, "Next")
    person.awaits(wizard, "nothing answers there")
    person.presses(wizard, "Cancel")
    qtbot.waitUntil(lambda: wizard.page is Page.SHARING, timeout=20_000)
    qtbot.waitUntil(lambda: not list(paths.config.glob("*.toml")), timeout=20_000)
    assert not paths.identity.exists()
