"""NVIDIA cards from nvidia-smi's CSV: what it does not tell is not known, never made up."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_worker.hardware import nvidia
from qubix_worker.hardware.nvidia import NvidiaError
from qubix_worker.protocol import GraphicsCard, GraphicsUsage

FIXTURES = Path(__file__).parent / "nvidia_smi"


def told(text: str) -> nvidia.Run:
    return lambda fields: text


def test_a_card_is_told_with_its_memory_and_driver() -> None:
    text = (FIXTURES / "two_cards.csv").read_text()
    assert list(nvidia.cards(told(text))) == [
        GraphicsCard(
            "NVIDIA",
            "NVIDIA GeForce RTX 3090",
            "GPU-11111111-2222-3333-4444-555555555555",
            24576 * 1024 * 1024,
            "550.54.14",
        ),
        GraphicsCard(
            "NVIDIA",
            "NVIDIA GeForce GT 710",
            "GPU-66666666-7777-8888-9999-000000000000",
            None,
            "550.54.14",
        ),
    ]


def test_usage_loses_the_figures_that_are_not_supported() -> None:
    text = (FIXTURES / "usage.csv").read_text()
    assert nvidia.usage(told(text)) == (
        GraphicsUsage("NVIDIA GeForce RTX 3090", 37.0, 61.0, 1234.0, 24576.0),
        GraphicsUsage("NVIDIA GeForce GT 710", None, 48.0, None, None),
    )


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "No devices were found\n", "NVIDIA-SMI has failed because it couldn't\n", "a,b\n"],
)
def test_what_is_not_a_row_is_no_card(text: str) -> None:
    assert list(nvidia.cards(told(text))) == []


@given(st.text() | st.binary().map(lambda data: data.decode("utf-8", "replace")))
def test_no_output_makes_it_fail_or_invent(text: str) -> None:
    for card in nvidia.cards(told(text)):
        assert card.name in text.replace("\0", "") or "," in text
    for usage in nvidia.usage(told(text)):
        assert usage.percent is None or 0 <= usage.percent <= 100


def test_thousands_of_lines_are_cut() -> None:
    line = "NVIDIA A, GPU-1, 1024, 550\n"
    assert len(list(nvidia.cards(told(line * 5000)))) == nvidia.OUTPUT_LINES


def a_tool(folder: Path, script: str) -> None:
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


@pytest.fixture
def on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return tmp_path


def test_the_real_tool_is_asked_for_these_fields(on_the_path: Path) -> None:
    a_tool(on_the_path, 'echo "$@" >&2; echo "NVIDIA X, GPU-1, 8192, 535.1"')
    (card,) = nvidia.cards()
    assert card == GraphicsCard("NVIDIA", "NVIDIA X", "GPU-1", 8192 * 1024 * 1024, "535.1")


def test_a_tool_that_hangs_is_given_up(on_the_path: Path) -> None:
    a_tool(on_the_path, "exec sleep 60")
    with pytest.raises(NvidiaError, match="did not answer"):
        list(nvidia.cards())


def test_a_tool_that_fails_says_that_the_driver_does_not_work(on_the_path: Path) -> None:
    a_tool(on_the_path, "exit 9")
    with pytest.raises(NvidiaError, match="does not work"):
        list(nvidia.cards())


def test_without_the_tool_there_is_no_card(on_the_path: Path) -> None:
    def run(fields: Sequence[str]) -> str | None:
        return nvidia.query(fields)

    assert list(nvidia.cards(run)) == []
