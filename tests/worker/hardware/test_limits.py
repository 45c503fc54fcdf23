"""What hangs, floods or fails is given up in time, and costs nothing but its own figures."""

from __future__ import annotations

import contextlib
import select
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import pytest

from qubix_worker.errors import Problem
from qubix_worker.hardware import nvidia_smi, tools
from qubix_worker.hardware.detect import Detector, detect
from qubix_worker.hardware.graphics import probes
from qubix_worker.hardware.place import Place
from qubix_worker.hardware.probe import GRAPHICS_SILENT, PROBE_SECONDS, Answer, Asker
from qubix_worker.hardware.readings import STALE_SECONDS, Readings
from qubix_worker.hardware.tools import OUTPUT_BYTES, Told, Tools, ToolSilentError
from qubix_worker.protocol import GraphicsCard, GraphicsUsage
from qubix_worker.usage import Sampler
from tests.conftest import wait_until
from tests.worker.hardware import recorded


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What a hanging driver waits for; it comes at the end of the test."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def leftover() -> Iterator[Callable[[Path], str]]:
    """A line of a script that starts a child in a session of its own, which holds the output open
    until the end of the test."""
    files: list[Path] = []

    def line(folder: Path) -> str:
        files.append(folder / "leftover")
        # Waits for its number: the tool must not end before that is known.
        return (
            f"setsid sh -c 'echo $$ >> {files[-1]}; exec sleep 65' &\n"
            f"until [ -s {files[-1]} ]; do sleep 0.01; done"
        )

    yield line
    for file in files:
        for number in file.read_text().split():
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(int(number)).kill()


def a_tool(folder: Path, script: str, seconds: float = 1, read: tools.Read = tools.READ) -> Tools:
    (folder / "tool").write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    (folder / "tool").chmod(0o755)
    return Tools(str(folder), seconds, read)


each_way_to_read = pytest.mark.parametrize("read", [tools.by_poll, tools.by_thread])


# --- Tools -----------------------------------------------------------------------------------


def test_a_tool_that_is_not_there_tells_nothing(tmp_path: Path) -> None:
    assert Tools(str(tmp_path)).run("tool", []) is None


def test_a_tool_that_cannot_be_run_is_silent(tmp_path: Path) -> None:
    (tmp_path / "tool").write_bytes(b"\x7fELF rubbish")
    (tmp_path / "tool").chmod(0o755)
    with pytest.raises(ToolSilentError):
        Tools(str(tmp_path)).run("tool", [])


@each_way_to_read
def test_a_tool_that_hangs_is_ended_with_all_that_it_started(
    tmp_path: Path, read: tools.Read
) -> None:
    script = f"sleep 61 & echo $! > {tmp_path}/child; exec sleep 62"
    with pytest.raises(ToolSilentError):
        a_tool(tmp_path, script, read=read).run("tool", [])
    wait_until(lambda: not _runs(int((tmp_path / "child").read_text())))


@each_way_to_read
def test_a_child_that_holds_the_output_open_is_ended_with_the_tool_and_costs_nothing_that_it_told(
    tmp_path: Path, read: tools.Read
) -> None:
    script = f"sleep 63 & echo $! > {tmp_path}/child; echo done"
    told = a_tool(tmp_path, script, seconds=20, read=read).run("tool", [])
    assert told == Told(b"done\n", 0)
    wait_until(lambda: not _runs(int((tmp_path / "child").read_text())))


@each_way_to_read
def test_a_child_that_has_left_the_tool_costs_neither_what_it_told_nor_time(
    tmp_path: Path, read: tools.Read, leftover: Callable[[Path], str]
) -> None:
    script = f"{leftover(tmp_path)}; echo done"
    begun = time.monotonic()
    assert a_tool(tmp_path, script, seconds=30, read=read).run("tool", []) == Told(b"done\n", 0)
    assert time.monotonic() - begun < 10


