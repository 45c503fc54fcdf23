"""What a computer says of itself when it joins."""

from __future__ import annotations

import pytest

from qubix_worker.identity import default_name
from qubix_worker.protocol import GraphicsCard, Hardware, Memory, OperatingSystem, Processor
from qubix_worker.settings import Settings
from qubix_worker.setup.joining import shared

FIRST = GraphicsCard("NVIDIA", "First", uuid="GPU-1")
SECOND = GraphicsCard("NVIDIA", "Second")
HARDWARE = Hardware(
    OperatingSystem("linux", "Debian", "x86_64"),
    Processor(4),
    Memory(1 << 30),
    graphics_cards=(FIRST, SECOND),
)


@pytest.mark.parametrize(
    ("excluded", "left"),
    [
        ((), (FIRST, SECOND)),
        (("GPU-1",), (SECOND,)),
        (("Second",), (FIRST,)),
        (("x",), (FIRST,)),  # the other one may be it: it does not tell which it is
    ],
)
def test_cards_that_are_left_out_are_not_told(
    excluded: tuple[str, ...], left: tuple[GraphicsCard, ...]
) -> None:
    assert shared(HARDWARE, Settings(excluded_cards=excluded)).graphics_cards == left


def test_a_computer_has_a_name_of_its_own() -> None:
    assert default_name()
    assert default_name().isprintable()
