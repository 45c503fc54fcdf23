"""One worker per state folder: a lock that ends with its process, however that ends."""

from __future__ import annotations

import os
import time
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


class Lock:
    """Held from `acquire` until the process ends or `release`. The file names its holder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self) -> None:
        """Raises AlreadyRunningError where another process holds it."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        file = open(handle, "r+b")  # noqa: PTH123, SIM115 - a descriptor that is kept
        # Who only asks whether the lock is held takes it for an instant: do not fall for that.
        until = time.monotonic() + GLANCE_SECONDS
        while not system.current().try_lock(file):
            if time.monotonic() > until:
                file.close()
                raise AlreadyRunningError(holder(self._path))
            time.sleep(0.01)
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()).encode())
        file.flush()
        self._file = file

    def release(self) -> None:
        """The file stays: removing it would let two processes lock two files of one name."""
        if self._file:
            self._file.close()
            self._file = None


def is_held(path: Path) -> bool:
    """Whether some process holds the lock now."""
    try:
        with path.open("r+b") as file:
            return not system.current().try_lock(file)
    except FileNotFoundError:
        return False


def holder(path: Path) -> int | None:
    """The process that wrote the lock file last; meaningful only while the lock is held."""
    try:
        return int(path.read_bytes()[:20])
    except (OSError, ValueError):
        return None
