"""NVIDIA cards from the driver's library: what it does not tell, or as rubbish, is not known."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.hardware.nvml import OPEN_SECONDS, LibraryMissingError, Nvml
from qubix_worker.hardware.probe import ProbeError
from tests.worker.hardware import recorded
from tests.worker.hardware.recorded import StandInNvml

RUBBISH = (None, "", "[N/A]", "ERR!", -1, 10**30, b"\xff\xfe", "\0", [], (), (1,), {}, True, 1e300)
ONE = recorded.load("nvidia-one").told["nvml"]
DIVIDED = recorded.load("nvidia-mig").told["nvml"]


def nvml(told: dict[str, Any], *, keep_open: bool = True) -> tuple[Nvml, StandInNvml]:
    library = StandInNvml(told)
    return Nvml(library, keep_open=keep_open), library


def figures_of(told: Any) -> Iterator[tuple[Any, ...]]:
    """The way to each figure of a description."""
    for key, value in told.items() if isinstance(told, dict) else enumerate(told):
        if isinstance(value, dict) or (isinstance(value, list) and key in ("cards", "parts")):
            for path in figures_of(value):
                yield (key, *path)
        else:
            yield (key,)


@pytest.mark.parametrize("told", [ONE, DIVIDED], ids=["one", "divided"])
def test_a_figure_that_is_rubbish_is_not_known_and_costs_no_other(told: dict[str, Any]) -> None:
    true, true_use = nvml(told)[0].cards(), nvml(told)[0].usage()
    for *path, last in figures_of(told):
        for rubbish in RUBBISH:
            spoilt = copy.deepcopy(told)
            inside: Any = spoilt
            for key in path:
                inside = inside[key]
            inside[last] = rubbish
            for card in nvml(spoilt)[0].cards():
                assert card.name in {c.name for c in true}
                assert card.memory_total_bytes in {
                    None,
                    *(t.memory_total_bytes for t in true),
                }
                assert card.driver in {None, *(c.driver for c in true)}
                assert card.compute in {None, *(c.compute for c in true)}
                assert card.pci_address in {None, *(c.pci_address for c in true)}
            for use in nvml(spoilt)[0].usage():
                assert use.percent in {None, *(use.percent for use in true_use)}
                assert use.power_watts in {None, *(use.power_watts for use in true_use)}
                assert use.temperature_celsius in {None, true_use[0].temperature_celsius}
                assert use.memory_used_mb in {None, true_use[0].memory_used_mb}


def test_a_figure_that_a_card_does_not_tell_costs_no_other() -> None:
    for key in ONE["cards"][0]:
        told = copy.deepcopy(ONE)
        del told["cards"][0][key]
        assert len(nvml(told)[0].cards()) == (key != "name")
        assert len(nvml(told)[0].usage()) == (key != "name")


def test_a_card_that_is_lost_costs_no_other() -> None:
    told = copy.deepcopy(ONE)
    told["cards"].insert(0, {"error": 15})  # NVML_ERROR_GPU_IS_LOST
    assert nvml(told)[0].cards() == nvml(ONE)[0].cards()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (18, "nvidia_updated"),
        (9, "nvidia_not_loaded"),
        (4, "nvidia_failed"),
        (999, "nvidia_failed"),
    ],
)
def test_a_library_that_does_not_work_says_why(error: int, code: str) -> None:
    with pytest.raises(ProbeError) as failed:
        nvml({"error": error})[0].cards()
    assert failed.value.problem.code == code


def test_a_library_that_is_not_there_is_told_apart() -> None:
    with pytest.raises(LibraryMissingError):
        nvml({"error": 12})[0].cards()


def test_the_library_stays_open_between_questions() -> None:
    asked, library = nvml(ONE)
    for _ in range(5):
        asked.usage()
    assert library.open == 1


def test_a_card_that_is_plugged_in_is_seen_after_a_while() -> None:
    told, now = copy.deepcopy(ONE), [0.0]
    asked = Nvml(StandInNvml(told), keep_open=True, clock=lambda: now[0])
    opened = [len(asked.usage())]
    told["cards"] += copy.deepcopy(told["cards"])
    opened.append(len(asked.usage()))
    now[0] += OPEN_SECONDS + 1
    opened.append(len(asked.usage()))
    assert opened == [1, 1, 2]


def test_the_library_is_closed_where_a_card_may_sleep() -> None:
    asked, library = nvml(ONE, keep_open=False)
    asked.cards()
    asked.usage()
    assert library.open == 0


# --- pynvml itself, over a library that is compiled here ---------------------------------------

COMPILER = shutil.which("cc")
ASK = """
import dataclasses, json, pynvml
from qubix_worker.hardware.nvml import Nvml
nvml = Nvml(pynvml, keep_open=True)
told = [dataclasses.asdict(entry) for ask in (nvml.cards, nvml.usage) for entry in ask()]
print(json.dumps(told))
"""
DETECT = """
import sys, time
from qubix_worker.hardware import place
from qubix_worker.hardware.detect import Detector
from pathlib import Path
import dataclasses
here = dataclasses.replace(place.here(), root=Path(sys.argv[1]))
begun = time.monotonic()
for finding in Detector(here, 0.5).find(Path.home()):
    if finding.key.startswith("graphics"):
        print(finding.problem.code if finding.problem else finding.value.state)
print("in time" if time.monotonic() - begun < 15 else "late")
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a stand-in for the driver's library."""
    if not COMPILER or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler on Linux")
    folder = tmp_path_factory.mktemp("library")
    source = Path(__file__).with_name("nvml_stand_in.c")
    subprocess.run(
        [COMPILER, "-shared", "-fPIC", "-o", folder / "libnvidia-ml.so.1", source], check=True
    )
    return folder


def ask(library: Path, program: str, *arguments: str, **variables: str) -> str:
    environment = {**os.environ, "LD_LIBRARY_PATH": str(library), **variables}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pynvml_tells_what_the_library_tells(library: Path) -> None:
    card, use = json.loads(ask(library, ASK))
    expected = recorded.load("nvidia-one").told["expect"]
    for told, true in ((card, expected["cards"][0]), (use, expected["usage"][0])):
        assert {key: told[key] for key in true} == true


def test_a_library_that_hangs_does_not_hold_the_program(library: Path, tmp_path: Path) -> None:
    recorded.load("nvidia-one").lay_out(tmp_path)
    told = ask(library, DETECT, str(tmp_path / "root"), STAND_IN_HANGS="1")
    assert told.split("\n")[:3] == ["nvidia_silent", "no_driver", "in time"]


def test_the_error_of_the_real_binding_is_understood(library: Path, tmp_path: Path) -> None:
    recorded.load("nvidia-one").lay_out(tmp_path)
    told = ask(library, DETECT, str(tmp_path / "root"), STAND_IN_ERROR="18")
    assert told.split("\n")[:2] == ["nvidia_updated", "no_driver"]
