"""What Linux and macOS have in common: a session of its own, and resource limits."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qubix_worker.kinds.confine import Grip, NoGrip

if TYPE_CHECKING:
    import psutil

    from qubix_worker.kinds.kind import Priority

OPEN_FILES = 256
OVERTIME_SECONDS = 10
NICENESS: dict[Priority, int] = {"idle": 19, "low": 10, "normal": 0}


def niceness(priority: Priority) -> int:
    """Never ahead of this very worker, which its owner may have put behind everything else."""
    return max(NICENESS[priority], os.getpriority(os.PRIO_PROCESS, 0))


class Posix:
    """See `Confinement`: as much of it as both of them do alike."""

    environment: tuple[str, ...] = (
        "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR",
    )  # fmt: skip

    def popen_options(self) -> dict[str, Any]:
        """See `Confinement`. In a session of its own, Ctrl+C in a terminal does not reach the job:
        the worker decides what becomes of it."""
        return {"start_new_session": True}

    def hold(self, child: psutil.Process) -> Grip:
        """See `Confinement`."""
        return NoGrip()

    def processes(self, child: psutil.Process) -> list[psutil.Process]:
        """See `Confinement`."""
        return [child]

    def set_priority(self, child: psutil.Process, priority: Priority) -> None:
        """See `Confinement`."""
        child.nice(niceness(priority))

    def end_with_parent(self) -> None:
        """See `Confinement`. Not every system can; a job that stays is swept at the next start."""

    def outlive_parent(self) -> None:
        """See `Confinement`."""

    def confine(self, file_bytes: int | None, seconds: int) -> None:
        """See `Confinement` and setrlimit(2).

        Not set: RLIMIT_AS, since wasmtime reserves gigabytes of addresses that it never fills,
        which is how it makes out of bounds accesses fault; RLIMIT_NPROC, since it counts all
        processes and threads of the account, so that a fair number of one account is a wall for the
        next, and a module has no way to start any.
        """
        _lower(resource.RLIMIT_CORE, 0)
        if file_bytes is None:
            return
        _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
        # Python ignores SIGXFSZ, so that a write beyond is an error and not the end.
        _lower(resource.RLIMIT_FSIZE, file_bytes)
        _lower(resource.RLIMIT_CPU, seconds + OVERTIME_SECONDS)

    def wall_in(self, folder: Path) -> bool:
        """See `Confinement`."""
        return False

    def describe_exit(self, code: int) -> str:
        """See `Confinement`."""
        if code >= 0:
            return f"code {code}"
        try:
            return f"signal {-code} ({signal.Signals(-code).name})"
        except ValueError:
            return f"signal {-code}"


def _lower(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (value, value))
