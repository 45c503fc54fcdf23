"""Linux with systemd: a job's child in a scope of its own, made by the user's service manager.

A scope is a cgroup of processes that somebody else began. The manager of a user session hands them
out without any rights; the kernel then holds memory, number of processes and processor time. The
manager promises nothing of what its own cgroup was not given, so what came of it is looked up.
(https://www.freedesktop.org/wiki/Software/systemd/dbus/ and systemd.resource-control(5).)
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qubix_worker.kinds.kind import Limits

SYSTEMD = "org.freedesktop.systemd1"
MANAGER_PATH = "/org/freedesktop/systemd1"
MANAGER = "org.freedesktop.systemd1.Manager"
BOOTED = Path("/run/systemd/system")
"""sd_booted(3): there where systemd runs the computer."""
OVERHEAD_MB = 512
"""Beside the program's memory. The supervisor's own bound is lower, and has a sentence for it."""
TASKS_MOST = 64
WEIGHTS = {"idle": 1, "low": 20, "normal": 100}
"""Against the session's other programs, which have 100: within a cgroup of its own the idle class
of the scheduler counts only against what else is in there."""
PATIENCE_SECONDS = 0.25
"""How long it may take until the child is in its scope; it is at work meanwhile."""


class Scope:
    """See `Grip`."""

    def __init__(
        self,
        pid: int,
        address: str,
        *,
        processes: Path = Path("/proc"),
        cgroups: Path = Path("/sys/fs/cgroup"),
    ) -> None:
        """`address`: the bus of the user's session."""
        self._pid = pid
        self._name = f"qubix-job-{pid}.scope"
        self._address = address
        self._processes = processes
        self._cgroups = cgroups
        self._made = False
        self._given_up = False

    def limit(self, limits: Limits) -> bool:
        """See `Grip`."""
        if self._given_up:
            return False
        try:
            self._ask(limits)
        except OSError:
            self._given_up = True
            return False
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (held := self._holds(limits.cores)) and time.monotonic() < deadline:
            time.sleep(0.01)
        return held

    def close(self) -> None:
        """See `Grip`. A scope ends with its last process."""

    def _ask(self, limits: Limits) -> None:
        from qubix_worker.system.senses_bus import Bus  # noqa: PLC0415 - only where there is one

        weight = WEIGHTS[limits.priority]
        properties: list[tuple[str, tuple[str, Any]]] = [
            ("CPUQuotaPerSecUSec", ("t", max(1000, round(limits.cores * 1_000_000)))),
            ("CPUWeight", ("t", weight)),
            ("IOWeight", ("t", weight)),
            ("MemoryMax", ("t", (limits.memory_mb + OVERHEAD_MB) << 20)),
            ("MemorySwapMax", ("t", 0)),
            ("TasksMax", ("t", TASKS_MOST)),
        ]
        with contextlib.closing(Bus(self._address)) as bus:
            if self._made:
                signature = "sba(sv)"
                changes = (self._name, True, properties)
                bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "SetUnitProperties", signature, *changes)
                return
            properties += [
                ("Description", ("s", "A job that QUBIX runs on this computer")),
                ("CollectMode", ("s", "inactive-or-failed")),
                ("PIDs", ("au", [self._pid])),
            ]
            signature = "ssa(sv)a(sa(sv))"
            unit: tuple[Any, ...] = (self._name, "fail", properties, [])
            bus.call(SYSTEMD, MANAGER_PATH, MANAGER, "StartTransientUnit", signature, *unit)
            self._made = True

    def _holds(self, cores: float) -> bool:
        """Whether the kernel holds the child to that share: cgroup v2's cpu.max, in microseconds
        of each period."""
        with contextlib.suppress(OSError, ValueError):
            lines = (self._processes / str(self._pid) / "cgroup").read_text().splitlines()
            path = next((line[3:] for line in lines if line.startswith("0::")), "")
            if not path.endswith("/" + self._name):
                return False
            quota, period = (self._cgroups / path[1:] / "cpu.max").read_text().split()
            return abs(int(quota) / int(period) - cores) < 0.02
        return False


def session_bus(environment: Mapping[str, str], booted: Path = BOOTED) -> str | None:
    """The address of the bus of this user's session, where systemd runs it."""
    if not booted.is_dir():
        return None
    runtime = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    bus = Path(runtime, "bus")
    return f"unix:path={bus}" if bus.is_socket() else None
