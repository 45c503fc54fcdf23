"""What this computer itself has to name a card by its numbers: the lists that lspci and libdrm use.

QUBIX brings no such list of its own: a card is called as its own system calls it, or by its
numbers. The files are read directly, since lspci would wake a card that sleeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from qubix_worker.hardware import figures
from qubix_worker.hardware.pci import Device

_PCI_IDS = ("usr/share/hwdata/pci.ids", "usr/share/misc/pci.ids", "usr/share/pci.ids")
_AMDGPU_IDS = ("usr/share/libdrm/amdgpu.ids", "opt/amdgpu/share/libdrm/amdgpu.ids")
_LIST_BYTES = 8 << 20


def name_of(device: Device, root: Path) -> str:
    """The best name that this system has for a device."""
    by_driver = None
    if not device.asleep:
        by_driver = figures.name(figures.read(device.folder / "product_name"))
    return by_driver or _by_libdrm(device, root) or _by_pci_ids(device, root) or device.words


def _by_libdrm(device: Device, root: Path) -> str | None:
    """libdrm's list: device, revision, name, with commas between (its data/amdgpu.ids)."""
    if device.vendor != "AMD":
        return None
    revision = figures.read_hex(device.folder / "revision")
    if revision is None:
        return None
    for line in _lines(root, _AMDGPU_IDS):
        cells = [cell.strip() for cell in line.split(",", 2)]
        if len(cells) == 3 and (_hex(cells[0]), _hex(cells[1])) == (device.device_id, revision):
            return figures.name(cells[2])
    return None


def _by_pci_ids(device: Device, root: Path) -> str | None:
    """The PCI ID list: a vendor at the line's begin, its devices below it after one tabulator."""
    ours = False
    for line in _lines(root, _PCI_IDS):
        if not line or line.startswith(("#", "\t\t")):
            continue
        number, _, name = line.strip().partition("  ")
        if not line.startswith("\t"):
            if ours:
                return None
            ours = _hex(number) == device.vendor_id and len(number) == 4
        elif ours and _hex(number) == device.device_id:
            found = figures.text(name, most=200)
            told = found is not None and not found.startswith(device.vendor)
            return f"{device.vendor} {found}" if told else found
    return None


def _lines(root: Path, places: tuple[str, ...]) -> Iterator[str]:
    for place in places:
        try:
            with (root / place).open("rb") as opened:
                held = opened.read(_LIST_BYTES)
        except OSError:
            continue
        yield from figures.lines(held, len(held))
        return


def _hex(cell: str) -> int | None:
    try:
        return int(cell, 16)
    except ValueError:
        return None
