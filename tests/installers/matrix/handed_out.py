"""What uv's publisher and Python's hand out to the machines: the real uv, and a real Python.

Neither publisher can be reached from everywhere, so both are played. The uv is the build that the
script asks for, which its publisher puts on the package index too; the Python is one of pyenv's,
with the libraries that a publisher's build brings along. A system that is older than that Python's
C library gets one that brings this as well, and is therefore bound to the place where it will lie.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from qubix_server.installers.uv import PINNED
from tests.installers.matrix.systems import KEPT, once
from tests.installers.publisher import Publisher, archive, publishing

VERSION = "3.13.0"
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions" / VERSION
NAME = f"cpython-{VERSION}-linux-{platform.machine()}-gnu"
LOADER = "ld-linux-x86-64.so.2"
C_LIBRARY = (
    "libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1",
    "libgcc_s.so.1",
)  # fmt: skip
UNNEEDED = (
    "test", "idlelib", "*.opt-?.pyc", "site-packages", "tkinter", "turtledemo", "config-*", "*.a",
    "_tkinter.*", "_test*",
)  # fmt: skip
HOMES = {"person": "/home/person", "root": "/root"}


@dataclass(frozen=True)
class HandedOut:
    """A publisher that stands for both, for as long as the tests run."""

    publisher: Publisher
    name = NAME
    """The folder that uv makes for the Python."""

    @property
    def python(self) -> bytes:
        """The archive of the Python, all of it in one folder."""
        return self.publisher.files["/any-python.tar.gz"]

    def environment(self, account: str, *, old: bool) -> dict[str, str]:
        """How the script, and the uv that it fetches, are told to go there."""
        kind = f"old-{account}" if old else "any"
        return {
            "UV_INSTALLER_GITHUB_BASE_URL": self.publisher.url,
            "UV_PYTHON_DOWNLOADS_JSON_URL": f"{self.publisher.url}/{kind}.json",
        }

    def trusted(self, script: bytes) -> bytes:
        """The script with this publisher's digest for uv in place of the real one's."""
        for slot, digest in PINNED.digests.items():
            if slot in self.publisher.uv.digests:
                script = script.replace(digest.encode(), self.publisher.uv.digests[slot].encode())
        return script


@contextmanager
def handing_out() -> Iterator[HandedOut]:
    with once("handed-out") as folder:
        if folder:
            _make(folder)
    kept = KEPT / "handed-out"
    with publishing((kept / "uv.tar.gz").read_bytes()) as publisher:
        for file in kept.glob("*-python.tar.gz"):
            content = file.read_bytes()
            known = {
                "name": "cpython", "arch": {"family": platform.machine(), "variant": None},
                "os": "linux", "libc": "gnu", "major": 3, "minor": 13, "patch": 0,
                "prerelease": "", "variant": None, "build": "20241016",
                "url": f"{publisher.url}/{file.name}",
                "sha256": hashlib.sha256(content).hexdigest(),
            }  # fmt: skip
            publisher.files[f"/{file.name}"] = content
            listed = json.dumps({NAME: known}).encode()
            publisher.files[f"/{file.name.removesuffix('-python.tar.gz')}.json"] = listed
        yield HandedOut(publisher)


def _make(folder: Path) -> None:
    if not PYENV.exists():
        pytest.skip(f"what is handed out is made of pyenv's Python {VERSION}")
    if not shutil.which("patchelf"):
        assert not os.environ.get("CI"), "tools/bootstrap.py installs patchelf"
        pytest.skip("what is handed out is made with patchelf")
    (folder / "uv.tar.gz").write_bytes(archive(_uv(folder)))
    python = folder / "python"
    _gather(python)
    _pack(python, folder / "any-python.tar.gz")
    where = Path(_libraries(PYENV / "bin/python3.13")["libc.so.6"]).parent
    for name in (*C_LIBRARY, LOADER):
        shutil.copy(where / name, python / "lib" / name)
    for account, home in HOMES.items():
        loader = f"{home}/.local/share/qubix/python/{NAME}/lib/{LOADER}"
        program = python / "bin" / "python3.13"
        _patch(program, "--set-interpreter", loader)
        # This kind of path holds for whatever is loaded, the libraries of packages too.
        _patch(program, "--force-rpath", "--set-rpath", "$ORIGIN/../lib")
        _pack(python, folder / f"old-{account}-python.tar.gz")
    shutil.rmtree(python)


def _uv(folder: Path) -> bytes:
    """The static build, which runs whatever C library there is."""
    wanted = f"uv=={version('uv')}"
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
         "--platform", f"musllinux_1_1_{platform.machine()}", "--dest", folder, wanted],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    (wheel,) = folder.glob("uv-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith("/scripts/uv"))
        content = opened.read(name)
    wheel.unlink()
    return content


def _gather(python: Path) -> None:
    """Puts the Python there, with all that it needs but the C library, each found by its place."""
    ignored = shutil.ignore_patterns(*UNNEEDED)
    shutil.copytree(PYENV / "lib/python3.13", python / "lib/python3.13", ignore=ignored)
    (python / "bin").mkdir()
    shutil.copy(PYENV / "bin/python3.13", python / "bin")
    for link in ("python3", "python"):
        (python / "bin" / link).symlink_to("python3.13")
    programs = [python / "bin/python3.13", *(python / "lib/python3.13/lib-dynload").glob("*.so")]
    needed: dict[str, str] = {}
    for program in programs:
        needed |= _libraries(program)
    for name, path in needed.items():
        if name not in (*C_LIBRARY, LOADER):
            programs.append(Path(shutil.copy(path, python / "lib" / name)))
    for program in programs:
        up = os.path.relpath(python / "lib", program.parent)
        _patch(program, "--set-rpath", f"$ORIGIN/{up}")


def _libraries(program: Path | str) -> dict[str, str]:
    """The files of the libraries that `program` needs, by the names under which it asks."""
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^\s*(\S+) => (/\S+)", told, re.MULTILINE))


def _patch(program: Path, *how: str) -> None:
    subprocess.run(["patchelf", *how, program], check=True, capture_output=True)


def _pack(python: Path, file: Path) -> None:
    def owned(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        return member

    with tarfile.open(file, "w:gz", compresslevel=1) as tar:
        tar.add(python, "python", filter=owned)
