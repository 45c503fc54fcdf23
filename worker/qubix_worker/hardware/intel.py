"""Intel graphics under Linux's i915 and xe drivers: what their files in sysfs tell.

Neither driver tells in sysfs how busy the card is, and xe not how much memory it has; so neither
is known. Sensors: Documentation/ABI/testing/sysfs-driver-intel-xe-hwmon and -i915-hwmon.
"""

from __future__ import annotations

from pathlib import Path

from qubix_worker.hardware import figures, hwmon
from qubix_worker.hardware.pci import Device

_INTEGRATED = "0000:00:02.0"
"""Graphics inside an Intel processor are always this device (Intel's datasheets of its processors:
"Processor Graphics, Device 2"); everything else is a card."""
_XE_PACKAGE_SENSOR = 2


def integrated(device: Device) -> bool:
    return device.address == _INTEGRATED


def memory_total_bytes(device: Device) -> int | None:
    """A card's local memory, where this version of i915 tells it."""
    for card in device.cards:
        if found := figures.read_memory(card / "lmem_total_bytes"):
            return found
    return None


def temperature_celsius(sensors: Path | None) -> float | None:
    """xe numbers its sensors by what they measure: 2 is the package."""
    return hwmon.celsius(sensors, _XE_PACKAGE_SENSOR)
