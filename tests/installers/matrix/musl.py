"""A machine like Alpine's as far as it can be had: busybox, built for musl, and nothing of glibc.

Its source is Debian's, the compiler musl's own; the configuration has what the script uses and a
little more, each as Alpine has it. Neither Alpine's packages nor a Python for musl can be had from
where the tests get things.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.installers.matrix.machine import Machine
from tests.installers.matrix.systems import (
    BUILD_SECONDS,
    KEPT,
    System,
    furnish,
    once,
    skip_where_impossible,
)

LOADER = "ld-musl-x86_64.so.1"
LIBRARY = Path("/lib/x86_64-linux-musl/libc.so")
"""musl is one file: the library, and under the loader's name the loader."""

SOURCES = "sed s/^deb/deb-src/ /etc/apt/sources.list >/etc/apt/sources.list.d/source.list"
WANTED = """
ASH SH_IS_ASH ASH_ALIAS ASH_CMDCMD ASH_ECHO ASH_GETOPTS ASH_PRINTF ASH_TEST FEATURE_SH_MATH
FEATURE_SH_MATH_64 BUSYBOX FEATURE_INSTALLER LFS LONG_OPTS SHOW_USAGE FEATURE_VERBOSE_USAGE
CAT CHMOD CP DIRNAME ENV GREP GUNZIP GZIP ID KILL LN LS MKDIR MV PRINTF PWD READLINK RM RMDIR SED
SHA256SUM SLEEP TAR FEATURE_SEAMLESS_GZ FEATURE_TAR_CREATE FEATURE_TAR_GNU_EXTENSIONS
FEATURE_TAR_LONG_OPTIONS TEST TEST1 TIMEOUT UNAME WGET FEATURE_WGET_LONG_OPTIONS
FEATURE_WGET_STATUSBAR FEATURE_WGET_TIMEOUT
"""


@contextmanager
def musl_machine() -> Iterator[Machine]:
    skip_where_impossible()
    with once("musl") as folder:
        if folder:
            _make(folder)
    with Machine.over(KEPT, ["musl"]) as machine:
        yield machine


def _make(folder: Path) -> None:
    if not shutil.which("musl-gcc") or not LIBRARY.exists():
        assert not os.environ.get("CI"), "tools/bootstrap.py installs musl-tools"
        pytest.skip("a machine with musl needs musl-gcc (musl-tools), on x86-64")
    with TemporaryDirectory(dir=folder.parent) as held:
        source = _source(Path(held))
        _configure(source)
        compiler = f"musl-gcc -isystem {_headers(Path(held))}"
        _run("make", "-j2", f"CC={compiler}", within=source)
        program = (source / "busybox").read_bytes()
    furnish(folder, program)
    shutil.copy(LIBRARY, folder / "lib" / LOADER)


def _source(folder: Path) -> Path:
    """busybox as its authors have published it, without what Debian changes."""
    with System("bookworm").machine() as machine:
        steps = f"{SOURCES}; apt-get update; apt-get source --download-only busybox"
        done = machine.run("sh", "-ec", steps, account="root")
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        (packed,) = (machine.files / "root").glob("busybox_*.orig.tar.*")
        with tarfile.open(packed) as tar:
            tar.extractall(folder, filter="data")
    (found,) = folder.glob("busybox-*")
    return found


def _configure(source: Path) -> None:
    """Nothing but what is wanted."""
    wanted = {f"CONFIG_{name}" for name in WANTED.split()}
    _run("make", "allnoconfig", within=source)
    config = source / ".config"
    lines = config.read_text().splitlines()
    lines = [line for line in lines if line.removeprefix("# ").split(" ")[0] not in wanted]
    config.write_text("\n".join([*lines, *(f"{name}=y" for name in sorted(wanted)), ""]))
    _run("make", "oldconfig", within=source, answers="\n" * 2000)


def _headers(folder: Path) -> Path:
    """The kernel's own, which belong to no C library; musl-gcc looks nowhere for them."""
    found = folder / "headers"
    found.mkdir()
    for name in ("linux", "asm-generic", "mtd"):
        (found / name).symlink_to(Path("/usr/include") / name)
    (found / "asm").symlink_to("/usr/include/x86_64-linux-gnu/asm")
    return found


def _run(*command: str, within: Path, answers: str = "") -> None:
    done = subprocess.run(
        command, cwd=within, input=answers, capture_output=True, text=True,
        timeout=BUILD_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
