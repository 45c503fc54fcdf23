"""For how long this computer has shared: today and this week, whatever worker and clock do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from qubix_worker.shared_time import (
    DAYS_KEPT,
    KEEP_PAUSED_SECONDS,
    KEEP_SECONDS,
    LOOK_SECONDS,
    SharedTime,
)
from qubix_worker.status import Shared, Status, Trouble, is_sharing

HOUR = 3600.0
DAY = 24 * HOUR
WEDNESDAY_NOON = datetime(2030, 1, 2, 12).timestamp()


@dataclass
class Clocks:
    wall: float = WEDNESDAY_NOON
    steady: float = 1000.0


@dataclass
class Counted:
    """A worker's count, and the clocks that it goes by."""

    path: Path
    clocks: Clocks
    time: SharedTime

    def goes_on(self, seconds: float, *, sharing: bool = True) -> None:
        """Looks as often as it asks to."""
        self.time.note(sharing=sharing)
        while seconds > 0:
            step = min(seconds, self.time.seconds_left(), LOOK_SECONDS)
            self.clocks.wall += step
            self.clocks.steady += step
            seconds -= step
            self.time.note(sharing=sharing)

    def writes_while_it_shares(self, seconds: float) -> int:
        """How often its file is written meanwhile."""
        states = []
        for _ in range(round(seconds / LOOK_SECONDS)):
            self.goes_on(LOOK_SECONDS)
            states.append(self.path.read_bytes() if self.path.exists() else b"")
        return sum(before != after for before, after in pairwise([b"", *states]))

    def killed_and_begun_again(self) -> None:
        self.time = begun(self.path, self.clocks)


def begun(path: Path, clocks: Clocks) -> SharedTime:
    return SharedTime(path, now=lambda: clocks.wall, steady=lambda: clocks.steady)


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    clocks = Clocks()
    path = tmp_path / "state" / "shared.json"
    return Counted(path, clocks, begun(path, clocks))


def test_time_counts_while_it_shares_and_not_while_it_rests(counted: Counted) -> None:
    counted.goes_on(HOUR)
    counted.goes_on(HOUR, sharing=False)
    counted.goes_on(HOUR / 2)
    assert counted.time.shown() == Shared(1.5 * HOUR, 1.5 * HOUR)


def test_what_is_shown_goes_on_between_two_looks(counted: Counted) -> None:
    counted.time.note(sharing=True)
    counted.clocks.steady += 20
    counted.clocks.wall += 20
    assert counted.time.shown().today_seconds == 20


def test_midnight_parts_two_days_of_one_week(counted: Counted) -> None:
    counted.goes_on(13 * HOUR)
    assert counted.time.shown() == Shared(HOUR, 13 * HOUR)


def test_a_week_begins_on_monday(counted: Counted) -> None:
    counted.goes_on(HOUR)
    counted.clocks.wall += 5 * DAY
    assert counted.time.shown() == Shared(0, 0)


def test_a_killed_worker_loses_an_hour_and_no_more(counted: Counted) -> None:
    counted.goes_on(2 * KEEP_SECONDS - 1)
    counted.killed_and_begun_again()
    assert counted.time.shown().today_seconds == KEEP_SECONDS


def test_an_hour_of_pieces_is_kept_like_a_whole_one(counted: Counted) -> None:
    for _ in range(20):
        counted.goes_on(KEEP_SECONDS / 20)
        counted.goes_on(HOUR / 2, sharing=False)
    counted.killed_and_begun_again()
    assert counted.time.shown().today_seconds > KEEP_SECONDS - KEEP_PAUSED_SECONDS


def test_a_worker_that_is_killed_in_a_pause_loses_minutes(counted: Counted) -> None:
    counted.goes_on(KEEP_PAUSED_SECONDS)
    counted.time.note(sharing=False)
    counted.killed_and_begun_again()
    assert counted.time.shown().today_seconds == KEEP_PAUSED_SECONDS


def test_a_worker_that_ends_loses_nothing(counted: Counted) -> None:
    counted.goes_on(100)
    counted.time.end()
    counted.killed_and_begun_again()
    assert counted.time.shown().today_seconds == 100


