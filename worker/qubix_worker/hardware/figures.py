"""Texts and figures as drivers and tools tell them. What is not one for certain is not known.

A figure that was cut short is still a figure, only a wrong one. So nothing is read from a line
without its end, and no cell that holds anything unprintable is mended.
"""

from __future__ import annotations

import re
from pathlib import Path

FILE_BYTES = 4096
"""More than any file of sysfs that is read here holds (one page: sysfs(5))."""
MIB = 1 << 20
MEMORY_BYTES_MOST = 1 << 50
CELSIUS_MOST = 200.0
WATTS_MOST = 10_000.0

_UNKNOWN = ("N/A", "NA", "NONE", "NULL", "ERR!", "UNKNOWN", "UNKNOWN ERROR", "-")
_NUMBER = re.compile(r"[+-]?\d{1,24}(\.\d{1,24})?", re.ASCII)
_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,4}([.+~-][\w.+~-]*)?", re.ASCII)
_PCI = re.compile(r"(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])", re.ASCII | re.I)


def lines(output: bytes, most: int) -> list[str]:
    """The lines that are whole. The last one has no end where an output was cut: it is no line."""
    text = output.decode("utf-8", errors="replace")
    return [line.rstrip("\r") for line in text.split("\n")[:-1][:most]]


def text(cell: object, most: int = 256) -> str | None:
    """A cell's text; None for the ways to say that a thing is not known, and for rubbish."""
    if not isinstance(cell, str):
        return None
    found = cell.strip()
    if not found or len(found) > most or not found.isprintable() or "\ufffd" in found:
        return None
    return None if found.startswith(("[", "<")) or found.upper() in _UNKNOWN else found


def name(cell: object) -> str | None:
    """A text that can be a name: with a letter in it."""
    written = text(cell)
    return written if written and any(letter.isalpha() for letter in written) else None


def version(cell: object) -> str | None:
    """`550.54.14`, `6.8.5-rc1`."""
    written = text(cell, most=64)
    return written if written and _VERSION.fullmatch(written) else None


def number(cell: object, most: float, least: float = 0.0) -> float | None:
    """A figure within its range, written in the C locale."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        # Beyond any range, and beyond what float() takes.
        found = float(cell) if abs(cell) < 1e30 else -1e30
    else:
        written = text(cell)
        if written is None or not _NUMBER.fullmatch(written):
            return None
        found = float(written)
    return found if least <= found <= most else None


def memory_bytes(cell: object, unit: int = 1) -> int | None:
    """Memory in units of `unit` bytes. Nothing has no memory at all: zero is not known."""
    found = number(cell, MEMORY_BYTES_MOST / unit)
    return int(found * unit) or None if found is not None else None


def pci_address(cell: object) -> str | None:
    """`00000000:01:00.0`, `0000:C9:00.0`, `01:00.0` as Linux writes it: `0000:01:00.0`."""
    written = text(cell)
    found = _PCI.fullmatch(written) if written else None
    if not found:
        return None
    domain, bus, device, function = found.groups()
    return f"{int(domain or '0', 16):04x}:{bus.lower()}:{device.lower()}.{function}"


def read(file: Path) -> str | None:
    """What a file of sysfs or procfs holds in its one line; None where it is not whole."""
    try:
        with file.open("rb") as opened:
            held = opened.read(FILE_BYTES)
    except OSError:
        return None
    if not held.endswith(b"\n"):
        return None
    return text(held[:-1].decode("utf-8", errors="replace"), most=FILE_BYTES)


def read_number(file: Path, most: float, least: float = 0.0) -> float | None:
    return number(read(file), most, least)


def read_memory(file: Path) -> int | None:
    return memory_bytes(read(file))


def read_hex(file: Path) -> int | None:
    """`0x10de`, as a PCI device's `vendor` says."""
    held = read(file)
    return int(held, 16) if held and re.fullmatch(r"0x[0-9a-f]{1,8}", held) else None
