"""Linux: every graphics card that the kernel knows; of AMD's and Intel's, the figures too.

A card that sleeps is told as `off`, by what the kernel holds of it in memory, and is left asleep.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from qubix_worker.errors import Problem
from qubix_worker.hardware import amd, figures, hwmon, intel, names, pci
from qubix_worker.hardware.pci import Device
from qubix_worker.hardware.probe import GRAPHICS_SILENT
from qubix_worker.protocol import GraphicsCard, GraphicsUsage

Form = Literal["discrete", "integrated", "virtual"]
State = Literal["ready", "no_driver", "passed_through", "off"]

_RENDERING = ("amdgpu", "i915", "radeon", "xe")
_MANAGEMENT = frozenset({0x1A03, 0x102B})
"""ASPEED and Matrox: the picture for a server's remote console, on its mainboard."""
_MAKERS = {
    "apple": "Apple",
    "arm": "ARM",
    "brcm": "Broadcom",
    "img": "Imagination",
    "nvidia": "NVIDIA",
    "qcom": "Qualcomm",
    "vivante": "Vivante",
}
"""Prefixes of `compatible` (the kernel's devicetree/bindings/vendor-prefixes.yaml)."""


@dataclass
class DrmProbe:
    """See `GraphicsProbe`. Remembers names, since a name is a search in a long list, and energies,
    since power is their difference."""

    root: Path
    clock: Callable[[], float] = time.monotonic
    name: str = "the graphics cards"
    knows: frozenset[str] = frozenset()
    silence: Problem = GRAPHICS_SILENT
    fresh_seconds: float = 10.0
    _names: dict[tuple[str, int, int], str] = field(default_factory=dict)
    _energies: dict[str, tuple[float, float]] = field(default_factory=dict)

    def cards(self) -> tuple[GraphicsCard, ...]:
        # A list of names may have changed. Not cleared: another thread may be looking one up.
        self._names = {}
        found = [self._card(device) for device in pci.devices(self.root)]
        return tuple(found) + tuple(_others(self.root))

    def usage(self) -> tuple[GraphicsUsage, ...]:
        """Of AMD's and Intel's cards that are awake; discrete cards first."""
        found: list[tuple[bool, GraphicsUsage]] = []
        for device in pci.devices(self.root):
            if device.asleep:
                continue
            if device.driver == "amdgpu":
                found.append(self._use_of_amd(device))
            elif device.driver in ("i915", "xe"):
                found.append((intel.integrated(device), self._use_of_intel(device)))
        told = sorted(found, key=lambda use: use[0])
        return tuple(use for _, use in told if use != GraphicsUsage(use.name, uuid=use.uuid))

    def _card(self, device: Device) -> GraphicsCard:
        form: Form | None = None
        unified: bool | None = None
        state = _state(device, self.root)
        facts = amd.Facts()
        if device.virtual:
            form = "virtual"
        elif device.vendor == "Intel":
            form = "integrated" if intel.integrated(device) else "discrete"
            unified = intel.integrated(device)
        elif device.vendor_id in _MANAGEMENT:
            form = "integrated"
        if device.driver == "amdgpu" and not device.asleep:
            facts = amd.facts(device, self.root)
            unified = facts.integrated
            if facts.integrated is not None:
                form = "integrated" if facts.integrated else "discrete"
        memory = facts.memory_total_bytes
        if device.driver in ("i915", "xe") and not device.asleep:
            memory = intel.memory_total_bytes(device)
        return GraphicsCard(
            vendor=device.vendor,
            name=self._name(device),
            uuid=facts.uuid,
            memory_total_bytes=memory,
            driver=_driver(device, self.root),
            compute=facts.compute,
            pci_address=device.address,
            form=form,
            unified_memory=unified,
            state=state,
        )

    def _name(self, device: Device) -> str:
        known, key = self._names, (device.address, device.vendor_id, device.device_id)
        name = known.get(key) or names.name_of(device, self.root)
        known[key] = name
        return name

    def _use_of_amd(self, device: Device) -> tuple[bool, GraphicsUsage]:
        use = amd.use(device)
        uuid = figures.text(figures.read(device.folder / "unique_id"), most=64)
        told = GraphicsUsage(
            self._name(device),
            percent=use.percent,
            temperature_celsius=use.temperature_celsius,
            memory_used_mb=_mib(use.memory_used_bytes),
            memory_total_mb=_mib(use.memory_total_bytes),
            power_watts=use.power_watts,
            uuid=uuid,
        )
        # A card without an identity of its own is one inside a processor, or an old one.
        return uuid is None, told

    def _use_of_intel(self, device: Device) -> GraphicsUsage:
        sensors = hwmon.of_device(device.folder)
        return GraphicsUsage(
            self._name(device),
            temperature_celsius=intel.temperature_celsius(sensors),
            power_watts=self._power(device.address, hwmon.joules(sensors)),
        )

    def _power(self, address: str, joules: float | None) -> float | None:
        """The mean power since the last time."""
        if joules is None:
            self._energies.pop(address, None)
            return None
        now = self.clock()
        before = self._energies.get(address)
        self._energies[address] = (now, joules)
        if before is None or now <= before[0]:
            return None
        return figures.number((joules - before[1]) / (now - before[0]), figures.WATTS_MOST)


