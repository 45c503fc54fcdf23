"""Trying again: longer each time, spread evenly, and never before the server asked."""

from __future__ import annotations

import random

import pytest

from qubix_worker.backoff import Backoff
from tools.reconnecting import DOCS, OUTAGES, WORKERS, Course, draw, figures, play

# All outages are played once for the module, which takes seconds.
pytestmark = pytest.mark.xdist_group("test_backoff.py")


def test_the_bound_doubles_up_to_the_most() -> None:
    backoff = Backoff(first_seconds=1, most_seconds=8, draw=random.Random(1))
    assert all(0 <= backoff.failed() <= bound for bound in (1, 2, 4, 8, 8, 8))


def test_success_begins_anew() -> None:
    backoff = Backoff(first_seconds=1, most_seconds=100, draw=random.Random(1))
    for _ in range(10):
        backoff.failed()
    backoff.succeeded()
    assert backoff.failed() <= 1


def test_what_the_server_asked_for_is_a_floor() -> None:
    backoff = Backoff(first_seconds=1, most_seconds=8, draw=random.Random(1))
    assert 60 <= backoff.failed(60) <= 61


def test_a_crowd_is_spread_at_least_as_wide_as_asked() -> None:
    backoff = Backoff(first_seconds=1, most_seconds=8, draw=random.Random(1))
    assert max(backoff.failed(spread_seconds=60) for _ in range(100)) > 50


@pytest.fixture(scope="module")
def courses() -> list[Course]:
    return [play(outage) for outage in OUTAGES]


@pytest.mark.slow
def test_ten_thousand_workers_that_lost_a_server_do_not_come_back_in_the_same_second(
    courses: list[Course],
) -> None:
    shares = {course.outage.away_seconds: course.peak / WORKERS for course in courses}
    assert shares[60] < 0.05
    assert shares[2] < 0.12
    assert shares[600] < 0.02
    assert all(sum(course.returns.values()) == WORKERS for course in courses)


def test_they_are_back_soon_for_all_that(courses: list[Course]) -> None:
    for course in courses:
        assert course.half < course.outage.away_seconds + 100
        assert course.last < course.outage.away_seconds + 310


@pytest.mark.slow
def test_the_picture_in_the_documentation_is_of_these_sources(courses: list[Course]) -> None:
    assert (DOCS / "reconnecting.svg").read_text(encoding="utf-8") == draw(courses)
    assert figures(courses) in (DOCS / "reconnecting.md").read_text(encoding="utf-8")
