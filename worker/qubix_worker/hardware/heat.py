"""How hot the processor and the cards are, for the watch that rests before it gets too hot.

Only the processor's own sensors are read: those of a disk would wake it, and those of a mainboard
mean something different on each.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from qubix_worker.hardware import figures, hwmon
from qubix_worker.protocol import GraphicsUsage

PROCESSOR = "processor"
NAMELESS = ""
"""What must not be told of: a card that may be left out."""
SENSORS_MOST = 256
_PROCESSORS = (
    "coretemp", "k10temp", "k8temp", "zenpower", "fam15h_power", "via_cputemp", "cpu_thermal",
    "cpu-thermal", "soc_thermal", "soc-thermal", "cpuss0_thermal", "cpu0_thermal", "scpi_sensors",
)  # fmt: skip
"""Names of hwmon chips that sit inside a processor (Documentation/hwmon, and thermal zones of
system-on-chip device trees)."""
_CONTROL = "Tctl"
"""What AMD's fan control goes by: on some processors 10 or 27 degrees above the true one
(Documentation/hwmon/k10temp.rst). Tdie, where it is told, is the true one."""


@dataclass(frozen=True)
class Temperature:
    """`uuid` is a graphics card's, where it has one; None for the processor."""

    name: str
    celsius: float
    uuid: str | None = None


def processor(root: Path) -> tuple[Temperature, ...]:
    """The hottest of the processor's sensors, one for each chip (a socket)."""
    found = []
    for chip in _chips(root):
        told = _sensors(chip)
        if len(told) > 1:
            told.pop(_CONTROL, None)
        if told:
            found.append(Temperature(PROCESSOR, max(told.values())))
    return tuple(found)


def of_cards(uses: tuple[GraphicsUsage, ...]) -> tuple[Temperature, ...]:
    return tuple(
        Temperature(use.name, use.temperature_celsius, use.uuid)
        for use in uses
        if use.temperature_celsius is not None
    )


def _sensors(chip: Path) -> dict[str, float]:
    """Degrees Celsius by label; a sensor that does not tell is left out."""
    found: dict[str, float] = {}
    for at in range(1, SENSORS_MOST):
        if not (chip / f"temp{at}_input").exists():
            if at > 2:  # numbers begin at 1 or 2 and have few gaps
                break
            continue
        celsius = hwmon.celsius(chip, at)
        if celsius is not None:
            found[figures.read(chip / f"temp{at}_label") or str(at)] = celsius
    return found


@functools.lru_cache(maxsize=8)
def _chips(root: Path) -> tuple[Path, ...]:
    """Found once: a processor is not exchanged while the system runs."""
    try:
        folders = sorted((root / "sys/class/hwmon").iterdir())
    except OSError:
        return ()
    return tuple(folder for folder in folders if figures.read(folder / "name") in _PROCESSORS)
