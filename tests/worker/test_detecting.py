"""What `detect` shows of a computer, and what of it travels."""

from __future__ import annotations

import dataclasses

from qubix_worker.cli.detecting import MAY_BE, lines, told
from qubix_worker.protocol import GraphicsCard, Hardware, OperatingSystem, Processor
from qubix_worker.settings import Settings

KEPT = GraphicsCard("NVIDIA", "RTX 3060", uuid="GPU-1")
LEFT_OUT = GraphicsCard("NVIDIA", "Quadro P2000", uuid="GPU-2")
HARDWARE = Hardware(
    OperatingSystem("linux", "6.1", "x86_64"), Processor(8), graphics_cards=(KEPT, LEFT_OUT)
)
CHOSEN = Settings(excluded_cards=("GPU-2",))


def test_a_card_that_is_left_out_does_not_travel() -> None:
    assert told(HARDWARE, CHOSEN).graphics_cards == (KEPT,)
    assert told(HARDWARE, Settings()) == HARDWARE


def test_a_card_that_is_left_out_is_shown_as_such() -> None:
    shown = [text for _, text in lines(HARDWARE, CHOSEN)]
    assert "NVIDIA Quadro P2000: left out by you; no network is told of it" in shown
    assert "NVIDIA RTX 3060: can share" in shown


def test_a_card_can_be_left_out_by_the_name_that_is_shown() -> None:
    shown = next(text for _, text in lines(HARDWARE, Settings()) if "P2000" in text)
    name = shown.partition(":")[0]
    assert told(HARDWARE, Settings(excluded_cards=(name,))).graphics_cards == (KEPT,)


def test_a_card_that_may_be_one_left_out_is_shown_as_such_and_does_not_travel() -> None:
    asleep = GraphicsCard("NVIDIA", "GP106GL", pci_address="0000:01:00.0", state="off")
    now = dataclasses.replace(HARDWARE, graphics_cards=(KEPT, asleep))
    shown = [text for _, text in lines(now, CHOSEN)]
    assert f"NVIDIA GP106GL: {MAY_BE}" in shown
    assert told(now, CHOSEN).graphics_cards == (KEPT,)
