"""What stays and what goes where the one-file worker was run from a folder of a person's own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from qubix_worker import amalgamation, system
from qubix_worker.setup import environment


@dataclass
class Downloaded:
    """The one file in a folder that holds other things too."""

    home: Path
    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
        return subprocess.run(
            [sys.executable, self.folder / amalgamation.NAME, *arguments],
            env=kept | {"QUBIX_HOME": str(self.home)},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    @property
    def shim(self) -> Path:
        return self.folder / system.current().shim_name

    def left(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
def downloaded(tmp_path: Path) -> Downloaded:
    found = Downloaded(tmp_path / "home", tmp_path / "Downloads")
    found.folder.mkdir()
    (found.folder / amalgamation.NAME).write_bytes(amalgamation.amalgamate())
    (found.folder / "letter.txt").write_text("Dear")
    return found


def test_an_uninstall_takes_what_setup_has_put_beside_the_file(downloaded: Downloaded) -> None:
    (downloaded.folder / "environment-0123").mkdir()
    (downloaded.folder / environment.LOCK_NAME).write_bytes(b"")
    downloaded.shim.write_bytes(
        system.current().shim(downloaded.folder / "environment-0123", downloaded.home)
    )
    done = downloaded.run("uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert downloaded.left() == {amalgamation.NAME, "letter.txt"}


@pytest.mark.provokes("not_left")
def test_who_cannot_tell_the_network_who_it_is_is_removed_all_the_same(
    downloaded: Downloaded,
) -> None:
    (downloaded.home / "state" / "identity.json").mkdir(parents=True)
    done = downloaded.run("uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert "The network could not be told (" in done.stderr
    assert "Nothing to do." in done.stderr
    assert not downloaded.home.exists()


def test_another_program_of_the_short_commands_name_stays(downloaded: Downloaded) -> None:
    downloaded.shim.write_bytes(b"\x7fELF of somebody else")
    assert downloaded.run("uninstall", "--yes").returncode == 0
    assert downloaded.shim.name in downloaded.left()


def test_a_dry_run_names_the_folder_of_the_file(downloaded: Downloaded) -> None:
    said = downloaded.run("setup", "--dry-run", "--server", "http://127.0.0.1:9").stdout
    assert f"  {downloaded.folder}\n" in said
    assert downloaded.left() == {amalgamation.NAME, "letter.txt"}