@pytest.mark.skipif(not hasattr(select, "poll"), reason="Windows needs the thread")
def test_a_child_that_has_left_the_tool_leaves_no_thread_and_no_descriptor(
    tmp_path: Path, leftover: Callable[[Path], str]
) -> None:
    run = a_tool(tmp_path, f"{leftover(tmp_path)}; echo done", seconds=30)
    threads, descriptors = threading.active_count(), psutil.Process().num_fds()
    run.run("tool", [])
    # Those of other tests may end meanwhile.
    assert threading.active_count() <= threads
    assert psutil.Process().num_fds() <= descriptors


def test_a_tool_whose_child_lives_on_still_tells_its_card(
    tmp_path: Path, leftover: Callable[[Path], str]
) -> None:
    row = "0, NVIDIA X, GPU-1, 4096, 550.54, 00000000:01:00.0, 8.6, [N/A]"
    a_tool(tmp_path, f"{leftover(tmp_path)}; echo '{row}'").run("tool", [])
    (tmp_path / "tool").rename(tmp_path / "nvidia-smi")
    run = nvidia_smi.runner(Tools(str(tmp_path), 30))
    assert [card.name for card in nvidia_smi.cards(run)] == ["NVIDIA X"]


@each_way_to_read
def test_a_tool_that_prints_slowly_is_read_to_its_end(tmp_path: Path, read: tools.Read) -> None:
    script = "for part in 1 2 3; do sleep 0.15; echo $part; done"
    told = a_tool(tmp_path, script, seconds=20, read=read).run("tool", [])
    assert told == Told(b"1\n2\n3\n", 0)


@each_way_to_read
def test_a_tool_that_closes_its_output_and_runs_on_is_ended(
    tmp_path: Path, read: tools.Read
) -> None:
    run = a_tool(tmp_path, "echo done; exec sleep 64 >&-", read=read)
    with pytest.raises(ToolSilentError):
        run.run("tool", [])


@each_way_to_read
def test_a_tool_that_prints_without_end_is_cut_and_ended(tmp_path: Path, read: tools.Read) -> None:
    told = a_tool(tmp_path, "exec yes", seconds=20, read=read).run("tool", [])
    assert told
    assert len(told.output) == OUTPUT_BYTES
    assert told.exit_code != 0


# --- Questions -------------------------------------------------------------------------------


def test_a_question_that_hangs_is_not_asked_again(never: threading.Event) -> None:
    clock = Clock()
    asker = Asker("this one", never.wait, clock)
    assert asker.ask(lambda answer: None)
    clock.now += PROBE_SECONDS + 0.1
    assert [asker.ask(lambda answer: None) for _ in range(100)] == [False] * 100
    assert _threads().count("probe this one") == 1


def test_a_question_that_hung_is_asked_again_once_it_has_answered(never: threading.Event) -> None:
    asker = Asker("x", never.wait)
    answers: list[Answer[bool]] = []
    asker.ask(answers.append)
    never.set()
    wait_until(lambda: answers)
    assert asker.ask(answers.append)
    wait_until(lambda: len(answers) == 2)


def test_who_asks_while_an_answer_is_on_its_way_gets_that_one(never: threading.Event) -> None:
    asker = Asker("x", never.wait)
    answers: list[Answer[bool]] = []
    assert asker.ask(answers.append)
    assert asker.ask(answers.append)
    never.set()
    wait_until(lambda: len(answers) == 2)
    assert answers[0] is answers[1]


def test_a_question_that_fails_has_its_failure_for_an_answer() -> None:
    def fail() -> None:
        raise ValueError("rubbish")

    answers: list[Answer[None]] = []
    Asker("x", fail).ask(answers.append)
    wait_until(lambda: answers)
    assert isinstance(answers[0].error, ValueError)


# --- Detection -------------------------------------------------------------------------------


def test_a_driver_that_hangs_costs_only_its_own_figures(
    tmp_path: Path, never: threading.Event
) -> None:
    place = _with_hanging_driver(recorded.load("laptop-awake"), tmp_path, never)
    begun = time.monotonic()
    found = detect(place=place, seconds=0.5)
    assert time.monotonic() - begun < 10
    assert [(card.vendor, card.state) for card in found.graphics_cards] == [
        ("NVIDIA", "no_driver"),
        ("Intel", "ready"),
    ]
    assert found.disk


