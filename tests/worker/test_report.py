"""What a heartbeat tells, by what is so of the worker at that moment."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qubix_worker.allowance import Machine, Share
from qubix_worker.protocol import (
    Disk,
    GraphicsCard,
    GraphicsUsage,
    Hardware,
    Heartbeat,
    Memory,
    OperatingSystem,
    Processor,
    Usage,
)
from qubix_worker.report import Facts, Reporter, heartbeat
from qubix_worker.settings import Settings
from qubix_worker.status import CurrentJob, Status
from qubix_worker.usage import Sampler

ONE, TWO = (GraphicsCard("NVIDIA", f"Card {n}", uuid=f"GPU-{n}") for n in ("one", "two"))
HARDWARE = Hardware(
    OperatingSystem("linux", "Debian", "x86_64"),
    Processor(4, 2, "A processor"),
    Memory(16 << 30),
    Disk(100 << 30, 50 << 30),
    (ONE, TWO),
)
SHARE = Share.of(Settings(), Machine.of(HARDWARE), HARDWARE, ("wasm",))
IDLE = Status("online", 0.0, "computer", "http://server", "", "w-1", "1.0", 1)
AT_WORK = dataclasses.replace(IDLE, jobs=(CurrentJob("j-2", "wasm", 0.0),))
PAUSED = dataclasses.replace(IDLE, paused_by="you", pause_reason="You asked for a pause.")
FREE = Facts(IDLE, frozenset(), 1, SHARE)


def told(facts: Facts, usage: Usage | None = None, **more: Any) -> Heartbeat:
    return heartbeat(facts, usage or Usage(), session="s", number=1, **more)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "online"),
        ({"status": AT_WORK}, "busy"),
        ({"unsent": frozenset({"j-1"})}, "busy"),
        ({"free_slots": 0}, "busy"),
        ({"status": PAUSED, "free_slots": 0}, "paused"),
        ({"status": PAUSED, "stopping": True}, "offline"),
    ],
)
def test_the_state_follows_from_the_facts(changes: dict[str, Any], state: str) -> None:
    assert told(dataclasses.replace(FREE, **changes)).status == state


def test_a_job_is_held_while_it_works_and_until_its_result_has_arrived() -> None:
    facts = dataclasses.replace(FREE, status=AT_WORK, unsent=frozenset({"j-3", "j-1", "j-2"}))
    assert told(facts).current_jobs == ("j-2", "j-1", "j-3")
    assert told(facts).current_job == "j-2"


def test_a_worker_that_stops_gives_its_jobs_back_and_keeps_their_results() -> None:
    facts = dataclasses.replace(FREE, status=AT_WORK, unsent=frozenset({"j-1"}), stopping=True)
    assert told(facts).current_jobs == ("j-1",)


def test_the_reason_of_a_pause_is_told_only_while_it_is_paused() -> None:
    assert told(dataclasses.replace(FREE, status=PAUSED)).pause_reason == PAUSED.pause_reason
    stopping = dataclasses.replace(FREE, status=PAUSED, stopping=True)
    assert told(stopping).pause_reason is None


def test_hardware_is_told_until_the_server_knows_it() -> None:
    assert told(FREE).hardware == HARDWARE
    fuller = dataclasses.replace(HARDWARE, disk=Disk(100 << 30, 1 << 30))
    assert told(FREE, told=fuller).hardware is None
    without = dataclasses.replace(HARDWARE, graphics_cards=())
    assert told(FREE, told=without).hardware == HARDWARE


def test_a_name_is_told_until_the_server_knows_it() -> None:
    assert told(FREE).name == "computer"
    assert told(FREE, called="computer").name is None
    assert told(FREE, called="another").name == "computer"


STEPS = ("has", "is called", "tell", "arrive", "hear", "lose")


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3))))
@example(
    [("tell", 0), ("arrive", 0), ("hear", 0), ("has", 1), ("tell", 0), ("arrive", 0), ("has", 0)]
)
@example(
    [("tell", 0), ("arrive", 0), ("hear", 0), ("is called", 1), ("tell", 0), ("arrive", 0),
     ("is called", 0), ("tell", 0), ("arrive", 0), ("hear", 0), ("is called", 1)]
)  # fmt: skip
def test_the_server_knows_the_hardware_and_the_name_whatever_came_late_or_was_lost(
    steps: list[tuple[str, int]],
) -> None:
    may_have = [dataclasses.replace(HARDWARE, graphics_cards=cards) for cards in _CARDS]
    now = [FREE]
    reporter = Reporter(lambda: now[0], Sampler(lambda: ()))
    on_its_way: list[Heartbeat] = []
    answered: list[Heartbeat] = []
    server = Server()
    for step, which in steps:
        if step == "has":
            share = dataclasses.replace(SHARE, hardware=may_have[which])
            now[0] = dataclasses.replace(now[0], share=share)
        elif step == "is called":
            status = dataclasses.replace(IDLE, name=f"computer {which}")
            now[0] = dataclasses.replace(now[0], status=status)
        elif step == "tell":
            on_its_way.append(reporter.report())
        elif step == "arrive" and which < len(on_its_way):
            answered.append(server.take(on_its_way.pop(which)))
        elif step == "hear" and which < len(answered):
            reporter.acknowledged(answered.pop(which))
        elif step == "lose" and which < len(on_its_way):
            on_its_way.pop(which)
    reporter.acknowledged(server.take(reporter.report()))
    assert server.hardware == now[0].share.hardware
    assert server.name == now[0].status.name
    last = reporter.report()
    assert (last.hardware, last.name) == (None, None)


_CARDS = ((ONE, TWO), (ONE,), (TWO,), ())


class Server:
    """What one has been told, as ours takes it: of two reports the later holds."""

    def __init__(self) -> None:
        self.hardware: Hardware | None = None
        self.name: str | None = None
        self._report = 0

    def take(self, beat: Heartbeat) -> Heartbeat:
        assert beat.report
        if beat.report > self._report:
            self._report = beat.report
            self.hardware = beat.hardware or self.hardware
            self.name = beat.name or self.name
        return beat


def test_a_name_that_a_person_has_emptied_is_not_told() -> None:
    assert told(dataclasses.replace(FREE, status=dataclasses.replace(IDLE, name=""))).name is None


def test_nothing_is_told_of_a_card_that_is_left_out() -> None:
    chosen = Settings(excluded_cards=("GPU-one",))
    share = Share.of(chosen, Machine.of(HARDWARE), HARDWARE, ("wasm",))
    uses = (
        GraphicsUsage("Card one", percent=99.0, uuid="GPU-one"),
        GraphicsUsage("Card two", percent=11.0, uuid="GPU-two"),
    )
    beat = told(dataclasses.replace(FREE, share=share), Usage(gpus=uses, gpu_percent=99.0))
    assert beat.hardware is not None
    assert beat.hardware.graphics_cards == (TWO,)
    assert beat.usage.gpus == uses[1:]
    assert beat.usage.gpu_percent == 11.0


def test_heartbeats_are_numbered_within_one_run() -> None:
    reporter = Reporter(lambda: FREE, Sampler(lambda: ()))
    first, second = reporter.report(), reporter.report()
    assert (first.report, second.report) == (1, 2)
    assert first.session == second.session != Reporter(lambda: FREE, Sampler()).report().session


def test_a_job_that_was_given_back_too_soon_is_named_unless_the_worker_leaves() -> None:
    assert told(FREE, returned=frozenset({"j-3"})).current_jobs == ("j-3",)
    leaving = dataclasses.replace(FREE, stopping=True)
    assert told(leaving, returned=frozenset({"j-3"})).current_jobs == ()


class Busy:
    """A worker that is given a job, and gives it back."""

    def __init__(self) -> None:
        self.facts = FREE
        self.reporter = Reporter(lambda: self.facts, Sampler(lambda: ()))

    def begins(self) -> None:
        self.reporter.began("j-2")
        self.facts = dataclasses.replace(FREE, status=AT_WORK)

    def gives_back(self) -> None:
        self.reporter.ended("j-2", given_back=True)
        self.facts = FREE

    def named(self) -> tuple[str, ...] | None:
        return self.reporter.report().current_jobs


def test_a_job_that_is_given_back_is_named_until_the_server_has_heard_of_it() -> None:
    busy = Busy()
    before = busy.reporter.report()
    busy.begins()
    at_work = busy.reporter.report()
    busy.gives_back()
    assert not busy.reporter.acknowledged(before)
    assert busy.named() == ("j-2",)  # the other may yet be overtaken by this one
    assert busy.reporter.acknowledged(at_work)
    assert busy.named() == ()


def test_a_job_that_the_server_has_heard_of_is_named_no_more_once_it_is_given_back() -> None:
    busy = Busy()
    busy.begins()
    assert not busy.reporter.acknowledged(busy.reporter.report())
    busy.gives_back()
    assert busy.named() == ()


def test_what_was_told_of_a_job_counts_no_more_when_it_is_given_anew() -> None:
    busy = Busy()
    busy.begins()
    before = busy.reporter.report()
    busy.gives_back()
    busy.begins()
    busy.reporter.acknowledged(before)
    busy.gives_back()
    assert busy.named() == ("j-2",)
    busy.reporter.acknowledged(busy.reporter.report())
    assert busy.named() == ()
