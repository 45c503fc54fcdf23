"""The settings of a running worker: edited in the file, or asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qubix_worker.errors import SettingsError
from qubix_worker.identity import Identity
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


def test_a_file_that_is_gone_changes_nothing_and_is_told_of_once(path: Path) -> None:
    file = SettingsFile(path, load(path))
    path.unlink()
    assert not file.take_up()  # an editor may be about to put it back
    with pytest.raises(SettingsError, match="are gone"):
        file.take_up()
    assert not file.take_up()
    assert file.settings == Settings(name="before")


def test_a_file_that_an_editor_replaces_is_not_missed(path: Path) -> None:
    file = SettingsFile(path, load(path))
    for name in ("second", "third"):
        path.unlink()
        assert not file.take_up()
        save(path, Settings(name=name))
        assert file.take_up()
        assert file.settings.name == name


def test_a_file_that_comes_back_is_taken_up(path: Path) -> None:
    file = SettingsFile(path, load(path))
    elsewhere = path.rename(path.with_name("elsewhere"))
    assert not file.take_up()
    with pytest.raises(SettingsError):
        file.take_up()
    elsewhere.rename(path)
    assert file.take_up()


def test_a_file_that_was_never_written_is_not_missed(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.toml", Settings())
    assert not any(file.take_up() for _ in range(3))


def test_a_folder_that_is_none_any_more_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config" / "settings.toml"
    save(path, Settings(name="before"))
    file = SettingsFile(path, load(path))
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("a file")
    assert not file.take_up()
    with pytest.raises(SettingsError):
        file.take_up()
    assert file.settings == Settings(name="before")


@pytest.mark.parametrize("target", ["settings.toml", "a folder"])
def test_a_file_that_cannot_be_read_any_more_changes_nothing(path: Path, target: str) -> None:
    file = SettingsFile(path, load(path))
    path.unlink()
    (path.parent / "a folder").mkdir()
    path.symlink_to(target)  # a loop, or what is no file: unreadable for root, too
    with pytest.raises(SettingsError):
        file.take_up()
    assert not file.take_up()
    with pytest.raises(ValueError, match="cannot be used"):
        file.change({"jobs_at_once": 2})
    assert path.is_symlink()
    assert file.settings == Settings(name="before")


@pytest.mark.parametrize("exists", [True, False])
def test_a_change_writes_through_a_link(path: Path, exists: bool) -> None:
    target = path.rename(path.with_name("kept elsewhere.toml"))
    path.symlink_to(target)
    file = SettingsFile(path, load(path))
    if not exists:
        target.unlink()
    file.change({"jobs_at_once": 2})
    assert path.readlink() == target
    assert load(target) == Settings(name="before", jobs_at_once=2)


def test_a_change_writes_nothing_through_a_link_into_a_folder_that_is_gone(path: Path) -> None:
    file = SettingsFile(path, load(path))
    path.unlink()
    path.symlink_to(path.parent / "not mounted" / "settings.toml")
    with pytest.raises(FileNotFoundError):
        file.change({"jobs_at_once": 2})
    assert path.is_symlink()
    assert file.settings == Settings(name="before")


def test_the_server_and_the_name_are_those_with_which_the_computer_has_joined(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    who = Identity("w-1", "http://joined", "computer", secret="s" * 20)
    edit(path, 'server = "http://elsewhere"\nidle_minutes = 7\n')
    file = SettingsFile(path, load(path), who)
    assert (file.settings.server, file.settings.name) == ("http://joined", "computer")
    assert "server in" in caplog.text
    edit(path, 'name = "another"\nserver = "http://joined/"\n')
    caplog.clear()
    assert file.take_up()
    assert (file.settings.server, file.settings.name) == ("http://joined", "computer")
    assert "name in" in caplog.text
    assert "server in" not in caplog.text
    file.change({"idle_minutes": 8})
    assert load(path).server == "http://joined"
