"""macOS: niceness, and its background class for the idle ones.

Nothing ends a stopped process with its parent here; one that stays is swept at the next start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qubix_worker.kinds.confine.posix import Posix

if TYPE_CHECKING:
    import psutil

    from qubix_worker.kinds.kind import Priority

PRIO_DARWIN_PROCESS = 4
PRIO_DARWIN_BG = 0x1000
"""sys/resource.h of macOS; what `taskpolicy -b` sets: processor, disk and network throttled."""


class MacOS(Posix):
    """See `Confinement`. The system's own means to wall a program in are not for those that begin
    unprepared."""

    def set_priority(self, child: psutil.Process, priority: Priority) -> None:
        """See `Confinement` and setpriority(2) of macOS."""
        import ctypes  # noqa: PLC0415 - only a worker with jobs needs it

        background = PRIO_DARWIN_BG if priority == "idle" else 0
        ctypes.CDLL(None).setpriority(PRIO_DARWIN_PROCESS, child.pid, background)
        super().set_priority(child, priority)
