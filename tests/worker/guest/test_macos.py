"""How a Mac tells: what `ioreg` prints, as public reports show it. Not run on a Mac here."""

from __future__ import annotations

import math
import subprocess

import pytest

from qubix_worker.system.senses_macos import IOREG, MacOS, idle_seconds

TOLD = """\
+-o IOHIDSystem  <class IOHIDSystem, id 0x1000002cf, registered, matched, active, busy 0 (0 ms), \
retain 21>
    {
      "IOClass" = "IOHIDSystem"
      "HIDKeyboardModifierMappingPairs" = ()
      "HIDIdleTime" = 61500000000
      "HIDParameters" = {"HIDClickTime"=500000000,"HIDIdleTimeDelta"=3}
      "IOProviderClass" = "IOResources"
    }

"""


@pytest.mark.parametrize(
    ("ioreg", "idle"),
    [
        (TOLD, 61.5),
        (TOLD + TOLD.replace("61500000000", "250000000"), 0.25),  # two systems of input
        (TOLD.replace('      "HIDIdleTime" = 61500000000\n', ""), None),
        (TOLD.replace("61500000000", "<0000>"), None),
        ("", math.inf),
    ],
)
def test_the_time_since_the_last_input_is_told_in_nanoseconds(
    ioreg: str, idle: float | None
) -> None:
    assert idle_seconds(ioreg) == idle


def test_the_registry_of_devices_is_asked_for_input_alone() -> None:
    asked: list[list[str]] = []

    def ask(command: list[str]) -> str:
        asked.append(command)
        return TOLD

    assert MacOS(ask).idle_seconds() == 61.5
    assert asked == [IOREG]


def test_a_tool_that_fails_is_the_callers_to_hear() -> None:
    def ask(command: list[str]) -> str:
        raise subprocess.TimeoutExpired(command, 3)

    with pytest.raises(subprocess.TimeoutExpired):
        MacOS(ask).idle_seconds()
