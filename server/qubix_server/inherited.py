"""`quick-register`: how clients that are not ours join, in the words that they have always used.

They are read leniently where such clients differ (a figure or a text with its unit, 0 for what is
not known), and strictly in everything else. What they do not tell stays unknown: no processor,
memory or system is made up. A figure of memory without a unit is in GB, as in our answers.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from qubix_worker.protocol import KIND_PATTERN, NAME_LENGTH, TEXT_LENGTH, WORKER_ID_PATTERN

KINDS = ("wasm",)
"""What a client can do that does not tell it: the kind that every machine can run."""
GIGABYTES = {"": 1.0, "t": 1024.0, "g": 1.0, "m": 2.0**-10, "k": 2.0**-20}
GIGABYTES_MOST = 1e6
BYTES_PER_GB = 2**30
CORES_MOST = 65536
FIGURE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*(?:([tgmk]?)i?b?)", re.IGNORECASE | re.ASCII)
UNKNOWN = ("", "unknown", "n/a", "none")


@dataclass(frozen=True)
class Graphics:
    vendor: str | None = None
    model: str | None = None
    renderer: str | None = None
    description: str | None = None
    vram: Any = None
    type: str | None = None

    def __post_init__(self) -> None:
        for key in ("vendor", "model", "renderer", "description", "type"):
            _text(key, getattr(self, key), TEXT_LENGTH)
        _gigabytes("vram", self.vram)

    @property
    def name(self) -> str | None:
        return self.model or self.renderer or self.description or None


@dataclass(frozen=True)
class Cpu:
    model: str | None = None
    cores: Any = None

    def __post_init__(self) -> None:
        _text("model", self.model, TEXT_LENGTH)
        _cores("cores", self.cores)


@dataclass(frozen=True)
class Ram:
    total: Any = None

    def __post_init__(self) -> None:
        _gigabytes("total", self.total)


@dataclass(frozen=True)
class QuickRegistration:
    worker_id: str
    type: Literal["browser", "native"]
    enrollment: str
    gpu: Graphics | None = None
    cpu: Cpu | None = None
    ram: Ram | None = None
    location: str | None = None
    price_per_hour: float | None = None
    name: str | None = None
    capabilities: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not WORKER_ID_PATTERN.fullmatch(self.worker_id):
            raise ValueError("workerId must be letters, digits, '.', '_' or '-', at most 64")
        _text("enrollment", self.enrollment, 128)
        _text("location", self.location, TEXT_LENGTH)
        _text("name", self.name, NAME_LENGTH)
        price = self.price_per_hour
        if price is not None and not (math.isfinite(price) and 0 <= price <= 1e9):
            raise ValueError("pricePerHour must be between 0 and 1e+09")
        kinds = self.capabilities or ()
        if len(kinds) > 32 or not all(map(KIND_PATTERN.fullmatch, kinds)):
            raise ValueError("capabilities must be short lower-case names such as 'wasm'")

    def columns(self) -> dict[str, Any]:
        """What the provider's row holds of it, but for `hardware` and `capabilities`."""
        gpu, cpu, ram = self.gpu or Graphics(), self.cpu or Cpu(), self.ram or Ram()
        return {
            "name": self.name or self.worker_id,
            "worker_version": "",
            "worker_sha256": "",
            "gpu_model": gpu.name,
            "gpu_vram_gb": _rounded(_gigabytes("vram", gpu.vram)) if gpu.name else None,
            "cpu_model": cpu.model or None,
            "cpu_cores": _cores("cores", cpu.cores),
            "ram_total_gb": _rounded(_gigabytes("total", ram.total)),
            "os": None,
            "location": self.location or None,
            "price_per_hour": self.price_per_hour,
        }

    def hardware(self) -> dict[str, Any]:
        """In the form of `qubix_worker.protocol.Hardware`, as far as it is told."""
        gpu, cpu, ram = self.gpu or Graphics(), self.cpu or Cpu(), self.ram or Ram()
        card = {
            "vendor": gpu.vendor or None,
            "name": gpu.name,
            "memoryTotalBytes": _bytes(_gigabytes("vram", gpu.vram)),
        }
        processor = {"model": cpu.model or None, "logicalCores": _cores("cores", cpu.cores)}
        memory = {"totalBytes": _bytes(_gigabytes("total", ram.total))}
        parts = {
            "processor": _known(processor),
            "memory": _known(memory),
            "graphicsCards": [_known(card)] if gpu.name else [],
        }
        return {key: part for key, part in parts.items() if part}


def _gigabytes(key: str, told: Any) -> float | None:
    """A figure in GB, or a text such as `8 GB` or `8192 MiB`. Raises ValueError."""
    value = told
    if isinstance(told, str):
        if told.strip().lower() in UNKNOWN:
            return None
        found = FIGURE.fullmatch(told.strip())
        value = float(found[1]) * GIGABYTES[found[2].lower()] if found else None
    elif told is None:
        return None
    if not _is_number(value) or not 0 <= value <= GIGABYTES_MOST:
        raise ValueError(f"{key} must be an amount in GB, or a text such as '8 GB'")
    return float(value) or None


def _cores(key: str, told: Any) -> int | None:
    value = told
    if isinstance(told, str) and told.strip().isascii() and told.strip().isdigit():
        value = int(told) if len(told) < 10 else None
    elif told is None:
        return None
    if not _is_number(value) or value != int(value) or not 0 <= value <= CORES_MOST:
        raise ValueError(f"{key} must be a whole number up to {CORES_MOST}")
    return int(value) or None


def _is_number(value: Any) -> bool:
    is_figure = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_figure and (isinstance(value, int) or math.isfinite(value))


def _text(key: str, value: str | None, most: int) -> None:
    if value is not None and (len(value) > most or not value.isprintable()):
        raise ValueError(f"{key} must have at most {most} characters, none for control")


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _rounded(gigabytes: float | None) -> float | None:
    return None if gigabytes is None else round(gigabytes, 1)


def _bytes(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else round(gigabytes * BYTES_PER_GB)
