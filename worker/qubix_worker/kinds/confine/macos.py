"""macOS: niceness, and its background class for the idle ones.

Nothing ends a stopped process with its parent here; one that stays is swept at the next start.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qubix_worker.kinds.confine import Grip, NoGrip
from qubix_worker.kinds.confine.posix import (
    LOW_NICENESS,
    confine,
    describe_exit,
    environment,
    popen_options,
    processes,
)

if TYPE_CHECKING:
    import psutil

    from qubix_worker.kinds.kind import Priority

__all__ = [
    "confine", "describe_exit", "end_with_parent", "environment", "hold", "popen_options",
    "processes", "set_priority", "wall_in",
]  # fmt: skip

PRIO_DARWIN_PROCESS = 4
PRIO_DARWIN_BG = 0x1000
"""sys/resource.h of macOS; what `taskpolicy -b` sets: processor, disk and network throttled."""


def hold(child: psutil.Process) -> Grip:
    """See `Confinement`."""
    return NoGrip()


def set_priority(child: psutil.Process, priority: Priority) -> None:
    """See `Confinement` and setpriority(2) of macOS."""
    import ctypes  # noqa: PLC0415 - only a worker with jobs needs it

    background = PRIO_DARWIN_BG if priority == "idle" else 0
    ctypes.CDLL(None).setpriority(PRIO_DARWIN_PROCESS, child.pid, background)
    child.nice({"idle": 19, "low": LOW_NICENESS, "normal": 0}[priority])


def end_with_parent() -> None:
    """See `Confinement`."""


def wall_in(folder: Path) -> bool:
    """See `Confinement`. The system's own means are not for programs that begin unprepared."""
    return False
