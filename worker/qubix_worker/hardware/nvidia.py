"""NVIDIA cards, by the driver's library, or by its tool where there is no library.

Neither is asked while all cards sleep, as they do in laptops: either would wake them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from qubix_worker.errors import Problem
from qubix_worker.hardware import nvidia_smi, pci
from qubix_worker.hardware.figures import read
from qubix_worker.hardware.nvml import LibraryMissingError, Nvml
from qubix_worker.hardware.place import Place
from qubix_worker.protocol import GraphicsCard, GraphicsUsage

T = TypeVar("T")

_SIGNS = ("dev/nvidiactl", "dev/dxg")
"""Of a driver for a card that is not on a PCI bus that is seen here: in a container, in WSL."""


@dataclass
class NvidiaProbe:
    """See `GraphicsProbe`. `has_card` tells whether there is one at all, where no file tells it."""

    place: Place
    has_card: Callable[[], bool]
    name: str = "the NVIDIA driver"
    knows: frozenset[str] = frozenset({"NVIDIA"})
    silence: Problem = nvidia_smi.SILENT
    _nvml: Nvml | None = field(default=None)
    _library_missing: bool = False

    @property
    def fresh_seconds(self) -> float:
        """Opening the library, or starting the tool, costs ten times what a question does."""
        return 10.0 if self._nvml and self._nvml.keep_open else 30.0

    def cards(self) -> tuple[GraphicsCard, ...]:
        return self._ask(Nvml.cards, nvidia_smi.cards)

    def usage(self) -> tuple[GraphicsUsage, ...]:
        return self._ask(Nvml.usage, nvidia_smi.usage)

    def _ask(
        self,
        library: Callable[[Nvml], tuple[T, ...]],
        tool: Callable[[nvidia_smi.Run], tuple[T, ...]],
    ) -> tuple[T, ...]:
        if not self.has_card():
            return ()
        nvml = self._library()
        if nvml:
            try:
                return library(nvml)
            except LibraryMissingError:
                self._library_missing = True
        return tool(nvidia_smi.runner(self.place.tools))

    def _library(self) -> Nvml | None:
        if self._nvml is None and not self._library_missing:
            module = self.place.load_nvml() if self.place.load_nvml else None
            self._library_missing = module is None
            if module is not None:
                self._nvml = Nvml(module, keep_open=not _may_sleep(self.place))
        return None if self._library_missing else self._nvml


def on_linux(place: Place) -> Callable[[], bool]:
    """Whether the driver is to be asked: it has a card that is awake."""

    def has_card() -> bool:
        cards = [card for card in pci.devices(place.root) if card.vendor == "NVIDIA"]
        if cards:
            return any(card.driver == "nvidia" and not card.asleep for card in cards)
        return any((place.root / sign).exists() for sign in _SIGNS)

    return has_card


def _may_sleep(place: Place) -> bool:
    """Whether the system may put a card to sleep: `auto` (sysfs-devices-power)."""
    return any(
        read(card.folder / "power/control") == "auto"
        for card in pci.devices(place.root)
        if card.vendor == "NVIDIA"
    )
