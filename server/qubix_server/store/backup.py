"""Copies of an SQLite database: one that is asked for, and one before its form is changed.

Made by SQLite's own means, which take in what still stands in the write-ahead log; it has its name
only once it is whole and on the disk.
"""

from __future__ import annotations

import contextlib
import glob
import os
import sqlite3
import time
from pathlib import Path

from qubix_server.errors import StartError

KEPT = 3
"""Of the copies that were made, the newest so many stay."""


def copy_to(file: Path, copy: Path) -> None:
    """Copies the database, also while a server works on it. Raises StartError where that cannot be
    or there is something at `copy` already."""
    if not file.is_file():
        raise StartError(
            f"There is no database {file}. Name the server's own: with --database-url, or by the "
            "QUBIX_HOME that the server has."
        )
    if copy.exists():
        raise StartError(f"{copy} is there already. Name a file that is not.")
    part = copy.with_name(copy.name + ".part")
    try:
        _copy(file, part)
        part.replace(copy)
        _flush(copy.absolute().parent)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise StartError(
            f"The database could not be copied to {copy}: "
            f"{getattr(error, 'strerror', None) or error}. See that the folder is there, and that "
            f"its disk has room for {file.stat().st_size // (1 << 20) + 1} MB."
        ) from error


def keep_copy(file: Path, revision: str) -> Path:
    """Copies the database; where to. Raises StartError where that cannot be."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    copy = file.with_name(f"{file.name}.{moment}.revision-{revision}.backup")
    part = copy.with_name(copy.name + ".part")
    try:
        _copy(file, part)
        part.replace(copy)
        _flush(copy.parent)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise StartError(
            f"The database {file} must be brought up to date, and a copy of it could not be made "
            f"before ({getattr(error, 'strerror', None) or error}): nothing was changed. See that "
            f"its disk has room for {file.stat().st_size // (1 << 20) + 1} MB more, then try again."
        ) from error
    _forget_old(file)
    return copy


def _copy(file: Path, part: Path) -> None:
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with (
        contextlib.closing(sqlite3.connect(file)) as source,
        contextlib.closing(sqlite3.connect(part)) as target,
    ):
        source.backup(target)
    _flush(part)


def _flush(path: Path) -> None:
    if os.name != "posix" and path.is_dir():
        return  # Windows cannot flush a folder
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _forget_old(file: Path) -> None:
    copies = sorted(file.parent.glob(f"{glob.escape(file.name)}.*.revision-*.backup"))
    for old in copies[:-KEPT]:
        with contextlib.suppress(OSError):
            old.unlink()
