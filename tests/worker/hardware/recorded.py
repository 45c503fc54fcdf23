"""Computers that are not here, laid out in a folder from `machines/NAME/machine.toml`.

Each says in `source` where its formats come from. Numbers that would tell one real computer from
another (serial numbers, uuids) are invented.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from qubix_worker.hardware.place import Place, RegistryValue
from qubix_worker.hardware.tools import Tools
from qubix_worker.hardware.windows_adapters import DISPLAY_CLASS
from qubix_worker.protocol import GraphicsCard, GraphicsUsage

FOLDER = Path(__file__).parent / "machines"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/machine.toml"))
SYSTEM = "/usr/bin:/bin"


@dataclass(frozen=True)
class Tool:
    """What a tool prints where its arguments hold `when`."""

    name: str
    output: bytes
    when: str = ""
    exit: int = 0
    hangs: bool = False


@dataclass
class Computer:
    told: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)

    @property
    def family(self) -> Any:
        return self.told.get("family", "linux")

    @property
    def items(self) -> list[str]:
        """The names of all that a driver or a tool says here, to be changed one at a time."""
        return [*self.files, *(f"tool {at}" for at in range(len(self.tools)))]

    def holds(self, item: str) -> bytes:
        return self.tools[int(item[5:])].output if item.startswith("tool ") else self.files[item]

    def overwrite(self, folder: Path, item: str, held: bytes) -> None:
        """Lets an item hold something else, where the computer is laid out in `folder`."""
        if item.startswith("tool "):
            at = int(item[5:])
            (folder / "programs" / f"{self.tools[at].name}.{at}").write_bytes(held)
        else:
            (folder / "root" / item).write_bytes(held)

    def lay_out(self, folder: Path, seconds: float = 10.0) -> Place:
        """Its files under `folder`, and its tools on a path of their own."""
        root, programs = folder / "root", folder / "programs"
        programs.mkdir(parents=True)
        root.mkdir()
        for name in self.folders:
            (root / name).mkdir(parents=True, exist_ok=True)
        for name, held in self.files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(held)
        for name, target in self.links.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(target)
        for name in {tool.name for tool in self.tools}:
            self._lay_out_tool(name, programs)
        nvml = self.told.get("nvml")
        registry = Registry(self.told) if self.family == "windows" else None
        return Place(
            family=self.family,
            root=root,
            tools=Tools(str(programs), seconds),
            load_nvml=lambda: StandInNvml(nvml) if nvml is not None else None,
            registry=registry,
            memory_total_bytes=lambda: self.told.get("memory"),
            cpu_count=lambda logical: self.told.get("cores", 1) if logical else None,
        )

    def _lay_out_tool(self, name: str, programs: Path) -> None:
        script = ["#!/bin/sh", f"PATH={SYSTEM}", 'case "$*" in']
        for at, tool in enumerate(self.tools):
            if tool.name == name:
                output = programs / f"{name}.{at}"
                output.write_bytes(tool.output)
                does = "exec sleep 60" if tool.hangs else f"cat {output}; exit {tool.exit}"
                script.append(f"*{shlex.quote(tool.when)}*) {does};;")
        script += ["esac", "exit 2"]
        (programs / name).write_text("\n".join(script) + "\n")
        (programs / name).chmod(0o755)


def load(name: str) -> Computer:
    """The computer that `machines/NAME` describes."""
    with (FOLDER / name / "machine.toml").open("rb") as file:
        told = tomllib.load(file)
    assert told["source"].strip()
    computer = Computer(told)
    for path, text in told.get("files", {}).items():
        computer.files[path] = _text(text)
    computer.links |= told.get("links", {})
    for device in told.get("pci", []):
        _pci(computer, device)
    for tool in told.get("tools", []):
        if "file" in tool:
            output = (FOLDER / name / tool["file"]).read_bytes()
        else:
            output = tool.get("output", "").encode()
        computer.tools.append(
            Tool(
                tool["name"], output, tool.get("when", ""), tool.get("exit", 0),
                tool.get("hangs", False),
            )
        )  # fmt: skip
    return computer


def cards(told: Sequence[Mapping[str, Any]]) -> tuple[GraphicsCard, ...]:
    return tuple(GraphicsCard(**entry) for entry in told)


def usages(told: Sequence[Mapping[str, Any]]) -> tuple[GraphicsUsage, ...]:
    return tuple(GraphicsUsage(**entry) for entry in told)


def _pci(computer: Computer, device: Mapping[str, Any]) -> None:
    folder = f"sys/bus/pci/devices/{device['address']}"
    vendor, number = device["ids"].split(":")
    held = {
        "vendor": f"0x{vendor}",
        "device": f"0x{number}",
        "class": f"0x{device.get('class', '030000')}",
        "revision": f"0x{device.get('revision', '00')}",
        **device.get("files", {}),
    }
    if "status" in device:
        held["power/runtime_status"] = device["status"]
        held["power/control"] = device.get("control", "auto")
    computer.files |= {f"{folder}/{name}": _text(text) for name, text in held.items()}
    if "metrics" in device:  # gpu_metrics: a header, then a table of which nothing is read
        size, revision = 120, device["metrics"]
        table = size.to_bytes(2, "little") + bytes([revision, 0])
        computer.files[f"{folder}/gpu_metrics"] = table + bytes(size - len(table))
    if "driver" in device:
        computer.links[f"{folder}/driver"] = f"../../../bus/pci/drivers/{device['driver']}"
    if "render" in device:
        node = f"renderD{device['render']}"
        computer.folders += [f"{folder}/drm/{node}", f"{folder}/drm/card{device.get('card', 0)}"]
        if device.get("given", True):
            computer.folders.append(f"dev/dri/{node}")


def _text(text: str) -> bytes:
    """As sysfs and procfs write it: with a line's end. A device tree's texts end with a NUL."""
    return text.encode() if text.endswith(("\n", "\0")) else text.encode() + b"\n"


class Registry:
    """The registry of a computer with Windows, and which devices are there."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.keys: dict[str, Mapping[str, RegistryValue]] = {}
        self._present: list[str] | None = [] if told.get("knows_present", True) else None
        self._features = told.get("features", [])
        for key, values in told.get("registry", {}).items():
            self.keys[key] = values
        for adapter in told.get("adapters", []):
            number = adapter["number"]
            key = rf"SYSTEM\CurrentControlSet\Control\Class\{DISPLAY_CLASS}\{number}"
            self.keys[key] = {name: _value(value) for name, value in adapter["values"].items()}
            if "instance" in adapter and self._present is not None:
                self._present.append(adapter["instance"])
                self.keys[rf"SYSTEM\CurrentControlSet\Enum\{adapter['instance']}"] = {
                    "Driver": rf"{DISPLAY_CLASS}\{number}",
                    "LocationInformation": adapter.get("location", ""),
                }

    def subkeys(self, key: str) -> list[str]:
        inside = {name[len(key) + 1 :] for name in self.keys if name.startswith(key + "\\")}
        return sorted({name.partition("\\")[0] for name in inside})

    def values(self, key: str) -> Mapping[str, RegistryValue]:
        return self.keys.get(key, {})

    def present(self, device_class: str) -> list[str] | None:
        assert device_class == DISPLAY_CLASS
        return self._present

    def has_feature(self, number: int) -> bool:
        return number in self._features


