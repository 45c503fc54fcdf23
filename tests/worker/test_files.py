"""Files are replaced whole or not at all, and secrets are never readable by others."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from qubix_worker import identity, pause
from qubix_worker.errors import QubixError
from qubix_worker.files import remove_empty, write_whole
from qubix_worker.paths import Paths
from qubix_worker.pause import Pause


def test_a_file_is_readable_by_its_user_only(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "sécret"
    write_whole(path, b"text")
    assert path.read_bytes() == b"text"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        write_whole(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_identity_is_kept_and_its_secret_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    assert identity.load(path) is None
    who = identity.new("http://h", "computer", "A network").with_secret("very-secret")
    identity.save(path, who)
    assert identity.load(path) == who
    assert "very-secret" not in repr(who)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_identity_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    path.write_text("{")
    with pytest.raises(QubixError, match="Delete it"):
        identity.load(path)


def test_a_pause_outlives_the_worker(tmp_path: Path) -> None:
    path = tmp_path / "pause.json"
    assert pause.load(path) is None
    pause.save(path, Pause("you", 12.5))
    assert pause.load(path) == Pause("you", 12.5)
    pause.save(path, None)
    assert pause.load(path) is None


@pytest.mark.parametrize("text", ["[]", '{"by": "you", "until": NaN}', '{"by": ""}', "{"])
def test_a_damaged_pause_is_a_pause(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pause.json"
    path.write_text(text)
    assert pause.load(path) == Pause("you")


def test_qubix_home_holds_everything(tmp_path: Path) -> None:
    paths = Paths.of_user({"QUBIX_HOME": str(tmp_path)})
    for path in (paths.settings, paths.identity, paths.log, paths.data):
        assert path.is_relative_to(tmp_path)


def test_without_qubix_home_the_three_folders_differ() -> None:
    paths = Paths.of_user({})
    assert len({paths.config, paths.state, paths.data}) == 3


def test_empty_folders_go_up_to_the_first_that_holds_something(tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".local" / "share"
    folder.mkdir(parents=True)
    remove_empty(folder, below=tmp_path / "home")
    assert list(tmp_path.rglob("*")) == [tmp_path / "home"]
    folder.mkdir(parents=True)
    (tmp_path / "home" / ".local" / "letter.txt").touch()
    remove_empty(folder / "was never there", below=tmp_path / "home")
    assert not folder.exists()
    assert (tmp_path / "home" / ".local" / "letter.txt").exists()


def test_no_folder_elsewhere_and_no_link_is_removed(tmp_path: Path) -> None:
    for name in ("home", "elsewhere"):
        (tmp_path / name).mkdir()
    remove_empty(tmp_path / "elsewhere", below=tmp_path / "home")
    (tmp_path / "home" / ".config").symlink_to(tmp_path / "elsewhere")
    remove_empty(tmp_path / "home" / ".config", below=tmp_path / "home")
    assert (tmp_path / "home" / ".config").is_symlink()
    assert (tmp_path / "elsewhere").is_dir()