def test_the_disk_is_written_to_once_an_hour(counted: Counted) -> None:
    counted.goes_on(KEEP_SECONDS - 1)
    assert not counted.path.exists()
    assert counted.writes_while_it_shares(12 * HOUR) == 12


def test_a_connection_that_comes_and_goes_is_not_written_down_each_time(counted: Counted) -> None:
    for _ in range(4):
        counted.goes_on(KEEP_PAUSED_SECONDS / 5)
        counted.goes_on(1, sharing=False)
    assert not counted.path.exists()


def test_a_worker_that_has_not_shared_writes_nothing(counted: Counted) -> None:
    counted.goes_on(HOUR, sharing=False)
    counted.time.end()
    assert not counted.path.exists()


@pytest.mark.parametrize("by", [-3 * HOUR, 3 * HOUR])
def test_a_clock_that_is_set_gives_and_takes_nothing(counted: Counted, by: float) -> None:
    counted.goes_on(HOUR)
    counted.clocks.wall += by
    counted.goes_on(HOUR)
    assert counted.time.shown() == Shared(2 * HOUR, 2 * HOUR)


def test_a_clock_that_was_wrong_for_years_forgets_no_day_near_this_one(counted: Counted) -> None:
    counted.goes_on(HOUR)
    counted.clocks.wall = 0.0
    for _ in range(2 * DAYS_KEPT):
        counted.goes_on(60)
        counted.clocks.wall += DAY
    counted.clocks.wall = WEDNESDAY_NOON + HOUR
    counted.goes_on(HOUR)
    assert counted.time.shown().today_seconds >= HOUR


def test_sleep_is_not_shared(counted: Counted) -> None:
    counted.goes_on(HOUR)
    counted.clocks.wall += 8 * HOUR
    counted.clocks.steady += 8 * HOUR  # Windows: this clock goes on
    counted.time.note(sharing=True)
    assert counted.time.shown().today_seconds <= HOUR + LOOK_SECONDS + 1


@pytest.mark.parametrize(
    "kept", [b"", b"[]", b'{"days": {"yesterday": 1}}', b'{"days": {"2030-01-02": -5}}', b"\xff"]
)
def test_a_damaged_file_begins_anew(counted: Counted, kept: bytes) -> None:
    counted.path.parent.mkdir()
    counted.path.write_bytes(kept)
    counted.killed_and_begun_again()
    counted.goes_on(60)
    assert counted.time.shown().today_seconds == 60


def test_a_disk_that_takes_nothing_costs_only_the_figure_of_the_next_start(
    counted: Counted,
) -> None:
    counted.path.mkdir(parents=True)  # no file can take its place
    counted.goes_on(HOUR)
    assert counted.time.shown().today_seconds == HOUR


def test_few_days_are_kept(counted: Counted) -> None:
    for _ in range(3 * DAYS_KEPT):
        counted.goes_on(10)
        counted.clocks.wall += DAY
    counted.time.end()
    assert counted.path.stat().st_size < 100 + 40 * DAYS_KEPT


@pytest.fixture
def in_lisbon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Lisbon")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_lisbon")
def test_a_day_of_25_hours_has_25(counted: Counted) -> None:
    counted.clocks.wall = datetime(2030, 10, 27).timestamp()  # the clock goes back at two
    counted.goes_on(25 * HOUR)
    counted.clocks.wall -= 1
    assert counted.time.shown().today_seconds == 25 * HOUR


ONLINE = Status("online", 0, "desk", "https://h", "H", "w", "1", 1, last_heartbeat_at=1.0)


def test_only_what_the_network_could_use_counts() -> None:
    trouble = Trouble("no_network", "x", "y")
    assert is_sharing(ONLINE)
    assert is_sharing(replace(ONLINE, warning=trouble))
    assert not is_sharing(replace(ONLINE, last_heartbeat_at=None))
    assert not is_sharing(replace(ONLINE, trouble=trouble))
    assert not is_sharing(replace(ONLINE, paused_by="battery"))
    assert not is_sharing(replace(ONLINE, forgotten=True))
