"""Every recorded computer is detected as it is, to the last figure."""

from __future__ import annotations

from pathlib import Path

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
    told = [temperature.celsius for temperature in heat.processor(place.root)]
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


def test_there_are_computers_of_every_family() -> None:
    assert len(recorded.NAMES) >= 25
