"""Processes of tests: how far they are, and which go on after the test that has begun them."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil

PARTING_SECONDS = 10.0
"""In which a process that was told to end may still be at it."""


def heeds(pid: int, number: signal.Signals) -> bool:
    """Whether it is up, as far as that it has its own way to take this signal (proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(mask, 16) & 1 << number - 1)


def at_work(folder: Path) -> list[psutil.Process]:
    """The processes that have their home or their folder below this one, or were told of it."""
    about = ["status", "cmdline", "cwd", "environ"]
    return [one for one in psutil.process_iter(about) if _is_at_work(one, folder)]


def command_lines() -> list[str]:
    """What is told of each process here to everybody."""
    return [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]


def end_all(folder: Path) -> list[str]:
    """Ends what still works on `folder` after a while; its command lines."""
    psutil.wait_procs(at_work(folder), timeout=PARTING_SECONDS)
    left = at_work(folder)
    for process in left:
        process.kill()
    psutil.wait_procs(left, timeout=PARTING_SECONDS)
    return [" ".join(process.info["cmdline"]) for process in left]


def _is_at_work(process: psutil.Process, folder: Path) -> bool:
    """By its QUBIX_HOME; a job's process is told of none, but of the folder of its job."""
    about = process.info  # what may not be asked of another's process is None there
    if about["status"] == psutil.STATUS_ZOMBIE:
        return False
    home = (about["environ"] or {}).get("QUBIX_HOME")
    places = (home, about["cwd"], *(about["cmdline"] or ()))
    return any(folder in (Path(place), *Path(place).parents) for place in places if place)
