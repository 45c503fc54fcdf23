"""Machines whose Python is not called python3, or is not on the PATH: each goes online with it, and
it stays as it was when all is taken away again."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.conftest import LiveServer
from tests.installers.matrix.handed_out import PYENV, HandedOut
from tests.installers.matrix.machine import Machine
from tests.installers.matrix.systems import PERSON, System
from tests.installers.matrix.visit import Visit
from tests.installers.platforms import record

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BARE = System("bookworm")
WITH_PYTHON = System("bookworm", ("python3", "python3-venv"))
HOME = f"home/{PERSON}"
SHIMS = f"/{HOME}/.pyenv/shims"
ONLINE = "online with it, and away again with --purge"
GROUP = pytest.mark.xdist_group(BARE.group)


def row(has: str) -> pytest.MarkDecorator:
    return record(
        platform="Debian 12", has=has, account="without root", shell="sh (dash)", result=ONLINE
    )


@row("python3.11 and its venv; nothing is called python3")
@GROUP
def test_python3_11_is_enough_under_no_other_name(matrix_server: LiveServer) -> None:
    with WITH_PYTHON.machine() as machine:
        (machine.files / "usr/bin/python3").unlink()  # a link, which Debian makes of its first one
        assert machine.run("python3", "--version", account=PERSON).returncode != 0
        assert comes_and_goes(matrix_server, machine).startswith("usr/bin/python3.11")


@row("a Python where Miniconda keeps its own, and nothing on the PATH")
@GROUP
def test_condas_is_found_in_its_folder(matrix_server: LiveServer, handed_out: HandedOut) -> None:
    with BARE.machine() as machine:
        unpack(machine, handed_out, f"{HOME}/miniconda3")
        assert comes_and_goes(matrix_server, machine).startswith(f"{HOME}/miniconda3/bin/")


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(True, marks=row("pyenv, with a Python that is chosen")),
        pytest.param(False, marks=row("pyenv, with a Python that is not chosen: python3 fails")),
    ],
)
@GROUP
def test_pyenvs_is_found_whether_it_is_chosen_or_not(
    matrix_server: LiveServer, handed_out: HandedOut, chosen: bool
) -> None:
    with BARE.machine() as machine:
        unpack(machine, handed_out, f"{HOME}/.pyenv/versions/{PYENV.name}")
        pyenv(machine, chosen=chosen)
        path = f"{SHIMS}:/usr/local/bin:/usr/bin:/bin"
        tried = machine.run("python3", "--version", account=PERSON, PATH=path)
        assert (tried.returncode == 0) is chosen, tried.stderr
        python = comes_and_goes(matrix_server, machine, PATH=path)
        assert python.startswith(f"{HOME}/.pyenv/versions/{PYENV.name}/bin/")


def comes_and_goes(server: LiveServer, machine: Machine, **environment: str) -> str:
    """The Python that was used meanwhile, as a path from the root."""
    visit = Visit(server, machine, PERSON, **environment)
    visit.download()
    visit.goes_online("sh")
    python = visit.python()
    visit.goes_away("sh", purge=True)
    return python


def unpack(machine: Machine, handed_out: HandedOut, place: str) -> None:
    """A Python of the person's own, at that place."""
    folder = machine.files / place
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(handed_out.python)) as tar:
        tar.extractall(folder.parent, filter="data")
    (folder.parent / "python").rename(folder)
    own(folder)


def pyenv(machine: Machine, *, chosen: bool) -> None:
    """pyenv itself, and the commands that it makes for what its Pythons have."""
    root = machine.files / HOME / ".pyenv"
    for part in ("bin", "libexec", "pyenv.d"):
        shutil.copytree(PYENV.parents[1] / part, root / part, symlinks=True)
    (root / "version").write_text(f"{PYENV.name if chosen else 'system'}\n")
    own(root)
    made = machine.run(f"/{HOME}/.pyenv/bin/pyenv", "rehash", account=PERSON)
    assert made.returncode == 0, made.stderr


def own(folder: Path) -> None:
    """Gives it to the account whose home it is in."""
    home = next(at for at in folder.parents if at.name == PERSON)
    owner = home.stat()
    first = home / folder.relative_to(home).parts[0]
    for path in (first, *first.rglob("*")):
        os.lchown(path, owner.st_uid, owner.st_gid)
