"""What a job leaves is removed, whatever it looks like."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qubix_worker.kinds.removal import remove

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another account can be in, as the tests' usual ones are not."""
    folder = Path(tempfile.mkdtemp(prefix="qubix-removal-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def place(folder: Path) -> Path:
    """A job's folder with something in it."""
    place = folder / "job-1"
    (place / "files" / "inner").mkdir(parents=True)
    (place / "files" / "inner" / "big").write_bytes(b"x" * 1000)
    return place


def as_ordinary(place: Path, first: str = "", act: str = "assert remove(place)") -> None:
    """Removes it, or does something else, as an account for which permissions count."""
    code = (
        f"import os, sys; sys.path[:0] = {sys.path!r}\n"
        "from pathlib import Path; from qubix_worker.kinds.removal import remove\n"
        "from qubix_worker.paths import Paths; from qubix_worker.setup.uninstall import uninstall\n"
        "from qubix_worker import system; system.current()\n"  # loaded while that is allowed
        f"place = Path({os.fspath(place)!r}); os.chdir('/')\n"
    )
    if os.geteuid() == 0:
        code += f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        for path in (place.parent, place, *place.rglob("*")):
            os.lchown(path, NOBODY, NOBODY)
    subprocess.run([sys.executable, "-c", code + f"{first}{act}\n"], check=True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o555, 0o300, 0o000])
@pytest.mark.parametrize("shut", ["files", "files/inner"])
def test_folders_that_a_job_has_shut_are_removed(place: Path, shut: str, mode: int) -> None:
    (place / shut).chmod(mode)
    as_ordinary(place)
    assert not place.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_folders_that_are_shut_and_very_deep_are_removed(place: Path) -> None:
    as_ordinary(
        place,
        "deep = Path('d' * 100)\n"
        "os.chdir(place / 'files')\n"
        "for _ in range(60): deep.mkdir(); os.chdir(deep)\n"
        "for _ in range(60): os.chdir('..'); deep.chmod(0o500)\n"
        "os.chdir('/')\n",
    )
    assert not place.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_an_uninstall_removes_what_a_job_has_shut(folder: Path) -> None:
    home = folder / "home"
    shut = home / "state" / "jobs" / "job-1" / "files" / "inner"
    shut.mkdir(parents=True)
    (shut / "big").write_bytes(b"x")
    shut.chmod(0)
    as_ordinary(
        home,
        act="assert [told.state for told in uninstall(Paths.under(place))][-1] == 'done'",
    )
    assert not (home / "state").exists()


@pytest.mark.skipif(os.name == "nt", reason="to make links is not for everybody there")
def test_no_link_is_followed(place: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o500)
    (place / "files" / "folder").symlink_to(outside)
    (place / "files" / "nowhere").symlink_to("gone")
    assert remove(place)
    assert not place.exists()
    assert outside.stat().st_mode & 0o777 == 0o500


def test_what_is_not_there_is_removed(tmp_path: Path) -> None:
    assert remove(tmp_path / "nothing")


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs chattr of root")
def test_what_cannot_be_removed_does_not_keep_the_rest(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fixed = place / "files" / "inner" / "big"
    if subprocess.run(["chattr", "+i", fixed], check=False, capture_output=True).returncode:
        pytest.skip("this file system fixes no files")
    try:
        for at in range(3):
            (place / "files" / str(at)).mkdir()
        assert remove(place)
        assert [path for path in place.rglob("*") if path.is_file()] == [fixed]
        assert not (place / "files" / "0").exists()
        assert "could not be removed" in caplog.text
    finally:
        subprocess.run(["chattr", "-i", fixed], check=True)
    assert remove(place)
    assert not place.exists()


def test_it_can_be_left_off_and_gone_on_with(place: Path) -> None:
    answers = iter([False, True])
    assert not remove(place, lambda: next(answers))
    assert place.exists()
    assert remove(place)
    assert not place.exists()
