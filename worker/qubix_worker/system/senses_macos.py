"""macOS: IOKit's power sources by psutil, and the time of the last input out of the I/O registry.

Not run on a Mac yet. A connection's cost is not told to programs of this kind.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
from collections.abc import Callable

import psutil

IOREG = ["/usr/sbin/ioreg", "-c", "IOHIDSystem", "-r", "-d", "1", "-w", "0"]
PATIENCE_SECONDS = 3


class MacOS:
    """See `Body`."""

    def __init__(self, ask: Callable[[list[str]], str] | None = None) -> None:
        self._ask = ask or _output
        self._caffeinate: subprocess.Popen[bytes] | None = None

    def on_battery(self) -> bool | None:
        battery = psutil.sensors_battery()
        return None if battery is None else battery.power_plugged is False

    def metered(self) -> bool | None:
        return None

    def idle_seconds(self) -> float | None:
        return idle_seconds(self._ask(IOREG))

    def stay_awake(self, why: str) -> None:
        # caffeinate(8): -i, no sleep of idleness; -w, until that process ends, however it does.
        self.may_sleep()
        command = ["/usr/bin/caffeinate", "-i", "-w", str(os.getpid())]
        self._caffeinate = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def may_sleep(self) -> None:
        if self._caffeinate is not None:
            self._caffeinate.terminate()
            self._caffeinate.wait()
            self._caffeinate = None

    def close(self) -> None:
        self.may_sleep()


def idle_seconds(ioreg: str) -> float | None:
    """By HIDIdleTime, nanoseconds since the last input of any keyboard or pointer. Infinite where
    the Mac has no such device at all."""
    found = re.findall(r'"HIDIdleTime"\s*=\s*(\d+)', ioreg)
    if found:
        return min(map(int, found)) / 1e9
    return None if "IOHIDSystem" in ioreg else math.inf


def _output(command: list[str]) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=True,
        timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL,
    ).stdout  # fmt: skip
