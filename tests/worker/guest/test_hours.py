"""A weekly plan of hours: what a line means, and when the plan changes its mind, also on the days
on which the clock on the wall is set."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_worker.guest.hours import DAYS, SPANS_MOST, Plan

BERLIN = ZoneInfo("Europe/Berlin")
"""In 2026 its clocks go from 02:00 to 03:00 on 29 March, and from 03:00 to 02:00 on 25 October."""

UTC_ZONE = ZoneInfo("UTC")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
"""Its clocks are set by half an hour."""


def at(text: str, zone: ZoneInfo | None = None) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("lines", "moment", "allowed"),
    [
        ((), "2026-11-24 12:00", True),  # a Tuesday
        (("22:00-06:00",), "2026-11-24 21:59", False),
        (("22:00-06:00",), "2026-11-24 22:00", True),
        (("22:00-06:00",), "2026-11-25 05:59", True),
        (("22:00-06:00",), "2026-11-25 06:00", False),
        (("mon-fri 20:00-07:00",), "2026-11-28 06:59", True),  # Friday's night, on Saturday
        (("mon-fri 20:00-07:00",), "2026-11-28 20:00", False),
        (("mon-fri 20:00-07:00",), "2026-11-23 06:59", False),  # Sunday has no night
        (("sun 20:00-07:00",), "2026-11-30 06:59", True),  # over the end of the week
        (("sun 20:00-07:00",), "2026-11-23 20:00", False),
        (("sat,sun",), "2026-11-28 00:00", True),
        (("sat,sun",), "2026-11-30 00:00", False),
        (("fri-mon 08:00-24:00",), "2026-11-23 23:59", True),
        (("fri-mon 08:00-24:00",), "2026-11-24 08:00", False),
        (("Mon, Wed 9:00 - 10:00",), "2026-11-25 09:30", True),
        (("tue 08:00-09:00", "tue 10:00-11:00"), "2026-11-24 09:30", False),
        (("tue 08:00-09:00", "tue 10:00-11:00"), "2026-11-24 10:30", True),
        (("00:00-24:00",), "2026-11-24 12:00", True),
    ],
)
def test_a_plan_allows_what_its_lines_say(
    lines: tuple[str, ...], moment: str, allowed: bool
) -> None:
    assert Plan.of(lines).allows(at(moment)) is allowed


@pytest.mark.parametrize(
    "line",
    ["", "  ", "always", "mon-", "mon 25:00-26:00", "24:00-08:00", "08:00-24:01", "8:60-9:00",
     "08:00-08:00", "mon tue 8-9", "mon,xyz", "mon-fri 20:00", "20:00-07:00 mon", "-", ",",
     "\u0661\u0660:00-12:00", "mon\n08:00-09:00;tue"],
)  # fmt: skip
def test_a_line_that_says_nothing_clear_is_refused_by_name(line: str) -> None:
    with pytest.raises(ValueError, match="hours"):
        Plan.of((line,))


def test_a_plan_has_an_end() -> None:
    with pytest.raises(ValueError, match="at most"):
        Plan.of(["08:00-09:00"] * (SPANS_MOST + 1))


@pytest.mark.parametrize(
    ("lines", "moment", "change"),
    [
        ((), "2026-11-24 12:00", None),
        (("00:00-24:00",), "2026-11-24 12:00", None),
        (("mon-sun",), "2026-11-24 12:00", None),
        (("22:00-06:00",), "2026-11-24 12:34:56", "2026-11-24 22:00"),
        (("22:00-06:00",), "2026-11-24 22:00", "2026-11-25 06:00"),
        (("sat,sun",), "2026-11-28 12:00", "2026-11-30 00:00"),  # not at Sunday's beginning
        (("tue 12:00-13:00",), "2026-11-24 13:00", "2026-12-01 12:00"),
        (("08:00-12:00", "11:00-14:00"), "2026-11-24 09:00", "2026-11-24 14:00"),
    ],
)
def test_a_plan_knows_when_it_changes_its_mind(
    lines: tuple[str, ...], moment: str, change: str | None
) -> None:
    assert Plan.of(lines).next_change(at(moment)) == (at(change) if change else None)


@pytest.mark.parametrize(
    ("line", "moment", "change_utc"),
    [
        # The night of spring has no 02:30: the clock shows 03:00 at 01:00 UTC.
        ("02:30-05:00", "2026-03-29 01:59", "2026-03-29 01:00"),
        ("22:00-02:30", "2026-03-29 01:00", "2026-03-29 01:00"),
        ("22:00-06:00", "2026-03-28 23:00", "2026-03-29 04:00"),  # an hour shorter
        ("22:00-06:00", "2026-10-24 23:00", "2026-10-25 05:00"),  # an hour longer
        # The night of autumn has 02:30 twice.
        ("22:00-02:30", "2026-10-25 01:00", "2026-10-25 00:30"),
        ("22:00-02:30", "2026-10-25 02:40", "2026-10-25 01:00"),  # it is 02:00 once more
        ("02:30-05:00", "2026-10-25 02:40", "2026-10-25 01:00"),
    ],
)
def test_when_the_clock_is_set_the_change_is_when_the_clock_shows_it(
    line: str, moment: str, change_utc: str
) -> None:
    change = Plan.of((line,)).next_change(at(moment, BERLIN))
    assert change
    assert change.astimezone(UTC).replace(tzinfo=None) == at(change_utc)


def test_in_the_hour_that_is_shown_again_the_second_one_counts() -> None:
    moment = at("2026-10-25 02:10", BERLIN).replace(fold=1)
    change = Plan.of(("22:00-02:30",)).next_change(moment)
    assert change
    assert change.astimezone(UTC).replace(tzinfo=None) == at("2026-10-25 01:30")


@pytest.fixture
def in_berlin() -> Iterator[None]:
    """This computer's own clock on the wall is Berlin's."""
    if not hasattr(time, "tzset"):
        pytest.skip("no program can move the clock on the wall of Windows for itself alone")
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
@pytest.mark.parametrize("hours", range(-30, 30, 3))
@pytest.mark.parametrize("change_utc", ["2026-03-29 01:00", "2026-10-25 01:00"])
def test_this_computers_own_clock_is_read_like_any_other(change_utc: str, hours: int) -> None:
    plan = Plan.of(("22:00-02:30", "sun 03:15-04:00"))
    instant = at(change_utc, UTC_ZONE).timestamp() + hours * 3600
    own = plan.next_change(datetime.fromtimestamp(instant))
    other = plan.next_change(datetime.fromtimestamp(instant, BERLIN))
    assert own
    assert other
    assert own.timestamp() == other.timestamp()


def line_of(parts: tuple[int, int, int, int]) -> str:
    first, last, begin, length = parts
    end = (begin + length) % 1440
    return (
        f"{DAYS[first]}-{DAYS[last]} {begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"
    )


def minutes_after(begin: float, zone: ZoneInfo, wait: int) -> datetime:
    return datetime.fromtimestamp(begin + wait * 60, zone)


days, minutes = st.integers(0, 6), st.integers(0, 1439)
plans = st.lists(st.tuples(days, days, minutes, st.integers(1, 1439)).map(line_of), max_size=4)
moments = st.one_of(
    st.integers(0, 14 * 1440).map(lambda wait: at("2026-11-20 00:00") + timedelta(minutes=wait)),
    *(
        st.integers(-2000, 2000).map(partial(minutes_after, begin, zone))
        for zone in (BERLIN, LORD_HOWE)
        for begin in (
            at("2026-03-29 01:00", UTC_ZONE).timestamp(),
            at("2026-04-04 15:00", UTC_ZONE).timestamp(),
            at("2026-10-03 15:30", UTC_ZONE).timestamp(),
            at("2026-10-25 01:00", UTC_ZONE).timestamp(),
        )
    ),
)


@given(plans, moments)
def test_nothing_changes_before_the_change_and_something_does_then(
    lines: list[str], moment: datetime
) -> None:
    plan = Plan.of(lines)
    change = plan.next_change(moment)
    allowed = plan.allows(moment)
    begin = moment.replace(second=0, microsecond=0).timestamp()
    end = change.timestamp() if change else begin + 8 * 24 * 3600
    assert end > moment.timestamp()
    step = 60 if end - begin < 2 * 24 * 3600 else 60 * 7
    for instant in range(int(begin), int(end), step):
        assert plan.allows(datetime.fromtimestamp(instant, moment.tzinfo)) is allowed
    if change:
        assert plan.allows(datetime.fromtimestamp(end, moment.tzinfo)) is not allowed


@given(plans)
def test_what_one_line_allows_no_further_line_forbids(lines: list[str]) -> None:
    whole = Plan.of(lines)
    for line in lines:
        for hour in range(0, 7 * 24, 5):
            moment = at("2026-11-23 00:00") + timedelta(hours=hour)
            assert whole.allows(moment) or not Plan.of((line,)).allows(moment)


@given(st.text(max_size=40))
def test_no_text_is_a_plan_by_accident_or_a_crash(text: str) -> None:
    try:
        plan = Plan.of((text,))
    except ValueError as error:
        assert "hours" in str(error)
    else:
        assert plan.spans
