"""Windows: the cards as the registry has them under the class of display adapters.

Values: learn.microsoft.com, "Registering Hardware Information" (HardwareInformation.*) and "System-
Defined Device Setup Classes". The registry keeps the adapters that once were there, so it is asked
which devices are present.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from qubix_worker.errors import Problem
from qubix_worker.hardware import figures
from qubix_worker.hardware.pci import VENDORS
from qubix_worker.hardware.place import Registry, RegistryValue
from qubix_worker.hardware.probe import GRAPHICS_SILENT
from qubix_worker.protocol import GraphicsCard, GraphicsUsage

Form = Literal["discrete", "integrated", "virtual"]

DISPLAY_CLASS = "{4d36e968-e325-11ce-bfc1-08002be10318}"
_CLASS_KEY = rf"SYSTEM\CurrentControlSet\Control\Class\{DISPLAY_CLASS}"
_DEVICES_KEY = r"SYSTEM\CurrentControlSet\Enum"

_PCI = re.compile(r"pci\\ven_([0-9a-f]{4})&dev_([0-9a-f]{4})", re.ASCII | re.I)
_PLACE = re.compile(r"\((\d{1,3}),(\d{1,2}),(\d)\)$", re.ASCII)
_HYPER_V = "vmbus\\"
_BOARD = "acpi\\"
_VIRTUAL = frozenset({"Microsoft", "VMware", "VirtualBox", "Parallels", "Red Hat", "QEMU"})
_INTEL_INSIDE = "0000:00:02.0"
"""See intel.py."""


@dataclass
class WindowsProbe:
    """See `GraphicsProbe`. Windows keeps the use of cards in counters that only NVIDIA's own
    library spares us: of others it is not known."""

    registry: Registry
    name: str = "the graphics cards"
    knows: frozenset[str] = frozenset()
    silence: Problem = GRAPHICS_SILENT
    fresh_seconds: float = 3600.0

    def cards(self) -> tuple[GraphicsCard, ...]:
        return tuple(adapters(self.registry))

    def usage(self) -> tuple[GraphicsUsage, ...]:
        return ()


def adapters(registry: Registry) -> Iterator[GraphicsCard]:
    """The display adapters that are in this computer now; none that only draw, as a remote
    desktop's or a USB display's."""
    places = _places(registry)
    for number in registry.subkeys(_CLASS_KEY)[:64]:
        if not re.fullmatch(r"\d{4}", number):
            continue
        if places is not None and number not in places:
            continue  # it was there once
        values = {
            name.lower(): value
            for name, value in registry.values(rf"{_CLASS_KEY}\{number}").items()
        }
        card = _card(values, (places or {}).get(number))
        if card:
            yield card


def has_nvidia(registry: Registry) -> bool:
    return any(card.vendor == "NVIDIA" for card in adapters(registry))


def _places(registry: Registry) -> dict[str, str | None] | None:
    """Of each adapter that is present, by its number in the class: where it is plugged in."""
    present = registry.present(DISPLAY_CLASS)
    if present is None:
        return None
    found: dict[str, str | None] = {}
    for device in present[:64]:
        values = registry.values(rf"{_DEVICES_KEY}\{device}")
        driver = _string(values.get("Driver"))
        if driver and driver.lower().startswith(DISPLAY_CLASS + "\\"):
            found[driver[-4:]] = _place(_string(values.get("LocationInformation")))
    return found


def _place(location: str | None) -> str | None:
    """`@System32\\drivers\\pci.sys,#65536;PCI bus %1, device %2, function %3;(1,0,0)`."""
    found = _PLACE.search(location) if location and "pci" in location.lower() else None
    if not found:
        return None
    bus, device, function = (int(part) for part in found.groups())
    if bus > 255 or device > 31 or function > 7:
        return None
    return f"0000:{bus:02x}:{device:02x}.{function}"


def _card(values: Mapping[str, RegistryValue], place: str | None) -> GraphicsCard | None:
    device = _string(values.get("matchingdeviceid")) or ""
    maker = _string(values.get("providername"))
    called = figures.name(values.get("driverdesc"))
    form: Form | None = None
    if found := _PCI.match(device):
        ids = f"{found[1]}:{found[2]}".lower()
        vendor = VENDORS.get(int(found[1], 16), f"PCI vendor {found[1].lower()}")
        form = "virtual" if vendor in _VIRTUAL else None
        if vendor == "Intel" and place:
            form = "integrated" if place == _INTEL_INSIDE else "discrete"
        # Windows' own driver for any card draws, and no more. It is called otherwise in every
        # language.
        without = maker in (None, "Microsoft") and form != "virtual"
        name = f"{vendor} graphics {ids}" if without or not called else called
    elif device.lower().startswith(_HYPER_V):
        vendor, name, form, without = "Microsoft", called or "Hyper-V graphics", "virtual", False
    elif device.lower().startswith(_BOARD) and called and maker:
        # A chip that is on no bus, as in computers with ARM processors.
        vendor, name, form, without = maker, called, "integrated", False
    else:
        return None
    # Intel's driver tells a share of the computer's memory as if it were the card's.
    own = form == "discrete" or (form is None and vendor != "Intel")
    memory = figures.memory_bytes(_quadword(values.get("hardwareinformation.qwmemorysize")))
    return GraphicsCard(
        vendor=vendor,
        name=name,
        memory_total_bytes=memory if own else None,
        driver=None if without else figures.version(values.get("driverversion")),
        pci_address=place,
        form=form,
        unified_memory=True if form == "integrated" else None,
        state="no_driver" if without else "ready",
    )


def _string(value: RegistryValue | None) -> str | None:
    return figures.text(value) if isinstance(value, str) else None


def _quadword(value: RegistryValue | None) -> int | None:
    """REG_QWORD, or eight bytes as REG_BINARY, as some drivers write it."""
    if isinstance(value, bytes):
        return int.from_bytes(value, "little") if len(value) == 8 else None
    return value if isinstance(value, int) else None
