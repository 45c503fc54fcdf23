"""Display devices on the PCI bus, as Linux keeps them in sysfs.

Only what the kernel holds in memory is read here. Reading a device's `config` (as lspci does) or a
driver's own files would switch on a card that a laptop has put to sleep.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from qubix_worker.hardware import figures

DEVICES_MOST = 64

VENDORS = {
    0x1002: "AMD",
    0x10DE: "NVIDIA",
    0x8086: "Intel",
    0x106B: "Apple",
    0x1A03: "ASPEED",
    0x102B: "Matrox",
    0x1013: "Cirrus Logic",
    0x1414: "Microsoft",
    0x15AD: "VMware",
    0x80EE: "VirtualBox",
    0x1AB8: "Parallels",
    0x1AF4: "Red Hat",
    0x1B36: "Red Hat",
    0x1234: "QEMU",
}
"""As their products are called. Ids: the PCI-SIG's, collected at pci-ids.ucw.cz."""
_VIRTUAL = frozenset({0x1414, 0x15AD, 0x80EE, 0x1AB8, 0x1AF4, 0x1B36, 0x1234})
_CIRRUS_OF_QEMU = (0x1013, 0x00B8)
_DISPLAY, _ACCELERATOR = 0x03, 0x1200
"""PCI Code and ID Assignment Specification: base class 03h is a display controller; 1200h is a
processing accelerator, which is how AMD's Instinct MI300 presents itself."""
_AMD = 0x1002
_GIVEN_AWAY = ("vfio-pci", "pci-stub", "pciback")


@dataclass(frozen=True)
class Device:
    """A display device. `folder` is its place in sysfs."""

    folder: Path
    address: str
    vendor_id: int
    device_id: int
    driver: str | None
    asleep: bool

    @property
    def vendor(self) -> str:
        return VENDORS.get(self.vendor_id, f"PCI vendor {self.vendor_id:04x}")

    @property
    def words(self) -> str:
        """What it can be called where nothing on this computer has a name for it."""
        return f"{self.vendor} graphics {self.vendor_id:04x}:{self.device_id:04x}"

    @property
    def virtual(self) -> bool:
        ids = (self.vendor_id, self.device_id)
        return self.vendor_id in _VIRTUAL or ids == _CIRRUS_OF_QEMU

    @property
    def given_away(self) -> bool:
        """Whether a virtual machine has it."""
        return self.driver in _GIVEN_AWAY

    @property
    def render_nodes(self) -> tuple[str, ...]:
        """`renderD128`: what programs open to compute on it."""
        return tuple(name for name in _names(self.folder / "drm") if name.startswith("renderD"))

    @property
    def cards(self) -> tuple[Path, ...]:
        drm = self.folder / "drm"
        return tuple(drm / name for name in _names(drm) if name.startswith("card"))


def devices(root: Path) -> tuple[Device, ...]:
    """The display devices that are there now, in the order of their addresses."""
    folder = root / "sys/bus/pci/devices"
    found = (_device(folder / name) for name in sorted(_names(folder)))
    return tuple(device for device in found if device)[:DEVICES_MOST]


def driver_of(folder: Path) -> str | None:
    """The name of the driver that a device of sysfs is bound to."""
    try:
        return Path(os.readlink(folder / "driver")).name  # noqa: PTH115 - need not lead anywhere
    except OSError:
        return None


def _device(folder: Path) -> Device | None:
    address = figures.pci_address(folder.name)
    kind = figures.read_hex(folder / "class")
    vendor = figures.read_hex(folder / "vendor")
    device = figures.read_hex(folder / "device")
    if address is None or kind is None or vendor is None or device is None:
        return None
    if kind >> 16 != _DISPLAY and not (kind >> 8 == _ACCELERATOR and vendor == _AMD):
        return None
    if os.path.lexists(folder / "physfn"):
        return None  # a share of a card, to be given to a virtual machine (SR-IOV)
    # Without power management there is no such file. What cannot be understood counts as asleep:
    # better to know less of a card than to wake it.
    status = folder / "power/runtime_status"
    awake = not status.exists() or figures.read(status) in ("active", "unsupported", "resuming")
    return Device(folder, address, vendor, device, driver_of(folder), not awake)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names, not paths
    except OSError:
        return []
