"""A computer that is called otherwise: its network knows, and it stays so."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from qubix_worker import settings
from qubix_worker.errors import ControlError
from qubix_worker.identity import Identity, default_name
from qubix_worker.settings_file import SettingsFile
from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker

WHO = Identity("w-1", "http://joined", "computer", secret="s" * 20)


def test_the_name_is_part_of_who_it_is_and_of_its_settings(tmp_path: Path) -> None:
    kept: list[Identity] = []
    file = SettingsFile(tmp_path / "settings.toml", settings.Settings(), WHO, kept.append)
    file.change({"name": " the one upstairs "})
    assert file.settings.name == "the one upstairs"
    assert settings.load(tmp_path / "settings.toml").name == "the one upstairs"
    assert [who.name for who in kept] == ["the one upstairs"]
    file.change({"idle_minutes": 8})
    assert len(kept) == 1
    file.change({"name": ""})
    assert file.settings.name == kept[-1].name == default_name()


def test_where_that_cannot_be_kept_it_is_called_as_before(tmp_path: Path) -> None:
    def fails(who: Identity) -> None:
        raise OSError("full")

    file = SettingsFile(tmp_path / "settings.toml", settings.Settings(), WHO, fails)
    with pytest.raises(OSError, match="full"):
        file.change({"name": "another"})
    assert file.settings.name == "computer"
    file.change({"idle_minutes": 8})
    assert file.settings.name == settings.load(tmp_path / "settings.toml").name == "computer"


def name_at(server: LiveServer, worker: LiveWorker) -> str:
    who = json.loads(worker.paths.identity.read_bytes())["workerId"]
    answer = server.ask("GET", f"/api/providers/{who}", credential=server.token)
    name: str = answer.json()["provider"]["name"]
    return name


def call(worker: LiveWorker, name: str) -> subprocess.CompletedProcess[str]:
    done = worker.run("settings", "name", name)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
def test_its_network_knows_at_once_and_after_the_next_start(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    assert "in force now" in call(worker, "the one upstairs").stderr
    assert worker.status().name == "the one upstairs"
    wait_until(lambda: name_at(live_server, worker) == "the one upstairs")
    worker.control.stop()
    assert worker.run("setup").returncode == 0
    assert worker.status().name == worker.control.settings().name == "the one upstairs"
    assert name_at(live_server, worker) == "the one upstairs"
    assert "no effect" not in worker.run("settings").stderr


@pytest.mark.slow
def test_one_that_does_not_run_tells_it_when_it_runs_next(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    worker.control.stop()
    assert "when QUBIX runs next" in call(worker, "another").stderr
    assert worker.run("settings", "name").stdout == "another\n"
    assert worker.run("setup").returncode == 0
    assert worker.status().name == "another"
    wait_until(lambda: name_at(live_server, worker) == "another")


@pytest.mark.slow
def test_what_is_no_name_changes_nothing(worker: LiveWorker, live_server: LiveServer) -> None:
    before = worker.status().name
    assert worker.run("settings", "name", "a" * 65).returncode == 2
    with pytest.raises(ControlError, match="visible"):
        worker.control.change({"name": "two\nlines"})
    assert worker.status().name == name_at(live_server, worker) == before
