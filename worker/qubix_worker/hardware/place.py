"""Where the probes look: the system's files, its tools, its libraries, its registry.

Everything that a probe reads comes from here, so a test can lay out any computer in a folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import psutil

from qubix_worker import system
from qubix_worker.hardware.tools import Tools

RegistryValue = str | int | bytes | Sequence[str]


class Registry(Protocol):
    """What is read of the Windows registry, below HKEY_LOCAL_MACHINE."""

    def subkeys(self, key: str) -> Sequence[str]:
        """The names of the keys below `key`; none where it is not there."""
        ...

    def values(self, key: str) -> Mapping[str, RegistryValue]:
        """The values of `key`; none where it is not there."""
        ...

    def present(self, device_class: str) -> Sequence[str] | None:
        """The instance ids of the devices of a class that are there now; None where that cannot
        be told. The registry alone remembers every device that ever was there."""
        ...

    def has_feature(self, number: int) -> bool:
        """IsProcessorFeaturePresent: whether the processor has what winnt.h gives this number."""
        ...


@dataclass(frozen=True)
class Place:
    """One computer, as the probes see it."""

    family: Literal["linux", "windows", "macos"]
    root: Path = Path("/")
    tools: Tools = field(default_factory=Tools)
    load_nvml: Callable[[], Any] | None = None
    """Gives the module `pynvml`; None where the driver's library is not there. Asked only where
    there is a sign of an NVIDIA driver, since the module is large."""
    registry: Registry | None = None
    memory_total_bytes: Callable[[], int | None] = lambda: int(psutil.virtual_memory().total)
    cpu_count: Callable[[bool], int | None] = psutil.cpu_count
    """Asked with True for the logical ones, with False for the physical ones."""


def here() -> Place:
    """This computer."""
    name = system.current().name
    registry: Registry | None = None
    if sys.platform == "win32":
        from qubix_worker.hardware import registry_windows  # noqa: PLC0415

        registry = registry_windows.WindowsRegistry()
    return Place(name, load_nvml=_load_nvml, registry=registry)


def _load_nvml() -> Any:
    try:
        import pynvml  # type: ignore[import-untyped,import-not-found,unused-ignore] # noqa: PLC0415
    except ImportError:
        return None
    return pynvml
