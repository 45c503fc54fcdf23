"""Builds the frozen application for this system: `make freeze`.

    python packaging/build.py          dist/qubix/ (on macOS also dist/QUBIX.app), and its size

A build is kept under .cache/freeze/ by a hash of all that goes into it, so that the next one
with the same inputs is only a copy. Nothing outside the clone is written.
"""

from __future__ import annotations

import argparse
import ctypes.util
import hashlib
import importlib.metadata
import os
import platform
import secrets
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import bundle

CACHE = bundle.PROJECT / ".cache" / "freeze"
DIST = bundle.PROJECT / "dist"
SPEC = bundle.PROJECT / "packaging" / "qubix.spec"
KEPT_BUILDS = 4


class BuildError(Exception):
    """Says what is missing and what to do."""


def inputs(spec: Path = SPEC) -> Iterator[Path]:
    """Every file of the project that a build depends on, in a fixed order."""
    folders = ("worker/qubix_worker", "desktop/qubix_desktop", "packaging", "icons/rendered")
    for folder in dict.fromkeys([*(bundle.PROJECT / name for name in folders), spec.parent]):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file


def key(spec: Path = SPEC) -> str:
    """A hash of all that decides what a build holds: sources, interpreter, installed packages."""
    digest = hashlib.sha256(f"{sys.version}\n{platform.platform()}\n".encode())
    for line in sorted(
        f"{package.name}=={package.version}\n" for package in importlib.metadata.distributions()
    ):
        digest.update(line.encode())
    for file in inputs(spec):
        digest.update(f"{file.relative_to(bundle.PROJECT).as_posix()}\n".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def build(spec: Path = SPEC) -> Path:
    """The folder of a finished build with the present inputs, made if there is none yet. Another
    `spec` is frozen in the same way: the benchmark's programs are.

    Raises BuildError.
    """
    finished = CACHE / key(spec)
    if finished.is_dir():
        finished.touch()
        return finished
    check_tools()
    # A name of its own: two builds at the same time do not meet, and half a build is never used.
    unfinished = CACHE / f"{finished.name}.{secrets.token_hex(4)}.part"
    try:
        freeze(unfinished, spec)
        if not finished.exists():
            unfinished.rename(finished)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(work_folder(unfinished), ignore_errors=True)
    forget_old_builds()
    return finished


def check_tools() -> None:
    """PyInstaller's own messages for these are long; a person gets one sentence each."""
    if not sys.platform.startswith("linux"):
        return
    if missing := [tool for tool in ("objcopy", "objdump", "strip") if not shutil.which(tool)]:
        raise BuildError(
            f"{', '.join(missing)} not found, which freezing needs. Install the package binutils."
        )
    library = sysconfig.get_config_var("INSTSONAME") or ""
    folder = Path(sysconfig.get_config_var("LIBDIR") or "")
    number = f"{sys.version_info.major}.{sys.version_info.minor}"
    if not (folder / library).is_file() and not ctypes.util.find_library(f"python{number}"):
        raise BuildError(
            f"This Python comes without its shared library, which freezing needs. "
            f"Install the package libpython{number}."
        )


def freeze(into: Path, spec: Path = SPEC) -> None:
    """Runs PyInstaller. Raises BuildError with the end of its log where it fails."""
    work = work_folder(into)
    work.mkdir(parents=True, exist_ok=True)
    log = CACHE / "pyinstaller.log"
    command = [
        *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
        *("--distpath", str(into), "--workpath", str(work)),
        str(spec),
    ]
    environment = os.environ | {
        "PYINSTALLER_CONFIG_DIR": str(CACHE.parent / "pyinstaller"),
        # The same sources give the same bytes (pyinstaller.org, "Creating a reproducible build").
        "PYTHONHASHSEED": "1",
        "SOURCE_DATE_EPOCH": "1700000000",
    }
    with log.open("wb") as output:
        ended = subprocess.run(
            command, stdout=output, stderr=subprocess.STDOUT, env=environment, check=False
        )
    if ended.returncode:
        last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        raise BuildError("\n".join(["PyInstaller failed:", *last, f"All of it is in {log}."]))


def work_folder(build_folder: Path) -> Path:
    return build_folder.with_suffix(".work")


def forget_old_builds() -> None:
    builds = [folder for folder in CACHE.iterdir() if folder.is_dir() and "." not in folder.name]
    for folder in sorted(builds, key=lambda b: b.stat().st_mtime, reverse=True)[KEPT_BUILDS:]:
        shutil.rmtree(folder, ignore_errors=True)


def publish(finished: Path) -> None:
    """Copies a build to dist/, links and permissions as they are."""
    DIST.mkdir(exist_ok=True)
    for made in sorted(finished.iterdir()):
        place = DIST / made.name
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(made, place, symlinks=True)


def files_of(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def size_bytes(folder: Path) -> int:
    """What the files of `folder` hold together; a link counts nothing."""
    return sum(file.stat().st_size for file in files_of(folder))


def report(folder: Path) -> Iterator[str]:
    """The build's size, and its largest files."""
    yield f"{folder}: {size_bytes(folder) / 1e6:.1f} MB in {len(list(files_of(folder)))} files"
    for file in sorted(files_of(folder), key=lambda f: -f.stat().st_size)[:12]:
        yield f"  {file.stat().st_size / 1e6:6.1f} MB  {file.relative_to(folder).as_posix()}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Freeze QUBIX for this system into dist/.")
    parser.parse_args(arguments)
    began = time.monotonic()
    try:
        publish(build())
    except BuildError as error:
        sys.stderr.write(f"freeze: {error}\n")
        return 1
    for line in report(DIST / "qubix"):
        sys.stdout.write(line + "\n")
    sys.stdout.write(f"Done in {time.monotonic() - began:.1f} s.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
