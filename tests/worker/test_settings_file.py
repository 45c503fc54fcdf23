"""The settings of a running worker: edited in the file, or asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qubix_worker.errors import SettingsError
from qubix_worker.settings import Settings, load, save
from qubix_worker.settings_file import SettingsFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    save(path, Settings(name="before"))
    return path


def edit(path: Path, text: str) -> None:
    """As an editor does, at a time that no coarse clock takes for the one before."""
    at = path.stat().st_mtime_ns
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(at + 10**9, at + 10**9))


def test_a_file_that_nobody_has_edited_changes_nothing(path: Path) -> None:
    file = SettingsFile(path, load(path))
    assert not file.take_up()
    assert file.settings == Settings(name="before")


def test_an_edited_file_is_taken_up_once(path: Path) -> None:
    file = SettingsFile(path, load(path))
    edit(path, 'name = "after"')
    assert file.take_up()
    assert file.settings.name == "after"
    assert not file.take_up()


def test_a_file_that_cannot_be_used_is_told_of_once_and_changes_nothing(path: Path) -> None:
    file = SettingsFile(path, load(path))
    edit(path, "name = ")
    with pytest.raises(SettingsError):
        file.take_up()
    assert not file.take_up()
    assert file.settings == Settings(name="before")


def test_a_change_keeps_what_was_edited_meanwhile(path: Path) -> None:
    file = SettingsFile(path, load(path))
    edit(path, 'name = "after"')
    file.change({"jobs_at_once": 2})
    assert file.settings == load(path) == Settings(name="after", jobs_at_once=2)
    assert not file.take_up()


def test_a_change_overwrites_nothing_that_cannot_be_read(path: Path) -> None:
    file = SettingsFile(path, load(path))
    edit(path, "name = ")
    with pytest.raises(ValueError, match="cannot be used"):
        file.change({"jobs_at_once": 2})
    assert path.read_text(encoding="utf-8") == "name = "
    assert file.settings == Settings(name="before")


def test_a_change_writes_a_file_that_was_removed_anew(path: Path) -> None:
    file = SettingsFile(path, load(path))
    path.unlink()
    file.change({"jobs_at_once": 2})
    assert load(path) == Settings(name="before", jobs_at_once=2)
