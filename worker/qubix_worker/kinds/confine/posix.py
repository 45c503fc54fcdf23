"""What Linux and macOS have in common: a session of its own, and resource limits."""

from __future__ import annotations

import resource
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psutil

OPEN_FILES = 256
OVERTIME_SECONDS = 10
LOW_NICENESS = 10

environment = ("LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


def popen_options() -> dict[str, Any]:
    """See `Confinement`. In a session of its own, Ctrl+C in a terminal does not reach the job:
    the worker decides what becomes of it."""
    return {"start_new_session": True}


def processes(child: psutil.Process) -> list[psutil.Process]:
    """See `Confinement`."""
    return [child]


def confine(file_bytes: int | None, seconds: int) -> None:
    """See `Confinement` and setrlimit(2).

    Not set: RLIMIT_AS, since wasmtime reserves gigabytes of addresses that it never fills, which
    is how it makes out of bounds accesses fault; RLIMIT_NPROC, since it counts all processes and
    threads of the account, so that a fair number of one account is a wall for the next, and a
    module has no way to start any.
    """
    _lower(resource.RLIMIT_CORE, 0)
    if file_bytes is None:
        return
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    # Python ignores SIGXFSZ, so that a write beyond is an error and not the end.
    _lower(resource.RLIMIT_FSIZE, file_bytes)
    _lower(resource.RLIMIT_CPU, seconds + OVERTIME_SECONDS)


def describe_exit(code: int) -> str:
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
