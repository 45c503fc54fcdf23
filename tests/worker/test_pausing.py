"""Which pause holds, when it ends by either clock, and how long jobs stand still meanwhile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from qubix_worker.guest.rules import Rest
from qubix_worker.jobs import JobRunner
from qubix_worker.kinds import Limits
from qubix_worker.paths import Paths
from qubix_worker.pause import Pause
from qubix_worker.pausing import FROZEN_SECONDS_MOST, Pausing, Standstill, stands_still
from qubix_worker.settings import Settings

REST = Rest("battery", "Resting while this computer runs on battery.")


class Clocks:
    def __init__(self) -> None:
        self.wall = 1_000_000.0
        self.steady = 50.0

    def go_on(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def pausing(folder: Path, clocks: Clocks) -> Pausing:
    return Pausing(folder / "pause", now=lambda: clocks.wall, monotonic=lambda: clocks.steady)


@pytest.fixture
def standstill(tmp_path: Path, clocks: Clocks) -> Standstill:
    command: Sequence[str] = ("false",)
    limits = Limits(memory_mb=64, cores=1.0, priority="idle")
    runner = JobRunner(Paths.under(tmp_path), command, limits, lambda _: b"")
    return Standstill(runner, monotonic=lambda: clocks.steady)


def test_a_persons_pause_comes_before_the_computers_rest(tmp_path: Path, clocks: Clocks) -> None:
    pauses = pausing(tmp_path, clocks)
    pauses.rest(REST)
    pauses.ask(Pause("you"))
    assert pauses.holds == Pause("you")
    pauses.ask(None)
    assert pauses.holds == Pause("battery", None, REST.reason)


def test_a_persons_pause_is_kept_and_a_rest_is_not(tmp_path: Path, clocks: Clocks) -> None:
    before = pausing(tmp_path, clocks)
    before.rest(REST)
    assert pausing(tmp_path, clocks).holds is None
    before.ask(Pause("you", clocks.wall + 60))
    assert pausing(tmp_path, clocks).holds == Pause("you", clocks.wall + 60)


def test_a_pause_that_cannot_be_kept_holds_all_the_same(tmp_path: Path, clocks: Clocks) -> None:
    pauses = pausing(tmp_path, clocks)
    (tmp_path / "pause").mkdir()
    pauses.ask(Pause("you"))
    assert pauses.holds == Pause("you")


def test_a_pause_for_a_time_is_over_after_that_time(tmp_path: Path, clocks: Clocks) -> None:
    pauses = pausing(tmp_path, clocks)
    pauses.ask(Pause("you", clocks.wall + 30))
    clocks.go_on(29)
    assert not pauses.end_what_is_over()
    assert pauses.seconds_left() == pytest.approx(1)
    clocks.go_on(1)
    assert pauses.end_what_is_over()
    assert pauses.holds is None
    assert pausing(tmp_path, clocks).holds is None


@pytest.mark.parametrize(("wall", "steady"), [(30, 0), (0, 30), (-9999, 30)])
def test_either_clock_ends_a_pause(
    tmp_path: Path, clocks: Clocks, wall: float, steady: float
) -> None:
    pauses = pausing(tmp_path, clocks)
    pauses.ask(Pause("you", clocks.wall + 30))
    clocks.wall += wall
    clocks.steady += steady
    assert pauses.end_what_is_over()


def test_what_lasts_until_it_is_resumed_ends_at_no_time(tmp_path: Path, clocks: Clocks) -> None:
    pauses = pausing(tmp_path, clocks)
    assert pauses.seconds_left() == math.inf
    pauses.ask(Pause("you"))
    clocks.go_on(1e9)
    assert pauses.seconds_left() == math.inf
    assert not pauses.end_what_is_over()


def test_the_clock_is_looked_at_now_and_then_in_a_long_pause(
    tmp_path: Path, clocks: Clocks
) -> None:
    pauses = pausing(tmp_path, clocks)
    pauses.ask(Pause("you", clocks.wall + 86400))
    assert pauses.seconds_left() == 60


def test_jobs_stand_still_for_ten_minutes_at_the_most(
    standstill: Standstill, clocks: Clocks
) -> None:
    assert standstill.seconds_left() == math.inf
    standstill.begin()
    clocks.go_on(FROZEN_SECONDS_MOST)
    assert standstill.seconds_left() == 0
    assert standstill.end()
    assert standstill.seconds_left() == math.inf


def test_nothing_is_let_go_on_where_nothing_stands_still(standstill: Standstill) -> None:
    assert not standstill.end()
    standstill.begin()
    standstill.forget()
    assert not standstill.end()


@pytest.mark.parametrize(
    ("until", "when_paused", "waits"),
    [
        (None, "freeze", True),
        (FROZEN_SECONDS_MOST, "freeze", True),
        (FROZEN_SECONDS_MOST + 1, "freeze", False),
        (None, "end", False),
    ],
)
def test_jobs_wait_only_for_the_end_of_a_short_pause(
    until: float | None, when_paused: str, waits: bool
) -> None:
    settings = Settings(when_paused="freeze" if when_paused == "freeze" else "end")
    assert stands_still(Pause("you", until), settings, 0.0) is waits
