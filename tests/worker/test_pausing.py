"""Which pause holds, when it ends whatever clocks do, and how long jobs stand still meanwhile."""

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
from qubix_worker.pausing import (
    FROZEN_SECONDS_MOST,
    LOOK_SECONDS,
    Pausing,
    Standstill,
    stands_still,
)
from qubix_worker.settings import Settings

REST = Rest("battery", "Resting while this computer runs on battery.")


class Clocks:
    def __init__(self) -> None:
        self.wall = 1_000_000.0
        self.lasting = 50.0

    def go_on(self, seconds: float) -> None:
        self.wall += seconds
        self.lasting += seconds

    def pause(self, seconds: float) -> Pause:
        """As `--for` asks for one."""
        return Pause("you", self.wall + seconds, seconds=seconds)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def pausing(folder: Path, clocks: Clocks) -> Pausing:
    return Pausing(folder / "pause", now=lambda: clocks.wall, lasting=lambda: clocks.lasting)


@pytest.fixture
def standstill(tmp_path: Path, clocks: Clocks) -> Standstill:
    command: Sequence[str] = ("false",)
    limits = Limits(memory_mb=64, cores=1.0, priority="idle")
    runner = JobRunner(Paths.under(tmp_path), command, limits, lambda _: b"")
    return Standstill(runner, monotonic=lambda: clocks.lasting)


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
    pauses.ask(clocks.pause(30))
    clocks.go_on(29)
    assert not pauses.look_at_the_clocks()
    assert pauses.seconds_left() == pytest.approx(1)
    clocks.go_on(1)
    assert pauses.look_at_the_clocks()
    assert pauses.holds is None
    assert pausing(tmp_path, clocks).holds is None


@pytest.mark.parametrize("set_by", [7200, -7200])
def test_a_pause_for_an_hour_lasts_an_hour_whatever_the_clock_is_set_to(
    tmp_path: Path, clocks: Clocks, set_by: float
) -> None:
    pauses = pausing(tmp_path, clocks)
    pauses.ask(clocks.pause(3600))
    clocks.wall += set_by
    assert pauses.seconds_left() == 0  # what is shown is to be put right at once
    assert pauses.look_at_the_clocks()
    assert pauses.holds
    assert pauses.holds.until == clocks.wall + 3600
    assert pauses.seconds_left() == LOOK_SECONDS
    clocks.go_on(3599)
    assert not pauses.look_at_the_clocks()
    clocks.go_on(1)
    assert pauses.look_at_the_clocks()
    assert pauses.holds is None


@pytest.mark.parametrize("set_by", [7200, -7200])
def test_a_pause_until_a_time_ends_when_the_clock_on_the_wall_shows_it(
    tmp_path: Path, clocks: Clocks, set_by: float
) -> None:
    pauses = pausing(tmp_path, clocks)
    pauses.ask(Pause("you", clocks.wall + 3600))
    clocks.wall += set_by
    assert pauses.look_at_the_clocks() is (set_by > 0)
    clocks.go_on(3600 - set_by)
    pauses.look_at_the_clocks()
    assert pauses.holds is None


def test_the_time_while_no_worker_ran_counts_towards_a_pause(
    tmp_path: Path, clocks: Clocks
) -> None:
    pausing(tmp_path, clocks).ask(clocks.pause(3600))
    clocks.wall += 3000
    clocks.lasting = 2.0  # the computer has begun anew
    pauses = pausing(tmp_path, clocks)
    clocks.go_on(599)
    assert not pauses.look_at_the_clocks()
    clocks.go_on(1)
    assert pauses.look_at_the_clocks()
    assert pauses.holds is None


def test_after_a_restart_no_pause_lasts_longer_than_it_was_asked_for(
    tmp_path: Path, clocks: Clocks
) -> None:
    pausing(tmp_path, clocks).ask(clocks.pause(3600))
    clocks.wall -= 86400
    pauses = pausing(tmp_path, clocks)
    assert pauses.look_at_the_clocks()
    assert pauses.holds
    assert pauses.holds.until == clocks.wall + 3600
    clocks.go_on(3600)
    assert pauses.look_at_the_clocks()
    assert pauses.holds is None


def test_after_a_restart_a_clock_that_was_slow_at_first_ends_a_pause(
    tmp_path: Path, clocks: Clocks
) -> None:
    pausing(tmp_path, clocks).ask(clocks.pause(3600))
    pauses = pausing(tmp_path, clocks)
    clocks.wall += 3600
    assert pauses.look_at_the_clocks()
    assert pauses.holds is None


def test_what_lasts_until_it_is_resumed_ends_at_no_time(tmp_path: Path, clocks: Clocks) -> None:
    pauses = pausing(tmp_path, clocks)
    assert pauses.seconds_left() == math.inf
    pauses.ask(Pause("you"))
    clocks.go_on(1e9)
    assert pauses.seconds_left() == math.inf
    assert not pauses.look_at_the_clocks()


def test_the_clock_is_looked_at_now_and_then_in_a_long_pause(
    tmp_path: Path, clocks: Clocks
) -> None:
    pauses = pausing(tmp_path, clocks)
    pauses.ask(Pause("you", clocks.wall + 86400))
    assert pauses.seconds_left() == LOOK_SECONDS


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