def _state(device: Device, root: Path) -> State:
    if device.given_away:
        return "passed_through"
    # nouveau shows a picture, but nothing that computes on NVIDIA's cards works with it.
    if device.driver is None or device.driver == "nouveau":
        return "no_driver"
    if device.asleep:
        return "off"
    nodes = device.render_nodes
    if device.driver in _RENDERING and nodes:
        # Inside a container the kernel shows all cards of its host, and /dev those that it gives.
        given = any((root / "dev/dri" / node).exists() for node in nodes)
        return "ready" if given else "no_driver"
    return "ready"


def _driver(device: Device, root: Path) -> str | None:
    """`amdgpu 6.8.5`, or `amdgpu` where it came with the kernel and has no version of its own."""
    if device.driver is None:
        return None
    version = figures.version(figures.read(root / "sys/module" / device.driver / "version"))
    return f"{device.driver} {version}" if version else device.driver


def _others(root: Path) -> Iterator[GraphicsCard]:
    """Cards on no PCI bus: those of systems on a chip, and Hyper-V's picture."""
    folder = root / "sys/class/drm"
    seen: set[Path] = set()
    try:
        entries = sorted(os.listdir(folder))  # noqa: PTH208 - names, not paths
    except OSError:
        return
    for entry in entries:
        device = (folder / entry / "device").resolve()
        # A controller that can only show pictures has no renderD node; it computes nothing.
        renders = entry.startswith("renderD")
        driver = pci.driver_of(device)
        if device in seen or not (renders or driver == "hyperv_drm"):
            continue
        seen.add(device)
        told = _uevent(device)
        if driver == "hyperv_drm":
            yield GraphicsCard("Microsoft", "Hyper-V graphics", driver=driver, form="virtual")
        elif compatible := told.get("OF_COMPATIBLE_0"):
            maker = _MAKERS.get(compatible.partition(",")[0], compatible.partition(",")[0])
            yield GraphicsCard(
                vendor=maker,
                name=f"{maker} graphics ({compatible})",
                driver=driver,
                form="integrated",
                unified_memory=True,
                state="ready" if driver and (root / "dev/dri" / entry).exists() else "no_driver",
            )


def _uevent(device: Path) -> dict[str, str]:
    try:
        with (device / "uevent").open("rb") as opened:
            held = opened.read(figures.FILE_BYTES)
    except OSError:
        return {}
    pairs = (line.partition("=") for line in figures.lines(held, 64))
    told = {key: figures.text(value) for key, _, value in pairs}
    return {key: value for key, value in told.items() if value}


def _mib(held: float | None) -> float | None:
    return round(held / figures.MIB, 1) if held is not None else None
