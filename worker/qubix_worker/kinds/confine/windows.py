"""Windows: a job object holds each child: its memory, its share of the processor, its end.

A job object ends what is in it when its last handle is closed, as the system does for a worker that
is killed. It holds a child that is stopped just as well.
"""

from __future__ import annotations

import ctypes
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from qubix_worker.kinds.confine import Grip, NoGrip

if TYPE_CHECKING:
    from qubix_worker.kinds.kind import Limits, Priority

# https://learn.microsoft.com/windows/win32/procthread/process-creation-flags
CREATE_NO_WINDOW = 0x08000000
BELOW_NORMAL_PRIORITY_CLASS = 0x00004000
CREATE_NEW_PROCESS_GROUP = 0x00000200

# winnt.h; https://learn.microsoft.com/windows/win32/api/winnt/ names each structure and flag.
EXTENDED_LIMITS, PROCESSOR_RATE = 9, 15
LIMIT_ACTIVE_PROCESS, LIMIT_JOB_MEMORY = 0x0008, 0x0200
LIMIT_DIE_ON_UNHANDLED_EXCEPTION, LIMIT_KILL_ON_JOB_CLOSE = 0x0400, 0x2000
RATE_ENABLE, RATE_HARD_CAP = 0x1, 0x4
PROCESS_TERMINATE, PROCESS_SET_QUOTA = 0x0001, 0x0100
OVERHEAD_MB = 1024
"""What Python and a compilation may commit beside the program's memory: the supervisor is stricter,
but counts what is resident."""
PROCESSES_MOST = 16
"""A virtual environment's python.exe is two processes, a container's command a few."""

log = logging.getLogger(__name__)


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("per_process_user_time_limit", ctypes.c_int64),
        ("per_job_user_time_limit", ctypes.c_int64),
        ("limit_flags", ctypes.c_uint32),
        ("minimum_working_set_size", ctypes.c_size_t),
        ("maximum_working_set_size", ctypes.c_size_t),
        ("active_process_limit", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority_class", ctypes.c_uint32),
        ("scheduling_class", ctypes.c_uint32),
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("basic", _BasicLimits),
        ("io_counters", ctypes.c_uint64 * 6),
        ("process_memory_limit", ctypes.c_size_t),
        ("job_memory_limit", ctypes.c_size_t),
        ("peak_process_memory_used", ctypes.c_size_t),
        ("peak_job_memory_used", ctypes.c_size_t),
    )


class _ProcessorRate(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint32), ("rate", ctypes.c_uint32))


class JobObject:
    """See `Grip`. Raises OSError where the system gives none."""

    def __init__(self, pid: int) -> None:
        self._system = _system()
        self._handle = self._checked(self._system.CreateJobObjectW(None, None))
        try:
            self._limit(None)
            process = self._checked(
                self._system.OpenProcess(PROCESS_SET_QUOTA | PROCESS_TERMINATE, False, pid)
            )
            try:
                self._checked(self._system.AssignProcessToJobObject(self._handle, process))
            finally:
                self._system.CloseHandle(process)
        except OSError:
            self.close()
            raise

    def limit(self, limits: Limits) -> bool:
        """See `Grip`."""
        try:
            self._limit(limits.memory_mb + OVERHEAD_MB)
        except OSError as error:
            log.warning("A job's memory is not held by the system: %s", error)
        whole = os.cpu_count() or 1
        # Hundredths of a per cent of all processors together, from 1 to 10000.
        rate = _ProcessorRate(
            RATE_ENABLE | RATE_HARD_CAP, max(1, min(10_000, round(limits.cores / whole * 10_000)))
        )
        try:
            self._set(PROCESSOR_RATE, rate)
        except OSError:
            return False  # Windows 7, or a job object that another one holds
        return True

    def close(self) -> None:
        """See `Grip`. Ends what is still in it."""
        handle, self._handle = self._handle, None
        if handle:
            self._system.CloseHandle(handle)

    def _limit(self, memory_mb: int | None) -> None:
        limits = _ExtendedLimits()
        flags = LIMIT_KILL_ON_JOB_CLOSE | LIMIT_DIE_ON_UNHANDLED_EXCEPTION | LIMIT_ACTIVE_PROCESS
        limits.basic.active_process_limit = PROCESSES_MOST
        if memory_mb is not None:
            flags |= LIMIT_JOB_MEMORY
            limits.job_memory_limit = memory_mb << 20
        limits.basic.limit_flags = flags
        self._set(EXTENDED_LIMITS, limits)

    def _set(self, what: int, value: ctypes.Structure) -> None:
        size = ctypes.sizeof(value)
        self._checked(
            self._system.SetInformationJobObject(self._handle, what, ctypes.byref(value), size)
        )

    def _checked(self, answer: Any) -> Any:
        if not answer:
            raise ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined,unused-ignore]
        return answer


class Windows:
    """See `Confinement`."""

    environment: tuple[str, ...] = (
        "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "TEMP", "TMP",
        "PROCESSOR_ARCHITECTURE", "PROCESSOR_ARCHITEW6432",
    )  # fmt: skip
    """The last two are how Python, and so wasmtime, finds out for what processor it runs."""

    def popen_options(self) -> dict[str, Any]:
        """See `Confinement`."""
        flags = CREATE_NO_WINDOW | BELOW_NORMAL_PRIORITY_CLASS | CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags}

    def hold(self, child: psutil.Process) -> Grip:
        """See `Confinement`. Processes that the child begins later are held with it."""
        try:
            return JobObject(child.pid)
        except OSError as error:
            log.warning("A job is not held by a job object: %s", error)
            return NoGrip()

    def processes(self, child: psutil.Process) -> list[psutil.Process]:
        """See `Confinement`. In a virtual environment python.exe only begins the real one."""
        try:
            return [child, *child.children(recursive=True)]
        except psutil.Error:
            return [child]

    def set_priority(self, child: psutil.Process, priority: Priority) -> None:
        """See `Confinement`."""
        classes = {
            "idle": psutil.IDLE_PRIORITY_CLASS,  # type: ignore[attr-defined,unused-ignore]
            "low": psutil.BELOW_NORMAL_PRIORITY_CLASS,  # type: ignore[attr-defined,unused-ignore]
            "normal": psutil.NORMAL_PRIORITY_CLASS,  # type: ignore[attr-defined,unused-ignore]
        }
        for process in self.processes(child):
            process.nice(classes[priority])

    def end_with_parent(self) -> None:
        """See `Confinement`. The job object does it."""

    def outlive_parent(self) -> None:
        """See `Confinement`. The job object has none of that; the next start tidies."""

    def confine(self, file_bytes: int | None, seconds: int) -> None:
        """See `Confinement`. Windows has no limit for files; the job object has the rest."""

    def wall_in(self, folder: Path) -> bool:
        """See `Confinement`."""
        return False

    def describe_exit(self, code: int) -> str:
        """See `Confinement`. Windows gives the reason of a crash as an NTSTATUS, best known
        in hex."""
        return f"code 0x{code:08X}" if code > 0xFFFF else f"code {code}"


def _system() -> Any:
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    handle = ctypes.c_void_p
    kernel.CreateJobObjectW.restype = handle
    kernel.OpenProcess.restype = handle
    kernel.OpenProcess.argtypes = (ctypes.c_uint32, ctypes.c_int, ctypes.c_uint32)
    kernel.AssignProcessToJobObject.argtypes = (handle, handle)
    kernel.SetInformationJobObject.argtypes = (handle, ctypes.c_int, handle, ctypes.c_uint32)
    kernel.CloseHandle.argtypes = (handle,)
    return kernel
