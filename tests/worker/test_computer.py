"""What this computer has, as far as that is known, and how soon it is found out anew."""

from __future__ import annotations

import dataclasses
import queue

import pytest

from qubix_worker.computer import UNSURE_SECONDS, Computer, Known, is_same
from qubix_worker.protocol import (
    Disk,
    GraphicsCard,
    Hardware,
    Memory,
    OperatingSystem,
    Processor,
)

CARD = GraphicsCard("NVIDIA", "Card one", uuid="GPU-1")
HARDWARE = Hardware(
    OperatingSystem("linux", "Debian", "x86_64"),
    Processor(4, 2, "A processor"),
    Memory(16 << 30),
    Disk(100 << 30, 50 << 30),
    (CARD,),
)
WITHOUT = dataclasses.replace(HARDWARE, graphics_cards=())
FULLER = dataclasses.replace(HARDWARE, disk=Disk(100 << 30, 1 << 30))


@pytest.fixture
def computer() -> Computer:
    computer = Computer(lambda _: None)
    assert computer.take_in(Known(HARDWARE, ("wasm", "container")))
    return computer


def test_nothing_is_known_before_it_was_found_out() -> None:
    computer = Computer(lambda _: None)
    assert (computer.hardware, computer.kinds) == (None, None)
    assert computer.machine.logical_cores > 0
    assert computer.machine.memory_bytes > 0


def test_what_was_found_out_is_posted() -> None:
    posted: queue.SimpleQueue[Known] = queue.SimpleQueue()
    Computer(posted.put, lambda: Known(HARDWARE, ("wasm",))).find_out()
    assert posted.get(timeout=10) == Known(HARDWARE, ("wasm",))


def test_the_same_once_more_is_no_news(computer: Computer) -> None:
    assert not computer.take_in(Known(HARDWARE, ("wasm", "container")))
    assert not computer.take_in(Known(FULLER, ("wasm", "container")))


def test_a_card_that_is_gone_is_gone(computer: Computer) -> None:
    assert computer.take_in(Known(WITHOUT, ("wasm", "container")))
    assert computer.machine.cards == ()


def test_a_card_whose_probe_was_silent_stays(computer: Computer) -> None:
    assert not computer.take_in(Known(WITHOUT, ("wasm", "container"), sure=False))
    assert computer.machine.cards == (CARD,)


def test_what_was_found_out_stays_where_it_cannot_be_found_out_again(computer: Computer) -> None:
    assert not computer.take_in(Known(None, ("wasm", "container"), sure=False))
    assert computer.hardware == HARDWARE


def test_a_kind_of_job_comes_and_goes(computer: Computer) -> None:
    assert computer.take_in(Known(HARDWARE, ("wasm",)))
    assert computer.kinds == ("wasm",)


def test_memory_that_is_not_told_is_as_it_was(computer: Computer) -> None:
    computer.take_in(Known(dataclasses.replace(WITHOUT, memory=None), ("wasm",)))
    assert computer.machine.memory_bytes == 16 << 30
    assert computer.machine.cards == ()


@pytest.mark.parametrize(
    ("known", "seconds"),
    [
        (Known(HARDWARE, ("wasm", "container")), 3600.0),
        (Known(HARDWARE, ("wasm", "container"), sure=False), UNSURE_SECONDS),
        (Known(HARDWARE, ("wasm",)), UNSURE_SECONDS),
    ],
)
def test_what_may_have_been_only_silent_is_asked_again_sooner(known: Known, seconds: float) -> None:
    now = 1000.0
    asked: queue.SimpleQueue[Known] = queue.SimpleQueue()
    computer = Computer(
        asked.put, lambda: Known(HARDWARE, ()), find_out_seconds=3600.0, monotonic=lambda: now
    )
    computer.find_out()
    asked.get(timeout=10)
    computer.take_in(Known(HARDWARE, ("wasm", "container")))
    computer.take_in(known)
    now += seconds - 1
    assert not computer.find_out_if_due()
    now += 1
    assert computer.find_out_if_due()
    asked.get(timeout=10)


def test_only_how_full_the_disk_is_makes_no_difference() -> None:
    assert is_same(HARDWARE, FULLER)
    assert not is_same(HARDWARE, WITHOUT)
    assert not is_same(None, HARDWARE)


def test_a_card_that_nobody_has_found_yet_is_looked_for_at_once_and_once() -> None:
    asked: queue.SimpleQueue[Known] = queue.SimpleQueue()
    computer = Computer(
        asked.put, lambda: Known(HARDWARE, ()), find_out_seconds=3600.0, monotonic=lambda: 0.0
    )
    new = frozenset({"gpu-9"})
    assert not computer.find_out_if_due()
    assert computer.find_out_if_due(new)
    assert not computer.find_out_if_due(new)
    assert computer.find_out_if_due(new | {"gpu-8"})
    assert not computer.find_out_if_due()
    assert computer.find_out_if_due(new)  # it was unplugged meanwhile
    for _ in range(3):
        asked.get(timeout=10)


def test_what_cannot_vanish_stays_as_it_was_where_it_is_not_told(computer: Computer) -> None:
    silent = dataclasses.replace(WITHOUT, memory=None, disk=None, processor=Processor(1))
    assert computer.take_in(Known(silent, ("wasm", "container")))
    assert computer.hardware == WITHOUT
