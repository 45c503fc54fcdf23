"""A Linux computer laid out in a folder, with what a test has it tell."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

from qubix_worker.system.senses_linux import Linux
from tests.worker.guest.linux.buses import Answer, Call, OwnBus

NOW = 1_790_000_000.0


@dataclasses.dataclass
class Computer:
    root: Path
    environment: dict[str, str]
    uptime: float = 1000.0
    now: float = NOW

    def __post_init__(self) -> None:
        for folder in ("dev/pts", "tmp/.X11-unix", "run/user", "proc/net", "run/runtime"):
            (self.root / folder).mkdir(parents=True)
        self.environment = {
            "XDG_RUNTIME_DIR": str(self.root / "run/runtime"),
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.root}/none",
            **self.environment,
        }
        self.body = Linux(
            self.root, self.environment, now=lambda: self.now, monotonic=lambda: self.uptime
        )

    def typed(self, terminal: str, seconds_ago: float) -> None:
        file = self.root / "dev" / terminal
        file.touch()
        os.utime(file, (self.now - seconds_ago, self.now))

    def pass_time(self, seconds: float) -> None:
        self.uptime += seconds
        self.now += seconds

    def runs_network_manager(self) -> None:
        (self.root / "run/NetworkManager").mkdir()

    def goes_online_by(self, gateway: str) -> None:
        (self.root / "proc/net/route").write_text(
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
            f"wlan0\t00000000\t{gateway}\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
        )


def with_buses(tmp_path: Path, **buses: OwnBus) -> Computer:
    return Computer(
        tmp_path / "root",
        {f"DBUS_{name.upper()}_BUS_ADDRESS": bus.address for name, bus in buses.items()},
    )


def gnome(milliseconds: int) -> Answer:
    def answer(call: Call) -> tuple[str, tuple[Any, ...]] | None:
        known = (call.interface, call.method) == ("org.gnome.Mutter.IdleMonitor", "GetIdletime")
        return ("t", (milliseconds,)) if known else None

    return answer
