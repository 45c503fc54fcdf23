"""The wizard's way in and out again, in an account with things of its own: what it leaves there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

from qubix_desktop.services import Services
from qubix_worker import lock
from qubix_worker.control import Control
from qubix_worker.paths import Paths
from tests.conftest import LiveServer
from tests.desktop.real import goes_online, removes
from tests.inventory import differences, take

if TYPE_CHECKING:
    from .conftest import Person

pytestmark = pytest.mark.slow


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of an account that has used its desktop for a while."""
    home = tmp_path / "account é"
    for name in (".config/other/settings.ini", ".config/autostart/other.desktop", "letter.txt"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("of somebody else")
    monkeypatch.setenv("HOME", str(home))
    for variable in ("QUBIX_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    return home


@pytest.fixture
def services(account: Path) -> Iterator[Services]:
    paths = Paths.of_user()
    assert paths.state.is_relative_to(account)
    yield Services.real(paths)
    if lock.is_held(paths.lock):
        Control(paths).stop()


@pytest.mark.parametrize("purge", [True, False], ids=["with the choices", "without"])
@pytest.mark.parametrize("gone", [True, False], ids=["server gone", "server there"])
def test_what_the_wizard_has_put_into_an_account_its_removal_takes_away(
    *,
    account: Path,
    services: Services,
    live_server: LiveServer,
    person: Person,
    qtbot: QtBot,
    purge: bool,
    gone: bool,
) -> None:
    before = take(account)
    goes_online(services, live_server, person, qtbot)
    assert differences(before, take(account))
    if gone:
        live_server.kill()

    removes(services, person, qtbot, purge=purge)
    kept = ["came: .config/qubix", "came: .config/qubix/settings.toml"]
    assert differences(before, take(account)) == ([] if purge else kept)
    for _ in range(2):  # and what was kept goes by a second one; a third is content
        removes(services, person, qtbot, purge=True)
        assert differences(before, take(account)) == []
