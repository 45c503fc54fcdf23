"""installer.sh with the real uv, which gets a real Python, to "online" and away again.

The publisher of both is one of the test's own; the uv is the one that tools/lock.sh uses, and the
Python one of pyenv's, packed as its publisher packs it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import shutil
import signal
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qubix_server.installers.scripts import shell_script
from qubix_worker.amalgamation import amalgamate
from tests.conftest import LiveServer
from tests.installers.conftest import Machine
from tests.installers.publisher import Publisher, archive, publishing
from tests.installers.test_shell_stopped import stop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NAME = "qubix-worker-installer.sh"
TOOLS = ("curl", "dirname", "setsid")


def packed(python: Path) -> bytes:
    """`python`, a prefix of pyenv's, as an archive that uv unpacks."""
    unneeded = {"test", "idlelib", "__pycache__", "site-packages", "tkinter", "turtledemo"}

    def kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        is_unneeded = unneeded & set(member.name.split("/")) or member.name.endswith(".a")
        return None if is_unneeded else replace_owner(member)

    def replace_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        return member

    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", compresslevel=1) as tar:
        for part in ("bin", "lib"):
            tar.add(python / part, f"python/{part}", filter=kept)
    return content.getvalue()


@pytest.fixture(scope="module")
def publisher() -> Iterator[Publisher]:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    python = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions/3.13.0"
    if not uv or not python.exists():
        pytest.skip("this machine has no uv, or no Python 3.13.0 by pyenv to hand out")
    content = packed(python)
    with publishing(archive(Path(uv).read_bytes())) as publisher:
        path = "/cpython-3.13.0-install_only.tar.gz"
        known = {
            "name": "cpython", "arch": {"family": platform.machine(), "variant": None},
            "os": "linux", "libc": "gnu", "major": 3, "minor": 13, "patch": 0, "prerelease": "",
            "url": publisher.url + path, "sha256": hashlib.sha256(content).hexdigest(),
            "variant": None, "build": "20241016",
        }  # fmt: skip
        listed = {f"cpython-3.13.0-linux-{platform.machine()}-gnu": known}
        publisher.files = {path: content, "/pythons.json": json.dumps(listed).encode()}
        yield publisher


@pytest.fixture
def bare(machine: Machine, publisher: Publisher, tmp_path: Path) -> Machine:
    """A machine with curl and without a Python."""
    (machine.tools / "python3").unlink()
    for name in TOOLS:
        (machine.tools / name).symlink_to(shutil.which(name) or "")
    (tmp_path / "tmp").mkdir()
    settings = {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
    ways = {
        "UV_INSTALLER_GITHUB_BASE_URL": publisher.url,
        "UV_PYTHON_DOWNLOADS_JSON_URL": f"{publisher.url}/pythons.json",
        "TMPDIR": str(tmp_path / "tmp"),
    }
    return replace(machine, environment={**settings, **machine.environment, **ways}, patience=300)


def script(machine: Machine, server: LiveServer, publisher: Publisher) -> str:
    enrollment = server.enroll()["enrollment"]
    path = machine.home / NAME
    path.write_bytes(shell_script(server.url, enrollment, amalgamate(), publisher.uv))
    return str(path)


def everything(root: Path) -> dict[str, tuple[int, int]]:
    """Each file and folder below `root`, with its size and the time of its last change."""
    return {
        str(path.relative_to(root)): (status.st_size, status.st_mtime_ns)
        for path in root.rglob("*")
        if not path.is_dir() and (status := path.lstat())
    }


def test_a_machine_without_a_python_goes_online_and_is_as_before_after_the_removal(
    bare: Machine, live_server: LiveServer, publisher: Publisher, tmp_path: Path
) -> None:
    path = script(bare, live_server, publisher)
    before = everything(bare.home)
    caches = [
        Path.home() / ".cache/uv",
        Path.home() / ".local/share/uv",
        Path.home() / ".local/bin",
    ]
    elsewhere = [everything(folder) for folder in caches]

    done = bare.run(["sh", path])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This computer is online as " in done.stdout

    ours = (".local/share/qubix/", ".local/state/qubix/", ".config/")
    strangers = [
        name for name in everything(bare.home).keys() - before if not name.startswith(ours)
    ]
    assert strangers == []
    assert [everything(folder) for folder in caches] == elsewhere
    assert everything(tmp_path / "tmp") == {}
    data = bare.home / ".local/share/qubix"
    assert not (data / "uv").exists()
    (environment,) = data.glob("environment-*/bin/python")
    assert environment.resolve().is_relative_to(data / "python")

    # A second run repairs, with the same Python, and fetches neither.
    publisher.asked.clear()
    again = bare.run(["sh", path])
    assert again.returncode == 0, again.stdout + again.stderr
    assert publisher.asked == []

    # The Python that takes everything away is among what it takes away.
    gone = bare.run(["sh", path, "--uninstall", "--purge"])
    assert (gone.returncode, gone.stderr) == (0, ""), gone.stdout
    assert everything(bare.home) == before
    assert everything(tmp_path / "tmp") == {}


def test_ctrl_c_while_the_libraries_come_leaves_nothing(
    bare: Machine, live_server: LiveServer, publisher: Publisher
) -> None:
    path = script(bare, live_server, publisher)
    before = everything(bare.home)
    # pip has no way to the libraries, and would ask for a long time.
    stuck = {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": f"{publisher.url}/stuck/"}
    publisher.hang("/stuck/", Path(bare.environment["RECORD"] + ".reached"))
    done = stop(bare, ["sh", path], signal.SIGINT, **stuck)
    assert done.returncode == 130, done.stdout + done.stderr
    assert "taken back" in done.stdout + done.stderr
    assert everything(bare.home) == before
    assert not (bare.home / ".local/share/qubix").exists()