def _value(value: Any) -> RegistryValue:
    if isinstance(value, str) and value.startswith("hex:"):
        return bytes.fromhex(value[4:])
    assert isinstance(value, str | int)
    return value


class StandInNvml:
    """What the probe uses of pynvml, answering from a description."""

    class NVMLError(Exception):
        def __init__(self, value: int) -> None:
            super().__init__(value)
            self.value = value

    NOT_SUPPORTED = 3

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told
        self.open = 0
        self._count = 0

    def nvmlInit(self) -> None:
        if "error" in self._told:
            raise self.NVMLError(self._told["error"])
        self.open += 1
        self._count = len(self._told.get("cards", []))

    def nvmlShutdown(self) -> None:
        self.open -= 1

    def nvmlSystemGetDriverVersion(self) -> Any:
        return self._of(self._told, "driver")

    def nvmlDeviceGetCount(self) -> int:
        return self._count

    def nvmlDeviceGetHandleByIndex(self, at: int) -> Any:
        card = self._told["cards"][at]
        if "error" in card:
            raise self.NVMLError(card["error"])
        return card

    def nvmlDeviceGetName(self, card: Any) -> Any:
        return self._of(card, "name")

    def nvmlDeviceGetUUID(self, card: Any) -> Any:
        return self._of(card, "uuid")

    def nvmlDeviceGetMemoryInfo(self, card: Any) -> Any:
        return SimpleNamespace(total=self._of(card, "total"), used=card.get("used"))

    def nvmlDeviceGetPciInfo(self, card: Any) -> Any:
        return SimpleNamespace(busId=self._of(card, "bus"))

    def nvmlDeviceGetCudaComputeCapability(self, card: Any) -> Any:
        return self._of(card, "compute")

    def nvmlDeviceGetMigMode(self, card: Any) -> Any:
        return self._of(card, "mig")

    def nvmlDeviceGetMaxMigDeviceCount(self, card: Any) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: Any, at: int) -> Any:
        parts = card.get("parts", [])
        if at >= len(parts):
            raise self.NVMLError(6)  # NVML_ERROR_NOT_FOUND
        return parts[at]

    def nvmlDeviceGetUtilizationRates(self, card: Any) -> Any:
        return SimpleNamespace(gpu=self._of(card, "percent"))

    def nvmlDeviceGetTemperature(self, card: Any, sensor: int) -> Any:
        assert sensor == 0
        return self._of(card, "celsius")

    def nvmlDeviceGetPowerUsage(self, card: Any) -> Any:
        return self._of(card, "milliwatts")

    def _of(self, told: Mapping[str, Any], key: str) -> Any:
        if key not in told:
            raise self.NVMLError(self.NOT_SUPPORTED)
        return told[key]
