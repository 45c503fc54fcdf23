"""AMD cards as `amd-smi` or the older `rocm-smi` tell them in JSON: what sysfs lacks.

Both are slow programs that touch every card. So they are asked once, at detection, never for usage,
only where something is missing, and not while a card sleeps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qubix_worker.errors import Problem
from qubix_worker.hardware import figures, pci
from qubix_worker.hardware.place import Place
from qubix_worker.hardware.probe import SilentError
from qubix_worker.hardware.tools import ToolSilentError
from qubix_worker.protocol import GraphicsCard, GraphicsUsage

_FOLDERS = ("/opt/rocm/bin",)
_AMD_SMI = ("static", "--asic", "--bus", "--vram", "--driver", "--json")
_ROCM_SMI = ("--showproductname", "--showbus", "--showuniqueid", "--showmeminfo", "vram", "--json")
_TARGET = re.compile(r"gfx(?:[6-9]|1[0-9])[0-9a-f]{2}", re.ASCII)
"""Older versions of rocm-smi write gfx90a as gfx9010 (ROCm/rocm_smi_lib issue 159): no target."""
SILENT = Problem(
    "amd_silent",
    "AMD's tool for the card did not answer.",
    "Restart this computer; if it lasts, install the driver anew.",
)
_UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}


@dataclass
class AmdToolsProbe:
    """See `GraphicsProbe`. `is_enough` tells whether the kernel already told everything."""

    place: Place
    is_enough: Callable[[], bool]
    name: str = "AMD's tools"
    knows: frozenset[str] = frozenset({"AMD"})
    silence: Problem = SILENT
    fresh_seconds: float = 3600.0

    def cards(self) -> tuple[GraphicsCard, ...]:
        devices = [device for device in pci.devices(self.place.root) if device.vendor == "AMD"]
        if any(device.asleep for device in devices) or self.is_enough():
            return ()
        try:
            for tool, arguments, read in (
                ("amd-smi", _AMD_SMI, by_amd_smi),
                ("rocm-smi", _ROCM_SMI, by_rocm_smi),
            ):
                told = self.place.tools.run(tool, arguments, also=_FOLDERS)
                found = read(told.output) if told and not told.exit_code else ()
                if found:
                    return found
        except ToolSilentError as error:
            raise SilentError(SILENT) from error
        return ()

    def usage(self) -> tuple[GraphicsUsage, ...]:
        return ()


def by_amd_smi(output: bytes) -> tuple[GraphicsCard, ...]:
    """`amd-smi static --json`: a list of cards, or an object with the list as `gpu_data`."""
    held = _json(output)
    listed = held.get("gpu_data") if isinstance(held, dict) else held
    return _unique(_of_amd_smi(entry) for entry in _objects(listed))


def by_rocm_smi(output: bytes) -> tuple[GraphicsCard, ...]:
    """`rocm-smi --json`: an object with an object for each card, `card0`. The keys' letters changed
    between versions: `Card series` became `Card Series`."""
    held = _json(output)
    if not isinstance(held, dict):
        return ()
    cards = (value for key, value in held.items() if re.fullmatch(r"card\d{1,3}", key))
    return _unique(_of_rocm_smi(card) for card in _objects(list(cards)))


def _of_amd_smi(entry: Mapping[str, Any]) -> GraphicsCard | None:
    asic, bus = _object(entry.get("asic")), _object(entry.get("bus"))
    size = _object(_object(entry.get("vram")).get("size"))
    driver = _object(entry.get("driver"))
    unit = _UNITS.get(str(size.get("unit")))
    return _card(
        name=asic.get("market_name"),
        address=bus.get("bdf"),
        compute=asic.get("target_graphics_version"),
        memory=figures.memory_bytes(size.get("value"), unit) if unit else None,
        driver=(driver.get("name"), driver.get("version")),
    )


def _of_rocm_smi(entry: Mapping[str, Any]) -> GraphicsCard | None:
    told = {key.lower(): value for key, value in entry.items()}
    return _card(
        # "Card model" is a number in newer versions; "Device name" came with them.
        name=told.get("card series") or told.get("device name"),
        address=told.get("pci bus"),
        compute=told.get("gfx version"),
        memory=figures.memory_bytes(told.get("vram total memory (b)")),
        uuid=told.get("unique id"),
    )


def _card(
    *,
    name: Any,
    address: Any,
    compute: Any,
    memory: int | None,
    uuid: Any = None,
    driver: tuple[Any, Any] = (None, None),
) -> GraphicsCard | None:
    """A card that has a place: without one, nobody could tell it from its twin."""
    called, place = figures.name(name), figures.pci_address(address)
    if called is None or called.startswith("0x") or place is None:
        return None
    target = figures.text(compute)
    identity = figures.text(uuid, most=64)
    by, version = figures.text(driver[0], most=64), figures.version(driver[1])
    return GraphicsCard(
        vendor="AMD",
        name=called,
        uuid=identity.removeprefix("0x") if identity else None,
        memory_total_bytes=memory,
        driver=f"{by} {version}" if by and version else None,
        compute=target if target and _TARGET.fullmatch(target) else None,
        pci_address=place,
    )


def _unique(cards: Iterator[GraphicsCard | None]) -> tuple[GraphicsCard, ...]:
    by_place: dict[str | None, GraphicsCard] = {}
    for card in cards:
        if card:
            by_place.setdefault(card.pci_address, card)
    return tuple(by_place.values())


def _json(output: bytes) -> Any:
    try:
        return json.loads(output.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def _object(held: Any) -> Mapping[str, Any]:
    return held if isinstance(held, dict) else {}


def _objects(held: Any) -> Iterator[Mapping[str, Any]]:
    for entry in held[:64] if isinstance(held, list) else ():
        if isinstance(entry, dict):
            yield entry
