"""What this very computer tells, whichever system it runs: on Windows and macOS, in their own
runs of these tests, this is where the calls of the system are tried."""

from __future__ import annotations

import math

import pytest

from qubix_worker.system import senses


@pytest.fixture
def body() -> senses.Body:
    return senses.current()


def test_it_tells_whether_it_runs_on_its_battery(body: senses.Body) -> None:
    assert body.on_battery() in (True, False, None)


def test_it_tells_whether_its_connection_is_paid_by_use(body: senses.Body) -> None:
    assert body.metered() in (True, False, None)


def test_it_tells_since_when_nobody_touched_it(body: senses.Body) -> None:
    idle = body.idle_seconds()
    assert idle is None or idle == math.inf or 0 <= idle < 10 * 365 * 24 * 3600


def test_it_stays_awake_or_says_that_it_cannot(body: senses.Body) -> None:
    try:
        body.stay_awake("A test is at work.")
    except OSError as error:
        assert str(error)
    body.may_sleep()
    body.may_sleep()
    body.close()
