"""The time left: near the truth, and without jumps, however a download goes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import pytest

from qubix_desktop.checklist import Checklist, Row
from qubix_desktop.pace import FALL_SHARE_MOST, RISE_MOST, STALLED_SECONDS, Pace
from qubix_worker.setup.steps import Progress

MB = 1e6
TOTAL = 20 * MB
STEPS = Checklist((Row("fetch", "Fetching", 30), Row("rest", "The rest", 2)))

QUICK = [4.1, 5.2, 4.6, 3.9, 2.2]
SLOW = [0.11, 0.09, 0.14, 0.08, 0.1, 0.12, 0.07, 0.09, 0.1, 0.1] * 20
STALLED = [0.5] * 10 + [0.0] * 30
RESUMED = STALLED + [0.6] * 25
"""Megabytes that came in each second."""


def looks(megabytes: Iterable[float]) -> list[Pace]:
    """What is seen once a second."""
    pace, seen = Pace(), []
    for now, done in enumerate(itertools.accumulate(megabytes, initial=0.0)):
        news = Progress("fetch", "running", done=min(done * MB, TOTAL), total=TOTAL, unit="bytes")
        pace = pace.seen(1000.0 + now, STEPS.after(news))
        seen.append(pace)
    return seen


def shown(paces: Sequence[Pace]) -> list[float]:
    return [pace.seconds_left for pace in paces if pace.seconds_left is not None]


@pytest.mark.parametrize("run", [QUICK, SLOW, STALLED[:17], RESUMED[:17]])
def test_it_never_jumps(run: Sequence[float]) -> None:
    times = shown(looks(run))
    assert len(times) == len(run) + 1
    for before, after in itertools.pairwise(times):
        assert -(1 + FALL_SHARE_MOST * before) - 1e-9 <= after - before <= RISE_MOST + 1e-9


def test_it_begins_with_the_usual_time() -> None:
    assert looks([])[0].seconds_left == 32


def test_a_quick_download_ends_sooner_than_usual() -> None:
    times = shown(looks(QUICK))
    assert times == sorted(times, reverse=True)
    assert times[-1] < 32 - len(QUICK) - 5


def test_a_slow_download_is_soon_told_as_it_is() -> None:
    """In the end within a fifth of the truth, though the speed varies by half."""
    for now, pace in enumerate(looks(SLOW)):
        if 60 <= now <= 180:
            truth = 200 - now + 2
            assert pace.seconds_left == pytest.approx(truth, rel=0.2, abs=5)


def test_the_speed_does_not_flicker() -> None:
    speeds = [pace.bytes_per_second for pace in looks(SLOW)[9:-9]]
    assert all(speed == pytest.approx(0.1 * MB, rel=0.15) for speed in speeds)


def test_no_speed_is_told_before_one_can_be_seen() -> None:
    first, second, *_ = looks(QUICK)
    assert first.bytes_per_second is None
    assert second.bytes_per_second == pytest.approx(4.1 * MB)


def test_a_download_that_stands_still_is_not_given_a_time() -> None:
    seen = looks(STALLED)
    still = 10 + round(STALLED_SECONDS)
    assert not any(pace.stalled for pace in seen[:still])
    assert all(pace.stalled and pace.seconds_left is None for pace in seen[still:])
    assert max(shown(seen)) < 200, "nor an endless one before"


def test_one_that_goes_on_is_measured_anew() -> None:
    seen = looks(RESUMED)
    goes_on = len(STALLED) + 3
    assert not seen[goes_on].stalled
    assert seen[goes_on].bytes_per_second == pytest.approx(0.6 * MB)
    assert seen[-1].seconds_left == pytest.approx(2, abs=6)


def test_one_that_begins_anew_is_measured_anew() -> None:
    pace = looks([1.0] * 5)[-1]
    again = Progress("fetch", "running", done=0.0, total=TOTAL, unit="bytes")
    pace = pace.seen(1006.0, STEPS.after(again))
    assert pace.bytes_per_second is None
    pace = pace.seen(1008.0, STEPS.after(Progress("fetch", "running", "", 1 * MB, TOTAL, "bytes")))
    assert pace.bytes_per_second == pytest.approx(0.5 * MB)


def test_a_step_without_bytes_goes_by_its_usual_time() -> None:
    state = STEPS.after(Progress("fetch", "running", "looking"))
    pace = Pace().seen(5.0, state)
    assert (pace.seconds_left, pace.bytes_per_second, pace.stalled) == (32, None, False)
    later = pace.seen(65.0, state)
    assert not later.stalled
    assert later.seconds_left is not None


def test_what_is_done_already_is_passed_over_in_no_time() -> None:
    pace = Pace().seen(5.0, STEPS)
    pace = pace.seen(5.02, STEPS.after(Progress("fetch", "done")))
    assert pace.seconds_left == 2
