"""Fleets that are played."""

from __future__ import annotations

from random import Random

import pytest

from bench.scale_model import AS_BUILT, REPLACED, Costs, Fleet, processes_needed, processor
from bench.scale_simulation import simulate
from tests.bench.conftest import SQLITE


def quiet(workers: int) -> Fleet:
    """Heartbeats that nothing is told by, answered at once, and nothing else."""
    return Fleet(workers, held=0, jobs_an_hour=0, readers=0)


def test_the_same_randomness_plays_the_same(costs: Costs) -> None:
    one, same, other = (
        simulate(costs, Fleet(5_000), Random(seed), processes=1, seconds=3) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize("workers", [100, 10_000, 100_000, 1_000_000])
@pytest.mark.parametrize("seed", range(3))
def test_servers_that_have_time_left_keep_up(
    postgresql_costs: Costs, workers: int, seed: int
) -> None:
    played = simulate(postgresql_costs, Fleet(workers), Random(seed), seconds=5, design=REPLACED)
    assert played.is_stable
    assert played.p99 < 1
    assert played.processor < 1


def test_servers_that_are_asked_too_much_do_not_keep_up(costs: Costs) -> None:
    fleet = Fleet(300_000)
    assert processor(costs, fleet, 1) > 1
    played = simulate(costs, fleet, Random(1), processes=1, seconds=5)
    assert not played.is_stable


def test_a_heartbeat_alone_waits_for_its_own_commit_only(costs: Costs) -> None:
    played = simulate(costs, quiet(30), Random(1), processes=1, seconds=30, design=REPLACED)
    alone = (
        costs.take + costs.wake + costs.commit + costs.write + costs.wait
        + costs.database_commit + costs.database_beat
    )  # fmt: skip
    assert played.p50 == pytest.approx(alone, rel=0.01)
    assert played.batch == pytest.approx(1, abs=0.05)


def test_commits_hold_more_where_more_come(costs: Costs) -> None:
    few, many = (
        simulate(costs, quiet(n), Random(1), processes=1, seconds=5).batch for n in (3_000, 60_000)
    )
    assert many > 3 * few


def test_more_workers_on_a_server_wait_longer(costs: Costs) -> None:
    waits = [
        simulate(costs, quiet(n), Random(1), processes=1, seconds=5, design=REPLACED).p99
        for n in (1_000, 20_000, 80_000)
    ]
    assert waits == sorted(waits)


def test_heartbeats_wait_longer_while_history_is_thinned() -> None:
    with_, without = (
        simulate(SQLITE, quiet(30_000), Random(1), processes=1, design=design)
        for design in (AS_BUILT, REPLACED)
    )
    assert with_.p99 > 2 * without.p99


def test_all_heartbeats_of_a_while_are_played(postgresql_costs: Costs) -> None:
    played = simulate(postgresql_costs, quiet(30_000), Random(1), processes=2, seconds=5)
    assert played.heartbeats + played.left == pytest.approx(30_000 / 30 * 5, rel=0.1)


def test_a_server_is_used_at_least_as_much_as_cannot_be_avoided(postgresql_costs: Costs) -> None:
    fleet = Fleet(200_000)
    count = processes_needed(postgresql_costs, fleet, REPLACED)
    assert count
    played = simulate(postgresql_costs, fleet, Random(1), design=REPLACED)
    assert played.processor > 0.9 * processor(postgresql_costs, fleet, count, REPLACED)


def test_where_no_number_of_servers_will_do_that_is_said() -> None:
    with pytest.raises(ValueError, match="no number of servers"):
        simulate(SQLITE, Fleet(10_000_000), Random(1))
