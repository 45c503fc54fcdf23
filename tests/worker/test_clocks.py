"""What two clocks side by side tell of a sleep, and of a clock that was set."""

from __future__ import annotations

import time

import pytest

from qubix_worker.clocks import Clocks, Passed, lasting


@pytest.mark.parametrize("seconds", [-3600.0, -5.0, 0.0, 9.0])
def test_a_clock_that_is_set_back_or_a_little_forward_is_no_sleep(seconds: float) -> None:
    assert not Passed(seconds, 5.0).in_sleep


@pytest.mark.parametrize("passed", [Passed(3600.0, 5.0), Passed(5.0, 3600.0), Passed(60.0, 60.0)])
def test_whichever_clock_goes_on_in_a_sleep_tells_of_it(passed: Passed) -> None:
    assert passed.in_sleep


@pytest.mark.parametrize("seconds", [-3600.0, 0.0, 10.0, 3600.0])
def test_clocks_that_part_have_jumped(seconds: float) -> None:
    assert Passed(seconds, 5.0).jumped


@pytest.mark.parametrize("seconds", [3.1, 5.0, 6.9])
def test_clocks_that_nearly_agree_have_not(seconds: float) -> None:
    assert not Passed(seconds, 5.0).jumped


def test_each_look_tells_what_has_passed_since_the_one_before() -> None:
    now = [100.0, 7.0]
    clocks = Clocks(lambda: now[0], lambda: now[1])
    now[:] = 105.0, 12.0
    assert clocks.passed() == Passed(5.0, 5.0)
    now[:] = 104.0, 13.0
    assert clocks.passed() == Passed(-1.0, 1.0)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has no such clock")
def test_what_lasts_is_told_by_a_clock_that_goes_on_in_a_sleep() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= lasting() <= time.clock_gettime(time.CLOCK_BOOTTIME)
