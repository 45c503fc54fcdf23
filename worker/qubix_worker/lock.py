"""One worker, and one setup, per state folder: locks that end with their process, in any case."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from qubix_worker import system
from qubix_worker.errors import QubixError

GLANCE_SECONDS = 0.3


class AlreadyRunningError(QubixError):
    """Another process holds the lock."""

    def __init__(self, pid: int | None) -> None:
        who = f" (process {pid})" if pid else ""
        super().__init__(
            "already_running",
            f"QUBIX is already sharing this computer{who}.",
            "There is nothing to do; `qubix-worker status` shows it.",
        )


class SetupRunningError(QubixError):
    """Another setup is under way in the same place."""

    def __init__(self, pid: int | None) -> None:
        who = f" (process {pid})" if pid else ""
        super().__init__(
            "setup_running",
            f"Another setup of QUBIX is under way on this computer{who}.",
            "Wait until it has ended, or end it, then try again.",
        )


class Lock:
    """Held from `acquire` until the process ends or `release`. The file names its holder.

    The file goes with the lock, so a lock counts only on the file that its path leads to.
    """

    def __init__(
        self, path: Path, taken: Callable[[int | None], QubixError] = AlreadyRunningError
    ) -> None:
        """`taken` makes the failure of the process that holds the lock."""
        self._path = path
        self._taken = taken
        self._file: IO[bytes] | None = None

    def acquire(self) -> None:
        """Raises what `taken` makes where another process holds it."""
        # Who only asks whether the lock is held takes it for an instant: do not fall for that.
        until = time.monotonic() + GLANCE_SECONDS
        while True:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            file = open(handle, "r+b")  # noqa: PTH123, SIM115 - a descriptor that is kept
            if _taken_by_us(file, self._path):
                break
            file.close()
            if time.monotonic() > until:
                raise self._taken(holder(self._path))
            time.sleep(0.01)
        self._file = file
        with contextlib.suppress(OSError):  # a full disk: the lock is held all the same
            file.seek(0)
            file.truncate()
            os.write(handle, str(os.getpid()).encode())

    def release(self) -> None:
        """The file goes too; where it can't, it stays and is nobody's."""
        if self._file:
            with contextlib.suppress(OSError):
                system.current().end_lock(self._file, self._path)
            self._file = None


def is_held(path: Path) -> bool:
    """Whether some process holds the lock now."""
    while True:
        try:
            with path.open("r+b") as file:
                if _taken_by_us(file, path):
                    return False
                if _is_at(file, path):
                    return True
        except FileNotFoundError:
            return False


def holder(path: Path) -> int | None:
    """The process that wrote the lock file last; meaningful only while the lock is held."""
    try:
        return int(path.read_bytes()[:20])
    except (OSError, ValueError):
        return None


def _taken_by_us(file: IO[bytes], path: Path) -> bool:
    """Takes the lock, unless another has it or has removed the file since it was opened."""
    return system.current().try_lock(file) and _is_at(file, path)


def _is_at(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
