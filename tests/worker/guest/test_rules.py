"""When a computer rests: the verdict on each moment, by a table and by what holds for all."""

from __future__ import annotations

import dataclasses
import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_worker.guest.rules import (
    COOLER_CELSIUS,
    SILENT_SECONDS,
    Hot,
    Rest,
    first_verdict,
    questions,
    too_hot,
    verdict,
)
from qubix_worker.guest.senses import Heat, Moment
from qubix_worker.settings import Settings

NOON = datetime(2026, 11, 24, 12, 0)
"""A Tuesday."""

ALL_ALLOWED = Settings(on_battery=True, on_metered=True, stop_above_celsius=0)


def processor(celsius: float) -> Heat:
    return Heat("the processor", celsius)


HOT = (Hot(processor(93.0), 0.0),)


def judged(settings: Settings, moment: Moment, before: tuple[Hot, ...] = ()) -> Rest | None:
    return verdict(settings, moment, too_hot(settings, moment.heats, 15.0, before))


@pytest.mark.parametrize(
    ("changes", "moment", "by"),
    [
        ({}, {}, None),
        ({}, {"on_battery": True}, "battery"),
        ({}, {"on_battery": False}, None),
        ({"on_battery": True}, {"on_battery": True}, None),
        ({}, {"metered": True}, "metered"),
        ({}, {"metered": False}, None),
        ({"on_metered": True}, {"metered": True}, None),
        ({}, {"idle_seconds": 0.0}, None),
        ({"only_when_idle": True}, {"idle_seconds": 0.0}, "use"),
        ({"only_when_idle": True}, {"idle_seconds": 299.9}, "use"),
        ({"only_when_idle": True}, {"idle_seconds": 300.0}, None),
        ({"only_when_idle": True, "idle_minutes": 60}, {"idle_seconds": 3599.0}, "use"),
        ({"only_when_idle": True}, {"idle_seconds": math.inf}, None),
        ({"only_when_idle": True}, {"idle_seconds": None}, "use"),
        ({}, {"heats": (processor(90.0),)}, None),
        ({}, {"heats": (processor(90.1),)}, "heat"),
        ({"stop_above_celsius": 0}, {"heats": (processor(300),)}, None),
        ({"hours": ("20:00-07:00",)}, {}, "schedule"),
        ({"hours": ("tue",)}, {}, None),
        # Where several hold, the one that lasts longest as it is.
        ({"hours": ("sat",)}, {"on_battery": True, "metered": True}, "schedule"),
        ({}, {"on_battery": True, "metered": True, "heats": (processor(95),)}, "battery"),
        ({"only_when_idle": True}, {"metered": True, "idle_seconds": 1.0}, "metered"),
        ({"only_when_idle": True}, {"idle_seconds": 1.0, "heats": (processor(95),)}, "use"),
    ],
)
def test_a_moment_has_its_verdict(
    changes: dict[str, object], moment: dict[str, object], by: str | None
) -> None:
    settings = dataclasses.replace(Settings(), **changes)  # type: ignore[arg-type]
    rest = judged(settings, Moment(NOON, **moment))  # type: ignore[arg-type]
    assert (rest.by if rest else None) == by


def test_a_rest_by_the_hours_says_until_when() -> None:
    rest = verdict(Settings(hours=("mon-fri 20:00-07:00",)), Moment(NOON))
    assert rest
    assert rest.until == NOON.replace(hour=20).timestamp()


def test_who_shares_only_while_idle_is_told_how_to_change_it_where_use_is_not_known() -> None:
    rest = verdict(Settings(only_when_idle=True), Moment(NOON))
    assert rest
    assert "settings" in rest.reason


def test_a_rest_by_heat_says_what_is_hot() -> None:
    rest = judged(Settings(), Moment(NOON, heats=(Heat("the card X 1", 97.4),)))
    assert rest
    assert "the card X 1" in rest.reason
    assert "97 \u00b0C" in rest.reason


@pytest.mark.parametrize(
    ("celsius", "before", "rests"),
    [(88.0, (), False), (88.0, HOT, True), (85.0, HOT, True), (84.9, HOT, False)],
)
def test_a_hot_computer_goes_on_only_when_it_has_cooled_well_below(
    celsius: float, before: tuple[Hot, ...], rests: bool
) -> None:
    assert bool(too_hot(Settings(), [processor(celsius)], 15.0, before)) is rests


def test_a_failed_reading_ends_no_rest_by_heat_but_a_long_silence_does() -> None:
    assert too_hot(Settings(), [], SILENT_SECONDS - 1, HOT) == HOT
    assert too_hot(Settings(), [], SILENT_SECONDS, HOT) == ()


def test_a_rest_for_another_reason_in_between_cools_nothing() -> None:
    hot: tuple[Hot, ...] = ()
    told = []
    for at, (celsius, battery) in enumerate([(93, False), (None, True), (89, False), (84, False)]):
        heats = () if celsius is None else (processor(celsius),)
        hot = too_hot(Settings(), heats, 15.0 * at, hot)
        rest = verdict(Settings(), Moment(NOON, on_battery=battery), hot)
        told.append(rest.by if rest else None)
    assert told == ["heat", "battery", "heat", None]


