"""What a container is given of its host: limits of control groups, of either version.

Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/. A limit holds for everything below it, so
the narrowest from the root to this process's own group is what counts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from qubix_worker.hardware import figures

_CPU_LIST = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*", re.ASCII)


def memory_bytes(root: Path) -> int | None:
    """The memory that may be used; None where there is no limit."""
    limits = [figures.read_memory(folder / "memory.max") for folder in _folders(root, "")]
    limits += [
        figures.read_memory(folder / "memory.limit_in_bytes") for folder in _folders(root, "memory")
    ]
    known = [limit for limit in limits if limit]
    return min(known) if known else None


def cores(root: Path) -> int | None:
    """How many cores' worth of time, or how many cores, may be used; None without a limit."""
    known: list[int] = []
    for folder in _folders(root, ""):
        quota, _, period = (figures.read(folder / "cpu.max") or "").partition(" ")
        known += _cores(quota, period)
        known += _listed(folder / "cpuset.cpus.effective")
    for folder in _folders(root, "cpu"):
        known += _cores(
            figures.read(folder / "cpu.cfs_quota_us"), figures.read(folder / "cpu.cfs_period_us")
        )
    for folder in _folders(root, "cpuset"):
        known += _listed(folder / "cpuset.effective_cpus")
    return min(known) if known else None


def cpu_list(written: str) -> list[int]:
    """`0-3,8` as numbers; none where it cannot be understood."""
    if not _CPU_LIST.fullmatch(written):
        return []
    found: set[int] = set()
    for part in written.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return sorted(found)


def _cores(quota: str | None, period: str | None) -> list[int]:
    time = figures.number(quota, 1e12, least=1)
    each = figures.number(period, 1e12, least=1)
    return [max(1, math.ceil(time / each))] if time and each else []


def _listed(file: Path) -> list[int]:
    listed = cpu_list(figures.read(file) or "")
    return [len(listed)] if listed else []


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """This process's group and those above it. `controller` is one of version 1, or empty for 2."""
    mounted = root / "sys/fs/cgroup" / controller
    yield mounted
    try:
        with (root / "proc/self/cgroup").open("rb") as opened:
            held = opened.read(64 << 10)
    except OSError:
        return
    for line in figures.lines(held, 64):
        _, controllers, group = [*line.split(":", 2), "", ""][:3]
        if controller in controllers.split(",") and ".." not in group.split("/"):
            inside = mounted
            for part in [part for part in group.split("/") if part][:32]:
                inside = inside / part
                yield inside
