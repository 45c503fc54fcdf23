"""The thread that looks: what it posts, when it looks next, and that nothing stops it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from qubix_worker.guest.rules import Rest
from qubix_worker.guest.senses import Senses
from qubix_worker.guest.watch import CALM_SECONDS, LOOK_SECONDS, QUICK_SECONDS, Rested, Watch
from qubix_worker.hardware import Temperature
from qubix_worker.settings import Settings
from tests.conftest import wait_until
from tests.worker.guest.told import Told

ALL_ALLOWED = Settings(on_battery=True, on_metered=True, stop_above_celsius=0)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp()
"""A Tuesday."""


@dataclass
class Guest:
    """A watch whose clocks, computer and settings are the test's."""

    settings: Settings = field(default_factory=Settings)
    body: Told = field(default_factory=Told)
    wall: float = NOON
    uptime: float = 1000.0
    posted: list[Rest | None] = field(default_factory=list)
    heats: list[Temperature] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch = Watch(
            lambda: self.settings,
            self._post,
            Senses(self.body, lambda: self.heats),
            self.body,
            now=lambda: self.wall,
            monotonic=lambda: self.uptime,
            local=lambda at: datetime.fromtimestamp(at, UTC),
            glance_seconds=0.05,
        )

    def _post(self, told: Rested) -> None:
        self.posted.append(told.rest)

    def looks(self) -> int:
        return self.body.asked.count("battery")


@pytest.fixture
def guest() -> Guest:
    return Guest()


@pytest.fixture
def started(guest: Guest) -> Iterator[Guest]:
    """Its thread is at work, and has looked once."""
    guest.body.battery = False
    guest.watch.start()
    wait_until(lambda: guest.posted)
    yield guest
    guest.watch.stop()


def by(rests: list[Rest | None]) -> list[str | None]:
    return [rest.by if rest else None for rest in rests]


def test_the_first_look_posts_also_that_nothing_asks_for_a_rest(guest: Guest) -> None:
    guest.watch.look()
    assert guest.posted == [None]


def test_only_a_changed_verdict_is_posted(guest: Guest) -> None:
    for battery in (True, True, False, False, True):
        guest.body.battery = battery
        guest.watch.look()
    assert by(guest.posted) == ["battery", None, "battery"]


def test_settings_that_change_hold_at_the_next_look(guest: Guest) -> None:
    guest.body.battery = True
    guest.watch.look()
    guest.settings = Settings(on_battery=True)
    guest.watch.look()
    assert by(guest.posted) == ["battery", None]


def test_a_hot_computer_whose_sensor_fails_once_rests_on(guest: Guest) -> None:
    for celsius in (93.0, None, 89.0, 84.0):
        guest.heats = [] if celsius is None else [Temperature("processor", celsius)]
        guest.watch.look()
        guest.uptime += LOOK_SECONDS
    assert by(guest.posted) == ["heat", None]


def test_a_hot_computer_that_was_on_battery_for_a_look_still_has_to_cool(guest: Guest) -> None:
    for celsius, battery in ((93.0, False), (89.0, True), (89.0, False), (84.0, False)):
        guest.heats, guest.body.battery = [Temperature("processor", celsius)], battery
        guest.watch.look()
        guest.uptime += LOOK_SECONDS
    assert by(guest.posted) == ["heat", "battery", "heat", None]


def test_a_sense_that_fails_ends_no_look(guest: Guest) -> None:
    guest.body.battery, guest.body.cost = OSError("gone"), True
    guest.watch.look()
    assert by(guest.posted) == ["metered"]


@pytest.mark.parametrize(
    ("settings", "idle", "seconds"),
    [
        (Settings(), None, LOOK_SECONDS),
        (ALL_ALLOWED, None, CALM_SECONDS),
        # Nothing but the time matters; at most a minute, since clocks are set.
        (replace(ALL_ALLOWED, hours=("12:01-13:00",)), None, CALM_SECONDS),
        (replace(ALL_ALLOWED, hours=("12:00-20:00",)), None, CALM_SECONDS),
        # In use: it cannot have been left alone for long enough before.
        (Settings(only_when_idle=True), 0.0, CALM_SECONDS),
        (Settings(only_when_idle=True), 260.0, 40.0),
        (Settings(only_when_idle=True), 299.0, LOOK_SECONDS),
        (Settings(only_when_idle=True), 400.0, LOOK_SECONDS),
        (Settings(only_when_idle=True), None, LOOK_SECONDS),
    ],
)
def test_it_looks_as_seldom_as_the_settings_let_it(
    guest: Guest, settings: Settings, idle: float | None, seconds: float
) -> None:
    guest.settings, guest.body.idle = settings, idle
    assert guest.watch.look() == seconds


def test_it_looks_more_often_while_a_job_is_at_work_that_somebody_may_want_to_end(
    guest: Guest,
) -> None:
    guest.settings, guest.body.idle = Settings(only_when_idle=True), 400.0
    guest.watch.jobs_at_work(True)
    assert guest.watch.look() == QUICK_SECONDS
    guest.watch.jobs_at_work(False)
    assert guest.watch.look() == LOOK_SECONDS