def test_a_cool_processor_says_nothing_of_a_hot_card_that_is_silent() -> None:
    card = Heat("the graphics card X", 95.0, "GPU-1")
    hot = too_hot(Settings(), [processor(60), card], 0.0, ())
    twin = Heat("the graphics card X", 40.0, "GPU-2")
    assert too_hot(Settings(), [processor(60), twin], 15.0, hot) == hot


def test_a_silence_is_counted_from_the_last_figure() -> None:
    hot = too_hot(Settings(), [processor(89)], 1000.0, HOT)
    assert too_hot(Settings(), [], 1000.0 + SILENT_SECONDS - 1, hot) == hot


def test_a_rest_by_heat_stays_the_same_while_the_figure_changes() -> None:
    moment = Moment(NOON, heats=(processor(99),))
    assert judged(Settings(), moment, HOT) == verdict(Settings(), Moment(NOON), HOT)


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        (ALL_ALLOWED, set()),
        (Settings(), {"battery", "metered", "heat"}),
        (dataclasses.replace(ALL_ALLOWED, only_when_idle=True), {"use"}),
        (dataclasses.replace(ALL_ALLOWED, stop_above_celsius=70), {"heat"}),
        (Settings(only_when_idle=True, hours=("sat",)), set()),  # it rests anyway
        (Settings(only_when_idle=True, hours=("tue",)), {"battery", "metered", "heat", "use"}),
    ],
)
def test_only_what_the_settings_hang_on_is_asked(settings: Settings, asked: set[str]) -> None:
    assert questions(settings, NOON) == asked


wills = st.builds(
    Settings,
    hours=st.sampled_from([(), ("sat",), ("tue",), ("22:00-06:00",), ("mon 08:00-09:00",)]),
    only_when_idle=st.booleans(),
    idle_minutes=st.integers(1, 1440),
    on_battery=st.booleans(),
    on_metered=st.booleans(),
    stop_above_celsius=st.one_of(st.just(0), st.integers(40, 120)),
)
unknown = st.none()
moments = st.builds(
    Moment,
    st.integers(0, 20000).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    on_battery=st.booleans() | unknown,
    metered=st.booleans() | unknown,
    idle_seconds=st.floats(0, 100000) | st.just(math.inf) | unknown,
    heats=st.lists(st.floats(-20, 130).map(processor), max_size=2).map(tuple),
)
befores = st.sampled_from([(), HOT])


@given(wills, moments, befores)
def test_a_reason_is_one_plain_line_for_a_person(
    settings: Settings, moment: Moment, before: tuple[Hot, ...]
) -> None:
    rest = judged(settings, moment, before)
    if rest:
        assert rest.reason.startswith("Resting")
        assert rest.reason.endswith(".")
        assert rest.reason.isprintable()
        assert rest.until is None or rest.until > moment.local.timestamp()


@given(wills, moments, befores)
def test_what_was_not_asked_for_changes_no_verdict(
    settings: Settings, moment: Moment, before: tuple[Hot, ...]
) -> None:
    asked = questions(settings, moment.local)
    known = Moment(
        moment.local,
        moment.on_battery if "battery" in asked else None,
        moment.metered if "metered" in asked else None,
        moment.idle_seconds if "use" in asked else None,
        moment.heats if "heat" in asked else (),
    )
    assert judged(settings, known, before) == judged(settings, moment, before)


@given(moments, befores)
def test_who_allows_everything_always_shares(moment: Moment, before: tuple[Hot, ...]) -> None:
    assert judged(ALL_ALLOWED, moment, before) is None


@given(wills, moments)
def test_a_computer_that_tells_nothing_rests_only_for_its_hours_or_a_promise(
    settings: Settings, moment: Moment
) -> None:
    rest = verdict(settings, Moment(moment.local))
    assert rest is None or rest.by == "schedule" or (rest.by == "use" and settings.only_when_idle)


@given(st.lists(st.floats(60, 120), min_size=1, max_size=60), st.integers(70, 110))
def test_heat_between_the_two_limits_changes_nothing(heats: list[float], limit: int) -> None:
    settings = Settings(stop_above_celsius=limit)
    before: tuple[Hot, ...] = ()
    for celsius in heats:
        hot = too_hot(settings, [processor(celsius)], 0.0, before)
        if limit - COOLER_CELSIUS <= celsius <= limit:
            assert bool(hot) == bool(before)
        else:
            assert bool(hot) == (celsius > limit)
        before = hot


@given(wills, moments, befores)
def test_what_is_asked_first_may_settle_it(
    settings: Settings, moment: Moment, before: tuple[Hot, ...]
) -> None:
    early = first_verdict(
        settings, Moment(moment.local, on_battery=moment.on_battery, metered=moment.metered)
    )
    if early:
        assert judged(settings, moment, before) == early