def test_it_is_said_which_driver_did_not_answer(tmp_path: Path, never: threading.Event) -> None:
    place = _with_hanging_driver(recorded.load("nvidia-one"), tmp_path, never)
    findings = list(Detector(place, 0.2).find(tmp_path))
    problems = [finding.problem for finding in findings if finding.key.startswith("graphics")]
    assert [problem.code for problem in problems if problem] == ["nvidia_silent"]


def test_detecting_again_and_again_leaves_one_thread_with_a_driver_that_hangs(
    tmp_path: Path, never: threading.Event
) -> None:
    place = _with_hanging_driver(recorded.load("nvidia-one"), tmp_path, never)
    detector = Detector(place, 0.1)
    list(detector.find(tmp_path))
    for _ in range(5):
        list(detector.find(tmp_path))
    assert _threads().count("probe the NVIDIA driver") == 1


def test_two_who_detect_at_once_both_find_everything(tmp_path: Path) -> None:
    detector = Detector(recorded.load("amd-radeon").lay_out(tmp_path), 10)
    found: list[set[str]] = []

    def find() -> None:
        found.append({finding.key for finding in detector.find(tmp_path) if finding.value})

    threads = [threading.Thread(target=find) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all("graphics:0" in keys for keys in found)


@pytest.mark.slow
def test_a_tool_that_hangs_is_over_within_the_limit_of_detection(tmp_path: Path) -> None:
    computer = recorded.load("nvidia-several-by-tool")
    computer.tools = [recorded.Tool("nvidia-smi", b"", hangs=True)]
    begun = time.monotonic()
    findings = list(Detector(computer.lay_out(tmp_path, tools.TOOL_SECONDS)).find(tmp_path))
    assert time.monotonic() - begun < 15
    problems = [finding.problem.code for finding in findings if finding.problem]
    assert "nvidia_silent" in problems


# --- Use -------------------------------------------------------------------------------------


@dataclass
class Probe:
    """A probe as a test wants it."""

    does: Callable[[], tuple[GraphicsUsage, ...]]
    name: str = "a driver"
    knows: frozenset[str] = frozenset()
    fresh_seconds: float = 10.0
    silence: Problem = GRAPHICS_SILENT
    asked: int = 0
    answered: threading.Event = field(default_factory=threading.Event)

    def cards(self) -> tuple[GraphicsCard, ...]:
        return ()

    def usage(self) -> tuple[GraphicsUsage, ...]:
        self.asked += 1
        try:
            return self.does()
        finally:
            self.answered.set()


USE = GraphicsUsage("a card", percent=50.0)


def test_a_figure_that_is_fresh_is_not_asked_for_again() -> None:
    clock, probe = Clock(), Probe(lambda: (USE,))
    readings = Readings([probe], clock, patience_seconds=10)
    assert [readings.usage() for _ in range(3)] == [(USE,)] * 3
    assert probe.asked == 1
    clock.now += probe.fresh_seconds
    readings.usage()
    assert probe.asked == 2


def test_a_card_that_was_pulled_out_is_not_in_use_any_more(tmp_path: Path) -> None:
    computer = recorded.load("egpu")
    place, clock = computer.lay_out(tmp_path), Clock()
    readings = Readings(probes(place), clock, patience_seconds=10)
    assert [use.name for use in readings.usage()] == ["AMD graphics 1002:731f"]
    _pull_out(place, "0000:3c:00.0")
    clock.now += 10
    assert readings.usage() == ()
    assert [card.vendor for card in detect(place=place).graphics_cards] == ["Intel"]


def test_a_card_that_is_plugged_in_is_found_at_the_next_detection(tmp_path: Path) -> None:
    place = recorded.load("egpu").lay_out(tmp_path)
    away = _pull_out(place, "0000:3c:00.0")
    detector = Detector(place, 10)
    assert len(_cards(detector, tmp_path)) == 1
    away.rename(place.root / "sys/bus/pci/devices/0000:3c:00.0")
    assert len(_cards(detector, tmp_path)) == 2


@pytest.mark.slow
def test_who_asks_for_the_use_does_not_wait_for_a_driver_that_hangs(never: threading.Event) -> None:
    def hang() -> tuple[GraphicsUsage, ...]:
        never.wait()
        return (USE,)

    clock, other = Clock(), Probe(lambda: (USE,), name="another")
    readings = Readings([Probe(hang), other], clock, patience_seconds=1)
    assert readings.usage() == (USE,)
    clock.now += PROBE_SECONDS + 0.1
    begun = time.monotonic()
    for _ in range(50):
        assert readings.usage() == (USE,)
    assert time.monotonic() - begun < 10


def test_what_a_slow_driver_told_too_late_is_there_the_next_time() -> None:
    gate = threading.Event()

    def slow() -> tuple[GraphicsUsage, ...]:
        gate.wait()
        return (USE,)

    readings = Readings([Probe(slow)], Clock(), patience_seconds=0.01)
    assert readings.usage() == ()
    gate.set()
    wait_until(lambda: readings.usage() == (USE,))


def test_an_old_figure_is_no_figure(never: threading.Event) -> None:
    clock = Clock()
    first = threading.Event()

    def once() -> tuple[GraphicsUsage, ...]:
        if first.is_set():
            never.wait()
        first.set()
        return (USE,)

    readings = Readings([Probe(once)], clock, patience_seconds=1)
    assert readings.usage() == (USE,)
    clock.now += 20
    assert readings.usage() == (USE,), "the driver is slow: a few seconds old is good enough"
    clock.now += STALE_SECONDS
    assert readings.usage() == ()


def test_a_driver_that_fails_leaves_its_figures_out_and_is_asked_later() -> None:
    clock, fails = Clock(), [True]

    def sometimes() -> tuple[GraphicsUsage, ...]:
        if fails[0]:
            raise OSError("gone")
        return (USE,)

    readings = Readings([Probe(sometimes)], clock, patience_seconds=10)
    assert readings.usage() == ()
    fails[0] = False
    clock.now += 10
    assert readings.usage() == (USE,)


def test_one_failure_of_a_driver_keeps_its_figures_until_they_are_old() -> None:
    clock, fails = Clock(), [False]

    def sometimes() -> tuple[GraphicsUsage, ...]:
        if fails[0]:
            raise OSError("busy")
        return (USE,)

    readings = Readings([Probe(sometimes)], clock, patience_seconds=10)
    assert readings.usage() == (USE,)
    fails[0] = True
    clock.now += 15
    assert readings.usage() == (USE,)
    clock.now += STALE_SECONDS - 15
    assert readings.usage() == (USE,)
    clock.now += 1
    assert readings.usage() == ()


def test_a_card_that_a_driver_no_longer_tells_of_is_gone_at_once() -> None:
    clock, told = Clock(), [(USE,), ()]
    readings = Readings([Probe(lambda: told.pop(0))], clock, patience_seconds=10)
    assert readings.usage() == (USE,)
    clock.now += 10
    assert readings.usage() == ()


def test_a_sample_has_the_first_card_in_the_inherited_keys_too() -> None:
    card = GraphicsUsage("a card", 37.0, 61.0, 1234.0, 24576.0)
    sample = Sampler(lambda: (card, USE)).sample()
    assert (sample.gpu_percent, sample.gpu_temp) == (37.0, 61.0)
    assert (sample.gpu_mem_used_mb, sample.gpu_mem_total_mb) == (1234.0, 24576.0)
    assert sample.gpus == (card, USE)


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def _runs(process: int) -> bool:
    return psutil.pid_exists(process) and psutil.Process(process).status() != psutil.STATUS_ZOMBIE


def _with_hanging_driver(
    computer: recorded.Computer, folder: Path, never: threading.Event
) -> Place:
    return replace(computer.lay_out(folder), load_nvml=never.wait)


def _pull_out(place: Place, address: str) -> Path:
    away = place.root / address
    (place.root / "sys/bus/pci/devices" / address).rename(away)
    return away


def _cards(detector: Detector, folder: Path) -> list[GraphicsCard]:
    values = [finding.value for finding in detector.find(folder)]
    return [value for value in values if isinstance(value, GraphicsCard)]