@pytest.mark.parametrize("settings", [Settings(), ALL_ALLOWED])
def test_it_looks_when_the_hours_begin_or_end(guest: Guest, settings: Settings) -> None:
    guest.settings = replace(settings, hours=("08:00-12:00",))
    guest.wall = NOON - 7.5
    assert guest.watch.look() == 7.5
    guest.wall = NOON
    guest.watch.look()
    assert by(guest.posted) == [None, "schedule"]


def test_on_battery_no_card_is_woken_only_to_ask_how_hot_it_is(guest: Guest) -> None:
    guest.settings = Settings(only_when_idle=True)
    guest.body.battery = True
    guest.watch.look()
    assert set(guest.body.asked) == {"battery", "metered"}


def test_outside_the_hours_nothing_is_asked(guest: Guest) -> None:
    guest.settings = Settings(hours=("sat",), only_when_idle=True)
    guest.watch.look()
    assert [what for what in guest.body.asked if what not in ("awake", "sleep")] == []


def test_changed_settings_are_looked_at_at_once(started: Guest) -> None:
    started.body.battery = True
    started.watch.look_again()
    wait_until(lambda: by(started.posted) == [None, "battery"])


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 5.0])
def test_a_computer_that_has_slept_or_whose_clock_was_set_is_looked_at_soon(
    jump: float, started: Guest
) -> None:
    started.body.battery = True
    started.wall += jump
    # Its other clock stands still, so that no look is due.
    wait_until(lambda: by(started.posted) == [None, "battery"])


def test_a_look_that_fails_in_a_way_nobody_thought_of_is_not_the_last(
    guest: Guest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    settings = iter([0])

    def broken_once() -> Settings:
        for _ in settings:
            raise ZeroDivisionError
        return Settings()

    watch = Watch(broken_once, guest._post, Senses(guest.body, list), guest.body)
    watch.start()
    wait_until(lambda: caplog.records)
    watch.look_again()
    wait_until(lambda: guest.posted)
    watch.stop()


def test_stop_ends_the_thread_at_once(started: Guest) -> None:
    started.watch.stop()
    assert not started.watch._thread.is_alive()
    assert "close" in started.body.asked


# --- Staying awake -----------------------------------------------------------------------------

AWAKE = Settings(keep_awake=True)


def held(guest: Guest) -> bool:
    """Whether it was asked last to stay awake."""
    asked = [what for what in guest.body.asked if what in ("awake", "sleep")]
    return bool(asked) and asked[-1] == "awake"


@pytest.mark.parametrize(
    ("settings", "at_work", "battery", "awake"),
    [
        (AWAKE, True, False, True),
        (AWAKE, True, None, True),
        (AWAKE, True, True, False),
        (AWAKE, False, False, False),
        (Settings(), True, False, False),
        (replace(AWAKE, on_battery=True), True, True, False),
        (replace(AWAKE, on_battery=True), True, False, True),
        (replace(AWAKE, hours=("sat",)), True, False, False),
    ],
)
def test_it_stays_awake_for_a_job_where_its_owner_wants_it_and_never_on_battery(
    guest: Guest, settings: Settings, at_work: bool, battery: bool | None, awake: bool
) -> None:
    guest.settings, guest.body.battery = settings, battery
    guest.watch.jobs_at_work(at_work)
    guest.watch.look()
    assert held(guest) is awake


@pytest.mark.parametrize(
    "end",
    [
        lambda guest: guest.watch.jobs_at_work(False),
        lambda guest: setattr(guest.body, "battery", True),
        lambda guest: setattr(guest, "settings", Settings()),
    ],
)
def test_it_may_sleep_again_when_the_reason_has_gone(
    guest: Guest, end: Callable[[Guest], None]
) -> None:
    guest.settings, guest.body.battery = AWAKE, False
    guest.watch.jobs_at_work(True)
    guest.watch.look()
    end(guest)
    guest.watch.look()
    assert guest.body.asked[-1] == "sleep"


def test_a_job_that_begins_keeps_it_awake_at_once(started: Guest) -> None:
    started.settings = AWAKE
    started.watch.jobs_at_work(True)
    wait_until(lambda: held(started))
    started.watch.stop()
    assert not held(started)


def test_a_thousand_short_jobs_are_not_a_thousand_looks(started: Guest) -> None:
    started.settings = AWAKE
    for _ in range(1000):
        started.watch.jobs_at_work(True)
        started.watch.jobs_at_work(False)
    started.watch.jobs_at_work(True)
    wait_until(lambda: held(started))
    assert started.looks() <= 3


def test_jobs_cost_no_look_where_nobody_asked_to_stay_awake(started: Guest) -> None:
    looks = started.looks()
    started.watch.jobs_at_work(True)
    assert not started.watch._wake.is_set()
    assert started.looks() == looks


class Sleepy(Told):
    """A computer that cannot be kept awake."""

    def stay_awake(self, why: str) -> None:
        super().stay_awake(why)
        raise OSError("nobody takes the wish")


def test_a_computer_that_cannot_be_kept_awake_works_on_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    guest = Guest(AWAKE, Sleepy(battery=False))
    for at_work in (True, True, False, True, True):
        guest.watch.jobs_at_work(at_work)
        guest.watch.look()
    assert guest.posted == [None]
    assert len(caplog.records) == 1
