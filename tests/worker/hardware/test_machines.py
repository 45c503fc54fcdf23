"""Every recorded computer is detected as it is, to the last figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.hardware import heat
from qubix_worker.hardware.detect import Detector, detect
from qubix_worker.hardware.graphics import probes
from qubix_worker.hardware.readings import Readings
from qubix_worker.protocol import Memory
from tests.worker.hardware import recorded

PATIENCE_SECONDS = 20.0


@pytest.mark.parametrize("name", recorded.NAMES)
def test_a_computer_is_detected_as_it_is(name: str, tmp_path: Path) -> None:
    computer = recorded.load(name)
    expected = computer.told["expect"]
    found = detect(place=computer.lay_out(tmp_path), seconds=PATIENCE_SECONDS)
    assert found.graphics_cards == recorded.cards(expected.get("cards", []))
    assert found.virtual_machine == expected.get("virtual_machine")
    assert found.container == expected.get("container")
    if "memory" in expected:
        assert found.memory == Memory(expected["memory"])
    for key, value in expected.get("processor", {}).items():
        told = getattr(found.processor, key)
        assert (list(told) if isinstance(told, tuple) else told) == value


@pytest.mark.parametrize("name", recorded.NAMES)
def test_the_use_of_its_cards_is_told(name: str, tmp_path: Path) -> None:
    computer = recorded.load(name)
    place = computer.lay_out(tmp_path)
    use = Readings(probes(place), patience_seconds=PATIENCE_SECONDS).usage()
    assert use == recorded.usages(computer.told["expect"].get("usage", []))
    told = [temperature.celsius for temperature in heat.Processor(place.root).temperatures()]
    assert told == computer.told["expect"].get("heat", [])


@pytest.mark.parametrize("name", recorded.NAMES)
def test_what_could_not_be_read_has_its_sentence(name: str, tmp_path: Path) -> None:
    computer = recorded.load(name)
    findings = list(Detector(computer.lay_out(tmp_path), PATIENCE_SECONDS).find(tmp_path))
    graphics = [finding for finding in findings if finding.key.startswith("graphics")]
    problems = [finding.problem.code for finding in graphics if finding.problem]
    assert problems == computer.told["expect"].get("problems", [])
    assert [finding.key for finding in graphics] == [
        f"graphics:{at}" for at in range(len(graphics))
    ]


FAMILIES: dict[str, Callable[[recorded.Computer], object]] = {
    "no card": lambda computer: not cards(computer),
    "NVIDIA, one card": lambda computer: kinds(computer) == ["NVIDIA discrete"],
    "NVIDIA, several cards": lambda computer: kinds(computer)[:2] == ["NVIDIA discrete"] * 2,
    "NVIDIA, in parts": lambda computer: "NVIDIA partition" in kinds(computer),
    "NVIDIA, driver updated": lambda computer: "nvidia_updated" in problems(computer),
    "NVIDIA, in WSL 2": lambda computer: is_virtual(computer, "wsl") and has(computer, "NVIDIA"),
    "AMD card": lambda computer: (
        kinds(computer) == ["AMD discrete"] and "Radeon" in cards(computer)[0]["name"]
    ),
    "AMD APU": lambda computer: kinds(computer) == ["AMD integrated"],
    "AMD Instinct": lambda computer: any("Instinct" in card["name"] for card in cards(computer)),
    "Intel, integrated": lambda computer: kinds(computer) == ["Intel integrated"],
    "Intel Arc by i915": lambda computer: driver_of(computer, "Intel discrete") == "i915",
    "Intel Arc by xe": lambda computer: driver_of(computer, "Intel discrete") == "xe",
    "hybrid laptop, asleep": lambda computer: "off" in states(computer),
    "hybrid laptop, awake": lambda computer: (
        kinds(computer) == ["NVIDIA discrete", "Intel integrated"]
    ),
    "card in a box": lambda computer: (
        computer.family == "linux" and kinds(computer) == ["AMD discrete", "Intel integrated"]
    ),
    "card given to a guest": lambda computer: "passed_through" in states(computer),
    "card without a driver": lambda computer: states(computer) == ["no_driver"],
    "ARM board": lambda computer: is_arm(computer) and "integrated" in forms(computer),
    "ARM server": lambda computer: is_arm(computer) and not cards(computer),
    "Apple silicon": lambda computer: kinds(computer) == ["Apple integrated"],
    "Mac with Intel": lambda computer: computer.family == "macos" and has(computer, "Intel"),
    "virtual Mac": lambda computer: is_virtual(computer, "apple"),
    "Windows, NVIDIA": lambda computer: on_windows(computer) and has(computer, "NVIDIA"),
    "Windows, AMD": lambda computer: on_windows(computer) and has(computer, "AMD"),
    "Windows, Intel": lambda computer: on_windows(computer) and has(computer, "Intel"),
    "Windows, ARM": lambda computer: on_windows(computer) and has(computer, "Qualcomm"),
    "Windows, virtual": lambda computer: on_windows(computer) and forms(computer) == ["virtual"],
    "KVM": lambda computer: is_virtual(computer, "qemu"),
    "Firecracker": lambda computer: is_virtual(computer, "kvm"),
    "VirtualBox": lambda computer: is_virtual(computer, "oracle"),
    "VMware": lambda computer: is_virtual(computer, "vmware"),
    "Hyper-V": lambda computer: is_virtual(computer, "microsoft"),
    "Amazon": lambda computer: is_virtual(computer, "amazon"),
    "Docker": lambda computer: computer.told["expect"].get("container") == "docker",
    "Podman": lambda computer: computer.told["expect"].get("container") == "podman",
    "Kubernetes": lambda computer: computer.told["expect"].get("container") == "kubernetes",
}
"""What each is told by: what must be found of it."""


@pytest.mark.parametrize("family", FAMILIES)
def test_there_is_a_computer_of_every_family(family: str) -> None:
    assert any(FAMILIES[family](recorded.load(name)) for name in recorded.NAMES)


def cards(computer: recorded.Computer) -> Any:
    return computer.told["expect"].get("cards", [])


def kinds(computer: recorded.Computer) -> list[str]:
    return [f"{card['vendor']} {card.get('form', '?')}" for card in cards(computer)]


def forms(computer: recorded.Computer) -> list[str]:
    return [card.get("form", "?") for card in cards(computer)]


def states(computer: recorded.Computer) -> list[str]:
    return [card.get("state", "?") for card in cards(computer)]


def problems(computer: recorded.Computer) -> Any:
    return computer.told["expect"].get("problems", [])


def has(computer: recorded.Computer, vendor: str) -> bool:
    return any(card["vendor"].startswith(vendor) for card in cards(computer))


def driver_of(computer: recorded.Computer, kind: str) -> str:
    of_kind = zip(kinds(computer), cards(computer), strict=True)
    return next((card["driver"].split()[0] for each, card in of_kind if each == kind), "")


def is_virtual(computer: recorded.Computer, by: str) -> bool:
    return bool(computer.told["expect"].get("virtual_machine") == by)


def is_arm(computer: recorded.Computer) -> bool:
    return b"CPU implementer" in computer.files.get("proc/cpuinfo", b"")


def on_windows(computer: recorded.Computer) -> bool:
    return bool(computer.family == "windows")
