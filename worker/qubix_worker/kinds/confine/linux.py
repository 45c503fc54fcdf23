"""Linux: the idle classes of processor and disk, an end with the worker's, a scope of systemd."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from qubix_worker.kinds.confine import Grip, scope
from qubix_worker.kinds.confine.posix import Posix, niceness

if TYPE_CHECKING:
    import psutil

    from qubix_worker.kinds.kind import Priority

PR_SET_PDEATHSIG = 1
"""linux/prctl.h"""
IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE = 2, 3
"""ioprio_set(2)"""


class Linux(Posix):
    """See `Confinement`."""

    def hold(self, child: psutil.Process) -> Grip:
        """See `Confinement`."""
        address = scope.session_bus(os.environ)
        return scope.Scope(child.pid, address) if address else super().hold(child)

    def set_priority(self, child: psutil.Process, priority: Priority) -> None:
        """See `Confinement` and sched(7). The idle class of the scheduler gives a job only what
        nobody else wants; each thread has its own."""
        policy = os.SCHED_IDLE if priority == "idle" else os.SCHED_BATCH
        for thread in child.threads():
            with contextlib.suppress(OSError):
                os.sched_setscheduler(thread.id, policy, os.sched_param(0))
        with contextlib.suppress(OSError):
            child.ionice(IOPRIO_CLASS_IDLE if priority == "idle" else IOPRIO_CLASS_BE)
        child.nice(niceness(priority))

    def wall_in(self, folder: Path) -> bool:
        """See `Confinement`."""
        from qubix_worker.kinds.confine import landlock  # noqa: PLC0415 - only a child needs it

        return landlock.wall_in(folder)

    def end_with_parent(self) -> None:
        """See `Confinement` and prctl(2). A stopped process does not read that its line has
        ended."""
        _at_parents_end(signal.SIGKILL)

    def outlive_parent(self) -> None:
        """See `Confinement`."""
        _at_parents_end(0)


def _at_parents_end(signal_number: int) -> None:
    import ctypes  # noqa: PLC0415 - only a child needs it

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
