"""Sensors as Linux's hwmon has them (Documentation/hwmon/sysfs-interface): one folder a chip.

Only the folders that are asked for are read. A disk's or a sleeping card's sensor, read in
passing, would wake it.
"""

from __future__ import annotations

from pathlib import Path

from qubix_worker.hardware import figures

MILLI = 1e3
MICRO = 1e6


def of_device(device: Path) -> Path | None:
    """The sensors of a device of sysfs."""
    try:
        found = sorted((device / "hwmon").iterdir())
    except OSError:
        return None
    return found[0] if found else None


def celsius(sensors: Path | None, at: int) -> float | None:
    if sensors is None:
        return None
    found = figures.read_number(sensors / f"temp{at}_input", figures.CELSIUS_MOST * MILLI)
    return found / MILLI if found is not None else None


def watts(sensors: Path | None) -> float | None:
    """The power drawn: an average, or of the moment where the chip knows no average."""
    if sensors is None:
        return None
    for name in ("power1_average", "power1_input"):
        found = figures.read_number(sensors / name, figures.WATTS_MOST * MICRO)
        if found is not None:
            return found / MICRO
    return None


def joules(sensors: Path | None) -> float | None:
    """The energy taken since the driver was loaded."""
    if sensors is None:
        return None
    found = figures.read_number(sensors / "energy1_input", 1e18)
    return found / MICRO if found is not None else None
