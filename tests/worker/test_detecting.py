"""What `detect` shows of a computer, and what of it travels."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qubix_worker.cli.detecting import MAY_BE, UNKNOWN, lines, told
from qubix_worker.paths import Paths
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


def test_of_a_card_nothing_is_said_that_the_settings_do_not_tell() -> None:
    shown = [text for _, text in lines(HARDWARE, None)]
    assert f"NVIDIA RTX 3060: {UNKNOWN}" in shown
    assert f"NVIDIA Quadro P2000: {UNKNOWN}" in shown


@pytest.mark.parametrize("json", [False, True])
@pytest.mark.parametrize("held", ["excluded_cards = [", "processor_percent = 200"])
def test_settings_that_cannot_be_used_are_not_taken_for_the_defaults(
    tmp_path: Path, held: str, json: bool
) -> None:
    file = Paths.under(tmp_path).settings
    file.parent.mkdir()
    file.write_text(held)
    done = subprocess.run(
        [sys.executable, "-m", "qubix_worker", "detect", *(["--json"] if json else [])],
        env=os.environ | {"QUBIX_HOME": str(tmp_path)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode
    assert str(file) in done.stdout + done.stderr
    assert "can share" not in done.stdout
    assert ("logicalCores" in done.stdout or "Processor" in done.stdout) is not json
