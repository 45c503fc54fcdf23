"""How hot the processor and the cards are, for the watch that rests before it gets too hot.

Only the processor's own sensors are read: those of a disk would wake it, and those of a mainboard
mean something different on each.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qubix_worker.hardware import figures, hwmon
from qubix_worker.protocol import GraphicsUsage

PROCESSOR = "processor"
NAMELESS = ""
"""What must not be told of: a card that may be left out."""
SENSORS_MOST = 256
FOUND_SECONDS = 600.0
"""How long the chips are taken to be where they were found: a module may be loaded later."""
NONE_SECONDS = 60.0
"""The same where none was found, as in many a virtual machine."""
_INPUT = re.compile(r"temp(\d{1,4})_input", re.ASCII)
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


class Processor:
    """Below `root`. Remembers where its sensors are, for a while."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._clock = clock
        self._found: tuple[tuple[_Chip, ...], float] | None = None

    def temperatures(self) -> tuple[Temperature, ...]:
        """The hottest of the processor's sensors, one for each chip (a socket)."""
        now, found = self._clock(), self._found
        if found is not None:
            chips, at = found
            told = [_hottest(chip) for chip in chips]
            lasts = FOUND_SECONDS if chips else NONE_SECONDS
            if now - at < lasts and None not in told:
                return _temperatures(told)
        chips = _chips(self._root)
        self._found = chips, now
        return _temperatures([_hottest(chip) for chip in chips])


def of_cards(uses: tuple[GraphicsUsage, ...]) -> tuple[Temperature, ...]:
    return tuple(
        Temperature(use.name, use.temperature_celsius, use.uuid)
        for use in uses
        if use.temperature_celsius is not None
    )


@dataclass(frozen=True)
class _Chip:
    folder: Path
    name: str
    sensors: tuple[tuple[int, str | None], ...]
    """The number and the label of each."""


def _temperatures(told: list[float | None]) -> tuple[Temperature, ...]:
    return tuple(Temperature("processor", celsius) for celsius in told if celsius is not None)


def _hottest(chip: _Chip) -> float | None:
    """In degrees Celsius; a sensor that does not tell is left out."""
    if figures.read(chip.folder / "name") != chip.name:
        return None  # the numbers of the folders have changed: this may be a disk by now
    told = [(label, hwmon.celsius(chip.folder, at)) for at, label in chip.sensors]
    known = [(label, celsius) for label, celsius in told if celsius is not None]
    true = [celsius for label, celsius in known if label != _CONTROL]
    return max(true or [celsius for _, celsius in known], default=None)


def _chips(root: Path) -> tuple[_Chip, ...]:
    """Those with a sensor of heat."""
    found = []
    for folder in _listed(root / "sys/class/hwmon"):
        name = figures.read(folder / "name")
        if name in _PROCESSORS and (sensors := _sensors(folder)):
            found.append(_Chip(folder, name, sensors))
    return tuple(found)


def _sensors(folder: Path) -> tuple[tuple[int, str | None], ...]:
    """The numbers have gaps: coretemp's are those of the cores (Documentation/hwmon/coretemp)."""
    inputs = (_INPUT.fullmatch(file.name) for file in _listed(folder))
    numbers = sorted(int(file[1]) for file in inputs if file)[:SENSORS_MOST]
    return tuple((at, figures.read(folder / f"temp{at}_label")) for at in numbers)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
