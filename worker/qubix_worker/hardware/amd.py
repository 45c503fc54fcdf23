"""AMD cards under Linux's amdgpu driver: what its files in sysfs tell.

The files are described in the kernel's documentation (gpu/amdgpu/driver-misc and gpu/amdgpu/
thermal). They are read only while the card is awake: reading them would wake it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from qubix_worker.hardware import figures, hwmon
from qubix_worker.hardware.pci import Device

_METRICS_HEADER = struct.Struct("<HBB")
"""metrics_table_header: size, format revision, content revision (kgd_pp_interface.h)."""
_DISCRETE_METRICS, _APU_METRICS = 1, (2, 3)
_KFD_NODES = "sys/class/kfd/kfd/topology/nodes"
_KFD_BYTES = 16 << 10


@dataclass(frozen=True)
class Facts:
    uuid: str | None = None
    memory_total_bytes: int | None = None
    compute: str | None = None
    integrated: bool | None = None


def facts(device: Device, root: Path) -> Facts:
    folder = device.folder
    integrated = _integrated(folder)
    memory = figures.read_memory(folder / "mem_info_vram_total")
    if integrated:
        # What a processor with graphics sets aside is little; what it can use is that and the GTT.
        shared = figures.read_memory(folder / "mem_info_gtt_total")
        memory = memory + shared if memory and shared else None
    elif integrated is None:
        memory = None  # whether it has memory of its own is not known
    return Facts(
        uuid=figures.text(figures.read(folder / "unique_id"), most=64),
        memory_total_bytes=memory,
        compute=_compute(device.address, root),
        integrated=integrated,
    )


@dataclass(frozen=True)
class Use:
    percent: float | None = None
    memory_used_bytes: float | None = None
    memory_total_bytes: float | None = None
    temperature_celsius: float | None = None
    power_watts: float | None = None


def use(device: Device) -> Use:
    """How a card is used. Its memory is what it has of its own; an APU's is what is set aside."""
    folder = device.folder
    sensors = hwmon.of_device(folder)
    return Use(
        percent=figures.read_number(folder / "gpu_busy_percent", most=100),
        memory_used_bytes=figures.read_number(
            folder / "mem_info_vram_used", figures.MEMORY_BYTES_MOST
        ),
        memory_total_bytes=figures.read_memory(folder / "mem_info_vram_total"),
        temperature_celsius=_celsius(sensors),
        power_watts=hwmon.watts(sensors),
    )


def _celsius(sensors: Path | None) -> float | None:
    """Of the edge; of the junction where a card has no sensor there, as the Instinct MI300."""
    if sensors is None:
        return None
    return hwmon.celsius(sensors, 1 if (sensors / "temp1_input").exists() else 2)


def _integrated(folder: Path) -> bool | None:
    """The driver has one format of metrics for cards and others for processors with graphics."""
    try:
        with (folder / "gpu_metrics").open("rb") as opened:
            held = opened.read(figures.FILE_BYTES)
    except OSError:
        held = b""
    if len(held) >= _METRICS_HEADER.size:
        size, revision, _ = _METRICS_HEADER.unpack_from(held)
        if size == len(held) and revision in (_DISCRETE_METRICS, *_APU_METRICS):
            return bool(revision != _DISCRETE_METRICS)
    # Older cards have no such table. This file is there for cards only (amdgpu_pm.c).
    return False if not held and (folder / "mem_busy_percent").exists() else None


def _compute(address: str, root: Path) -> str | None:
    """The target that programs are made for, as the kernel's compute driver (KFD) numbers it.

    110000 is gfx1100, 90010 is gfx90a: major, minor and stepping, two decimal digits each of the
    latter two, written as one hexadecimal digit each.
    """
    try:
        nodes = sorted((root / _KFD_NODES).iterdir())[:256]
    except OSError:
        return None
    for node in nodes:
        try:
            with (node / "properties").open("rb") as opened:
                held = opened.read(_KFD_BYTES)
        except OSError:
            continue  # a node that is masked from this container
        told = dict(line.split(" ", 1) for line in figures.lines(held, 256) if line.count(" ") == 1)
        version = figures.number(told.get("gfx_target_version"), 999999, least=1)
        place = figures.number(told.get("location_id"), 0xFFFF)
        domain = figures.number(told.get("domain", "0"), 0xFFFFFFFF)
        if version is None or place is None or domain is None:
            continue
        bus, slot, function = int(place) >> 8, int(place) >> 3 & 31, int(place) & 7
        if f"{int(domain):04x}:{bus:02x}:{slot:02x}.{function}" == address:
            major, minor, stepping = (
                int(version) // 10000, int(version) // 100 % 100, int(version) % 100
            )  # fmt: skip
            return f"gfx{major}{minor:x}{stepping:x}" if max(minor, stepping) < 16 else None
    return None
