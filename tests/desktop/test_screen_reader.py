"""What a screen reader reads of each page and of the status window, over the real bus of AT-SPI."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tools.own_display import own_display

from .screen_reader import Node, ScreenReader, environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.display,
    pytest.mark.skipif(
        not shutil.which("Xvfb") or not Path("/usr/libexec/at-spi-bus-launcher").exists(),
        reason="needs Xvfb and AT-SPI (Debian: xvfb, at-spi2-core)",
    ),
]

SCENES = {
    "wizard-1-welcome": {"Next": "button", "Not this one?": "button"},
    "wizard-1-typing": {"Address": "text", "Code": "text", "Find the network": "button"},
    "wizard-2-computer": {
        "Share NVIDIA GeForce RTX 4070": "check box", "Back": "button", "Next": "button",
    },
    "wizard-3-sharing": {"Name of this computer": "text", "Next": "button"},
    "wizard-4-preparing": {"Overall progress": "progress bar", "Cancel": "button"},
    "wizard-5-failed": {"Try again": "button", "Cancel": "button", "Show details": "check box"},
    "wizard-6-done": {"Open status": "button", "Finish": "button"},
    "wizard-set-up": {"Repair": "button", "Open": "button"},
    "status-working": {
        "Pause": "button", "Overview": "page tab", "Progress of the job": "progress bar",
    },
    "removal": {"Remove": "button", "Keep it": "button", "Forget my choices as well": "check box"},
}  # fmt: skip
"""What must be there, by its name, and what it is said to be."""
SAID = {
    "wizard-1-welcome": "Example Compute",
    "wizard-2-computer": "This computer",
    "wizard-4-preparing": "Preparing the software",
    "wizard-5-failed": "compute.example.org can be reached, but nothing answers there.",
    "wizard-6-done": "This computer is online as marie-desktop",
    "status-working": "Working",
    "removal": "Remove QUBIX from this computer?",
}
TABBED = ("wizard-1-typing", "wizard-2-computer", "wizard-3-sharing", "removal")
ACTED_ON = {
    "button", "push button", "push button menu", "button menu", "toggle button", "check box",
    "text", "entry", "slider", "combo box", "spin button", "page tab list", "page tab",
    "scroll pane", "table", "radio button", "date editor",
}  # fmt: skip


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Node, list[Node]]]]:
    """Each scene's window as it is read, and where Tab has led in it."""
    found: dict[str, tuple[Node, list[Node]]] = {}
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert bus.stdout
    address = bus.stdout.readline().strip()
    try:
        with own_display() as display:
            around = environment(address, display)
            windows = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("read_aloud.py")),
                 str(tmp_path_factory.mktemp("home")), *SCENES],
                env=around, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert windows.stdin
            assert windows.stdout
            reader = ScreenReader(address)
            for line in windows.stdout:
                name = line.strip()
                window = wait_until(lambda: next(iter(reader.windows()), None))
                found[name] = window, []
                while name in TABBED:
                    print("tab", file=windows.stdin, flush=True)
                    windows.stdout.readline()
                    (window,) = reader.windows()
                    focused = [node for node in window.all() if "focused" in node.states][-1]
                    if focused.place in [node.place for node in found[name][1]]:
                        break
                    found[name][1].append(focused)
                print("next", file=windows.stdin, flush=True)
            reader.close()
            windows.wait(timeout=20)
        yield found
    finally:
        bus.terminate()
        bus.wait()


def test_every_scene_was_read(read: dict[str, tuple[Node, list[Node]]]) -> None:
    assert list(read) == list(dict.fromkeys(name for name in read if name in SCENES))
    assert set(read) == set(SCENES)


@pytest.mark.parametrize("scene", SCENES)
def test_controls_are_said_by_name_and_role(
    read: dict[str, tuple[Node, list[Node]]], scene: str
) -> None:
    window, _ = read[scene]
    assert window.name.startswith(("QUBIX", "Set up QUBIX", "Remove QUBIX"))
    for name, role in SCENES[scene].items():
        found = [node for node in window.shown() if node.name == name and role in node.role]
        assert found, (name, sorted({(n.name, n.role) for n in window.shown()}))
        assert role == "progress bar" or "enabled" in found[0].states


@pytest.mark.parametrize("scene", SCENES)
def test_nothing_that_has_the_focus_is_without_a_name(
    read: dict[str, tuple[Node, list[Node]]], scene: str
) -> None:
    window, _ = read[scene]
    controls = [node for node in window.shown() if "focusable" in node.states]
    nameless = [node for node in controls if not node.name and node.role in ACTED_ON]
    assert controls
    assert nameless == []


@pytest.mark.parametrize(("scene", "sentence"), SAID.items())
def test_what_is_written_is_read(
    read: dict[str, tuple[Node, list[Node]]], scene: str, sentence: str
) -> None:
    window, _ = read[scene]
    assert any(sentence in node.name for node in window.shown())


def test_a_tick_is_said_to_be_set(read: dict[str, tuple[Node, list[Node]]]) -> None:
    window, _ = read["wizard-2-computer"]
    ticks = {n.name: "checked" in n.states for n in window.shown() if n.role == "check box"}
    assert ticks["Share NVIDIA GeForce RTX 4070"]
    removal, _ = read["removal"]
    assert not any("checked" in n.states for n in removal.shown() if n.role == "check box")


@pytest.mark.parametrize("scene", TABBED)
def test_tab_goes_as_one_reads(read: dict[str, tuple[Node, list[Node]]], scene: str) -> None:
    _, reached = read[scene]
    assert len(reached) >= 2
    # Where the round begins is where the focus was: it may begin anywhere, and turns once.
    turns = 0
    for one, other in zip(reached, [*reached[1:], reached[0]], strict=True):
        level = abs(one.place[1] - other.place[1]) < max(one.place[3], other.place[3])
        back = other.place[0] < one.place[0] if level else other.place[1] < one.place[1]
        turns += back
    assert turns == 1, [node.name for node in reached]
