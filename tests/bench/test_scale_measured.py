"""What is played against what is so: a real server under a load that nothing is reckoned from."""

from __future__ import annotations

import sys
from random import Random

import pytest

from bench.scale import SIZES, figures
from bench.scale_inputs import Measured, machine, on_postgresql, on_sqlite
from bench.scale_model import INTERVAL_SECONDS, REPLACED, Fleet
from bench.scale_simulation import simulate

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("test_scale_measured.py"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it measures by /proc"),
]


@pytest.fixture(scope="module", params=[on_sqlite, on_postgresql])
def measured(request: pytest.FixtureRequest) -> Measured:
    found = request.param(Random(1))
    if found is None:
        pytest.skip("PostgreSQL is not installed here")
    assert isinstance(found, Measured)
    return found


def test_a_small_load_takes_about_what_was_played(measured: Measured) -> None:
    small, costs = measured.small, measured.costs
    fleet = Fleet(round(small.rate * INTERVAL_SECONDS), held=0, jobs_an_hour=0, readers=0)
    played = simulate(costs, fleet, Random(1), processes=1, cores=1, design=REPLACED)
    assert small.processor / 3 < played.processor < small.processor * 3
    # Others on this machine make a real heartbeat wait; those that are played have it alone.
    assert played.p50 < small.p50 * 3


def test_all_that_is_measured_costs_something_and_not_absurdly_much(measured: Measured) -> None:
    costs = measured.costs
    for seconds in (costs.take, costs.write, costs.thin, costs.scan, costs.sweep, costs.lose):
        assert 0 < seconds < 0.1
    assert 0 < costs.commit + costs.wait + costs.database_commit < 1
    assert 0 < costs.job < 1
    assert 50 < costs.row_bytes < 1_000
    assert costs.row_bytes < costs.worker_bytes < 20_000
    assert 200 < costs.written_bytes < 200_000


def test_every_size_has_its_figures(measured: Measured) -> None:
    found = [str(one) for one in figures([measured], machine(), Random(1))]
    for size in SIZES:
        assert any(f"{size:.0e}".replace("e+0", "e") in one for one in found)
