"""NVIDIA cards from nvidia-smi's CSV: what it does not tell is not known, never made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_worker.hardware import nvidia_smi
from qubix_worker.hardware.nvidia_smi import OUTPUT_LINES
from qubix_worker.hardware.probe import ProbeError
from qubix_worker.hardware.tools import Told, Tools

WSL_TOOL = Path("/usr/lib/wsl/lib/nvidia-smi")
ROW = "0, NVIDIA X, GPU-1, 8192, 535.1, 00000000:01:00.0, 8.9, [N/A]\n"


def told(output: bytes) -> nvidia_smi.Run:
    return lambda arguments: Told(output, 0)


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "No devices were found\n", "NVIDIA-SMI has failed because it couldn't\n", "a,b\n"],
)
def test_what_is_not_a_row_is_no_card(text: str) -> None:
    assert nvidia_smi.cards(told(text.encode())) == ()


@given(st.binary() | st.text().map(str.encode))
def test_no_output_makes_it_fail_or_invent(output: bytes) -> None:
    for card in nvidia_smi.cards(told(output)):
        assert card.name in output.decode()
    for usage in nvidia_smi.usage(told(output)):
        assert usage.percent is None or 0 <= usage.percent <= 100


def test_a_card_that_is_printed_a_thousand_times_is_one_card() -> None:
    assert len(nvidia_smi.cards(told(ROW.encode() * 5000))) == 1


def test_thousands_of_cards_are_cut() -> None:
    rows = "".join(f"{at}{ROW[1:]}" for at in range(5000))
    assert len(nvidia_smi.cards(told(rows.encode()))) == OUTPUT_LINES


def test_a_row_without_its_end_is_no_row() -> None:
    assert nvidia_smi.cards(told(ROW.encode() * 2 + b"1, NVIDIA X, GPU-2, 81")) != ()
    assert len(nvidia_smi.cards(told(ROW.encode() + b"1" + ROW[1:-1].encode()))) == 1


def a_tool(folder: Path, script: str, seconds: float = 20) -> nvidia_smi.Run:
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    tool.chmod(0o755)
    return nvidia_smi.runner(Tools(str(folder), seconds))


def test_a_tool_that_hangs_is_given_up(tmp_path: Path) -> None:
    run = a_tool(tmp_path, "exec sleep 60", seconds=0.5)
    with pytest.raises(ProbeError, match="did not answer"):
        nvidia_smi.cards(run)


def test_a_tool_that_fails_says_that_the_driver_does_not_work(tmp_path: Path) -> None:
    run = a_tool(tmp_path, "exit 9")
    with pytest.raises(ProbeError, match="does not work"):
        nvidia_smi.cards(run)


def test_a_tool_is_asked_in_the_c_locale(tmp_path: Path) -> None:
    run = a_tool(tmp_path, f'[ "$LC_ALL" = C ] && echo "{ROW.strip()}"')
    assert [card.name for card in nvidia_smi.cards(run)] == ["NVIDIA X"]


@pytest.mark.skipif(WSL_TOOL.exists(), reason="this is WSL with the tool")
def test_without_the_tool_there_is_no_card(tmp_path: Path) -> None:
    assert nvidia_smi.cards(nvidia_smi.runner(Tools(str(tmp_path)))) == ()
