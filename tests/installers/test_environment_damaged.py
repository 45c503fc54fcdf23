"""The one-file worker's environment is taken for whole only while it runs and nothing in it has
changed: else the next setup makes it anew (as test_whole_path.py does, with a running worker)."""

from __future__ import annotations

import base64
import errno
import hashlib
import site
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qubix_worker.amalgamation import amalgamate
from qubix_worker.setup import environment
from qubix_worker.setup.environment import Environment

BASE = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
CONTENT = b"ANSWER = 42\n"


@pytest.fixture
def own(tmp_path: Path) -> Environment:
    """With one library as pip leaves it, and the others lent by this very Python."""
    if not BASE.exists():
        pytest.skip("the Python that these tests run on has no base that runs by itself")
    own = Environment(tmp_path, {})
    folder = own.python.parent.parent
    subprocess.run([BASE, "-I", "-m", "venv", "--without-pip", folder], check=True)
    inside = libraries(own)
    (inside / "lent.pth").write_text("\n".join(site.getsitepackages()))
    (inside / "thing.py").write_bytes(CONTENT)
    (inside / "thing-1.0.dist-info").mkdir()
    (inside / "thing-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: thing\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(CONTENT).digest()).decode().rstrip("=")
    recorded = f"thing.py,sha256={digest},{len(CONTENT)}\nthing-1.0.dist-info/RECORD,,\n"
    (inside / "thing-1.0.dist-info/RECORD").write_text(recorded)
    (folder / "complete").touch()
    return own


def libraries(own: Environment) -> Path:
    (inside,) = own.python.parent.parent.glob("lib/python*/site-packages")
    return inside


def test_one_that_is_whole_is_left_as_it_is(own: Environment) -> None:
    assert own.is_done()


def a_file_is_gone(own: Environment) -> None:
    (libraries(own) / "thing.py").unlink()


def a_file_has_changed(own: Environment) -> None:
    (libraries(own) / "thing.py").write_bytes(CONTENT.replace(b"4", b"5"))


def a_library_is_gone(own: Environment) -> None:
    (libraries(own) / "lent.pth").unlink()


def its_python_is_of_another_version(own: Environment) -> None:
    """As after an upgrade of the system: the link leads to a Python that looks elsewhere."""
    libraries(own).parent.rename(libraries(own).parent.with_name("python3.1"))


def its_python_is_gone(own: Environment) -> None:
    own.python.unlink()


def its_python_does_not_run(own: Environment) -> None:
    """As on Windows, where it is a launcher of one that somebody has removed."""
    own.python.unlink()
    own.python.write_text("#!/bin/sh\nexit 103\n")
    own.python.chmod(0o755)


def its_python_is_no_program(own: Environment) -> None:
    own.python.unlink()
    own.python.write_bytes(b"\0")


@pytest.mark.parametrize(
    "damage",
    [
        a_file_is_gone,
        a_file_has_changed,
        a_library_is_gone,
        its_python_is_of_another_version,
        its_python_is_gone,
        its_python_does_not_run,
        its_python_is_no_program,
    ],
)
def test_one_that_is_damaged_is_seen(
    own: Environment, damage: Callable[[Environment], None]
) -> None:
    damage(own)
    assert not own.is_done()


@pytest.mark.provokes("library_missing")
def test_the_short_command_of_a_damaged_one_says_what_mends_it(own: Environment) -> None:
    own.keep()
    own.log.with_name("qubix_worker.py").write_bytes(amalgamate())
    a_library_is_gone(own)
    command = [own.log.with_name("qubix-worker"), "status"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("qubix-worker: A part of what QUBIX needs on this computer is ")
    assert "(No module named '" in done.stderr
    assert done.stderr.endswith("Run the installer again, which mends that.\n")


def test_so_does_that_of_one_without_a_python(own: Environment) -> None:
    own.keep()
    its_python_is_gone(own)
    command = [own.log.with_name("qubix-worker"), "status"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("qubix-worker: A part of what QUBIX needs on this computer is ")
    assert done.stderr.endswith("missing: its Python. Run the installer again, which mends that.\n")


def test_the_short_command_is_put_back_where_it_is_gone(own: Environment) -> None:
    own.keep()
    command = own.log.with_name("qubix-worker")
    whole = command.read_bytes()
    command.unlink()
    own.keep()
    assert command.read_bytes() == whole


def test_a_short_command_that_nobody_can_write_to_stays_and_serves(
    own: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.keep()
    command = own.log.with_name("qubix-worker")
    whole = command.read_bytes()

    def refuse(path: Path, _content: bytes, **_more: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(environment, "write_whole", refuse)
    Environment(own.log.parent, {"QUBIX_HOME": "/elsewhere"}).keep()
    assert command.read_bytes() == whole
    command.unlink()
    with pytest.raises(OSError, match="Read-only"):
        own.keep()
