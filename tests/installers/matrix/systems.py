"""Debian's releases as debootstrap makes them, with packages on top, each made once.

They lie in `.cache/debian`: for each release a `base`, and for each set of packages a layer that
holds only what the packages have changed. An overlay puts layers over the base (machine.py), so
that nothing is copied.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.installers.matrix.machine import Machine

ROOT = Path(__file__).resolve().parents[3]
KEPT = ROOT / ".cache" / "debian"
BUILD_SECONDS = 600
NEEDED = ("debootstrap", "unshare", "nsenter", "mount", "chroot")

# The lists of testing are valid for a week, and not every mirror is that young.
OLD_MIRROR = 'Acquire::Check-Valid-Until "false";\n'

PERSON = "person"
"""The account without root."""
NUMBER = 1000
"""Its number, where no useradd gives it one."""


@dataclass(frozen=True)
class System:
    """A release of Debian with a few packages more than the least."""

    suite: str
    packages: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """For pytest-xdist: what shares a base is run by one process."""
        return f"debian-{self.suite}"

    @contextmanager
    def machine(self) -> Iterator[Machine]:
        """A machine that is as new, and that leaves nothing behind."""
        with Machine.over(KEPT, self.layers()) as machine:
            yield machine

    def layers(self) -> list[str]:
        """The folders below KEPT of which it is made, topmost first."""
        skip_where_impossible()
        base = f"{self.suite}/base"
        with once(base) as folder:
            if folder:
                _make_base(self.suite, folder)
        if not self.packages:
            return [base]
        # What most of them begin with, Python, is installed once.
        first, *others = self.packages
        below = System(self.suite, (first,)).layers() if others else [base]
        layer = f"{self.suite}/{'+'.join(self.packages)}"
        with once(layer) as folder:
            if folder:
                _make_layer(below, others or [first], folder)
        return [layer, *below]


def skip_where_impossible() -> None:
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root can make a machine of its own for this test")
    missing = [name for name in NEEDED if not shutil.which(name)]
    if not missing:
        return
    reason = f"a machine of its own needs {', '.join(missing)}"
    assert not os.environ.get("CI"), f"{reason}, which tools/bootstrap.py installs"
    pytest.skip(reason)


@contextmanager
def once(name: str) -> Iterator[Path | None]:
    """An empty folder in which to make what KEPT lacks under this name; None where it is there.

    What was made half-way is thrown away.
    """
    finished = KEPT / name
    finished.parent.mkdir(parents=True, exist_ok=True)
    with finished.with_name(f"{finished.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if finished.exists():
            yield None
            return
        unfinished = finished.with_name(f"{finished.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        yield unfinished
        unfinished.rename(finished)


def _make_base(suite: str, folder: Path) -> None:
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", suite, str(folder)], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=BUILD_SECONDS, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
    (folder / "etc/apt/apt.conf.d/99old-mirror").write_text(OLD_MIRROR)
    add = ["useradd", "--root", str(folder), "--create-home", "--shell", "/bin/sh", PERSON]
    subprocess.run(add, check=True, capture_output=True)


def _make_layer(below: Sequence[str], packages: Sequence[str], folder: Path) -> None:
    with Machine.over(KEPT, below, changes=folder) as machine:
        for command in (
            ["update"],
            ["install", "-y", "--no-install-recommends", *packages],
            ["clean"],
        ):
            done = machine.run(
                "apt-get", *command, account="root", DEBIAN_FRONTEND="noninteractive"
            )  # fmt: skip
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@dataclass(frozen=True)
class Alone:
    """One program out of a package, under all the names that it answers to, and nothing else."""

    suite: str
    package: str
    program: str

    @contextmanager
    def machine(self) -> Iterator[Machine]:
        skip_where_impossible()
        name = f"{self.suite}/only-{self.package}"
        with once(name) as folder:
            if folder:
                self._make(folder)
        with Machine.over(KEPT, [name]) as machine:
            yield machine

    def _make(self, folder: Path) -> None:
        with System(self.suite, (self.package,)).machine() as machine:
            program = (machine.files / self.program).read_bytes()
        furnish(folder, program)


def furnish(folder: Path, busybox: bytes) -> None:
    """A machine of nothing but this program, under all the names that it answers to."""
    places = ("bin", "dev/shm", "etc", "lib", "proc", "root", "sys", "tmp", "usr/local/share")
    for place in (*places, f"home/{PERSON}"):
        (folder / place).mkdir(parents=True)
    (folder / "tmp").chmod(0o1777)
    os.chown(folder / "home" / PERSON, NUMBER, NUMBER)
    program = folder / "bin/busybox"
    program.write_bytes(busybox)
    program.chmod(0o755)
    os.mknod(folder / "dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    (folder / "dev/null").chmod(0o666)
    listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True)
    for link in listed.stdout.split():
        if not (folder / "bin" / link).exists():
            (folder / "bin" / link).symlink_to("busybox")
