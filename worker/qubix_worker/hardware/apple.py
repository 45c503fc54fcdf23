"""macOS: the cards as `system_profiler` lists them in JSON, their use as `ioreg` has it.

Apple's own chips have no memory of their own: all of the computer's is theirs, and that is said.
macOS brings every driver itself, so there is no version of one to tell.
"""

from __future__ import annotations

import json
import plistlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError

from qubix_worker.errors import Problem
from qubix_worker.hardware import figures
from qubix_worker.hardware.place import Place
from qubix_worker.hardware.probe import GRAPHICS_SILENT, SilentError
from qubix_worker.hardware.tools import ToolSilentError
from qubix_worker.protocol import GraphicsCard, GraphicsUsage

_PROFILER = ("SPDisplaysDataType", "-json")
_IOREG = ("-a", "-r", "-d", "1", "-c", "IOAccelerator")
_FOLDERS = ("/usr/sbin",)
_VENDORS = {"apple": "Apple", "amd": "AMD", "intel": "Intel", "nvidia": "NVIDIA"}
_METAL = re.compile(r"spdisplays_(?:metal(\d)|(?:mtl)?gpufamily\w+)", re.ASCII)
_SIZE = re.compile(r"(\d{1,7}) ([MG]B)", re.ASCII)
_UNITS = {"MB": 1 << 20, "GB": 1 << 30}


@dataclass
class AppleProbe:
    """See `GraphicsProbe`."""

    place: Place
    name: str = "the graphics cards"
    knows: frozenset[str] = frozenset()
    silence: Problem = GRAPHICS_SILENT
    fresh_seconds: float = 30.0

    def cards(self) -> tuple[GraphicsCard, ...]:
        output = self._run("system_profiler", _PROFILER)
        return tuple(cards(output, self.place.memory_total_bytes())) if output else ()

    def usage(self) -> tuple[GraphicsUsage, ...]:
        output = self._run("ioreg", _IOREG)
        return usage(output) if output else ()

    def _run(self, tool: str, arguments: tuple[str, ...]) -> bytes | None:
        try:
            told = self.place.tools.run(tool, arguments, also=_FOLDERS)
        except ToolSilentError as error:
            raise SilentError(self.silence) from error
        return told.output if told and not told.exit_code else None


def cards(output: bytes, memory_total_bytes: int | None) -> Iterator[GraphicsCard]:
    """`memory_total_bytes` is the computer's, which a chip of Apple's shares."""
    try:
        held = json.loads(output.decode("utf-8"))
    except (ValueError, RecursionError):
        return
    listed = held.get("SPDisplaysDataType") if isinstance(held, dict) else None
    for entry in listed[:64] if isinstance(listed, list) else ():
        card = _card(entry, memory_total_bytes) if isinstance(entry, dict) else None
        if card:
            yield card


def usage(output: bytes) -> tuple[GraphicsUsage, ...]:
    """Of the one card, where there is one. Which of several a figure is of cannot be told."""
    try:
        held = plistlib.loads(output)
    except (ValueError, ExpatError, RecursionError, OverflowError, AttributeError, TypeError):
        return ()
    if not isinstance(held, list) or len(held) != 1 or not isinstance(held[0], dict):
        return ()
    name = figures.name(held[0].get("model"))
    told = held[0].get("PerformanceStatistics")
    if name is None or not isinstance(told, dict):
        return ()
    used = figures.number(told.get("In use system memory"), figures.MEMORY_BYTES_MOST)
    return (
        GraphicsUsage(
            name,
            percent=figures.number(told.get("Device Utilization %"), 100),
            memory_used_mb=round(used / figures.MIB, 1) if used is not None else None,
        ),
    )


def _card(entry: Mapping[str, Any], memory_total_bytes: int | None) -> GraphicsCard | None:
    name = figures.name(entry.get("sppci_model"))
    said = figures.text(entry.get("spdisplays_vendor"))
    if name is None or said is None:
        return None
    # `sppci_vendor_Apple`, `sppci_vendor_amd`; older systems: `Intel (0x8086)`.
    word = said.removeprefix("sppci_vendor_").partition(" ")[0]
    vendor = _VENDORS.get(word.lower(), word)
    if not vendor.isalpha():
        return None
    if "Paravirtual" in name:  # what a virtual machine of Apple's own framework calls its card
        return GraphicsCard(vendor, name, compute=_metal(entry), form="virtual")
    built_in = figures.text(entry.get("sppci_bus")) == "spdisplays_builtin"
    unified = vendor in ("Apple", "Intel")
    # What graphics without memory may take of the computer's has other keys than this one.
    own = None if unified else _memory(entry.get("spdisplays_vram"))
    return GraphicsCard(
        vendor=vendor,
        name=name,
        memory_total_bytes=memory_total_bytes if vendor == "Apple" else own,
        compute=_metal(entry),
        form="integrated" if unified and built_in else "discrete" if own else None,
        unified_memory=True if unified else False if own else None,
    )


def _memory(said: Any) -> int | None:
    """`4 GB`."""
    written = figures.text(said)
    found = _SIZE.fullmatch(written) if written else None
    return figures.memory_bytes(found[1], _UNITS[found[2]]) if found else None


def _metal(entry: Mapping[str, Any]) -> str | None:
    """`Metal 3`; just `Metal` where an older system names a family of cards instead."""
    for key in ("spdisplays_mtlgpufamilysupport", "spdisplays_metalfamily", "spdisplays_metal"):
        said = figures.text(entry.get(key))
        if said == "spdisplays_supported":
            return "Metal"
        if said and (found := _METAL.fullmatch(said)):
            return f"Metal {found[1]}" if found[1] else "Metal"
    return None
