"""Linux: the idle classes of processor and disk, an end with the worker's, a scope of systemd."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from qubix_worker.kinds.confine import Grip, NoGrip, scope
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

PR_SET_PDEATHSIG = 1
"""linux/prctl.h"""
IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE = 2, 3
"""ioprio_set(2)"""


def hold(child: psutil.Process) -> Grip:
    """See `Confinement`."""
    address = scope.session_bus(os.environ)
    return scope.Scope(child.pid, address) if address else NoGrip()


def set_priority(child: psutil.Process, priority: Priority) -> None:
    """See `Confinement` and sched(7). The idle class of the scheduler gives a job only what nobody
    else wants; each thread has its own."""
    policy = os.SCHED_IDLE if priority == "idle" else os.SCHED_BATCH
    for thread in child.threads():
        with contextlib.suppress(OSError):
            os.sched_setscheduler(thread.id, policy, os.sched_param(0))
    with contextlib.suppress(OSError):
        child.ionice(IOPRIO_CLASS_IDLE if priority == "idle" else IOPRIO_CLASS_BE)
    child.nice({"idle": 19, "low": LOW_NICENESS, "normal": 0}[priority])


def wall_in(folder: Path) -> bool:
    """See `Confinement`."""
    from qubix_worker.kinds.confine import landlock  # noqa: PLC0415 - only a child needs it

    return landlock.wall_in(folder)


def end_with_parent() -> None:
    """See `Confinement` and prctl(2). A stopped process does not read that its line has ended."""
    import ctypes  # noqa: PLC0415 - only a child needs it

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
