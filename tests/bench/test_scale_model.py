"""What a fleet needs, reckoned from costs."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scale_model import (
    AS_BUILT,
    REPLACED,
    TARGET,
    Costs,
    Design,
    Fleet,
    Machine,
    databases_needed,
    heard,
    kept_rows,
    limits,
    loads,
    processes_alone,
    processes_needed,
    processor,
    share,
    thinning,
    workers_until,
    writer,
)
from qubix_server.store.metrics import READ_AT_ONCE
from tests.bench.conftest import POSTGRESQL, SQLITE

WORKERS = st.integers(1, 20_000_000)
FACTOR = st.floats(0.2, 5)
DESIGN = st.sampled_from([AS_BUILT, REPLACED])


@st.composite
def any_costs(draw: st.DrawFn) -> Costs:
    """As measured, each of them dearer or cheaper."""
    base = draw(st.sampled_from([SQLITE, POSTGRESQL]))
    names = [one.name for one in fields(Costs) if one.name != "database"]
    return replace(base, **{name: getattr(base, name) * draw(FACTOR) for name in names})


@given(any_costs(), WORKERS, WORKERS, DESIGN)
def test_more_workers_never_need_fewer_servers(
    costs: Costs, one: int, other: int, design: Design
) -> None:
    few, many = sorted((one, other))
    of_few, of_many = (processes_needed(costs, Fleet(n), design) for n in (few, many))
    if of_few is None:
        assert of_many is None
    else:
        assert of_many is None or of_many >= of_few


@given(any_costs(), WORKERS, WORKERS, DESIGN)
def test_more_workers_never_need_fewer_databases(
    costs: Costs, one: int, other: int, design: Design
) -> None:
    machine = Machine(500e6)
    few, many = sorted((one, other))
    of_few, of_many = (databases_needed(costs, machine, Fleet(n), design) for n in (few, many))
    assert of_many is None or (of_few is not None and of_many >= of_few)


@given(any_costs(), WORKERS)
def test_so_many_servers_have_time_left_and_one_fewer_has_not(costs: Costs, workers: int) -> None:
    fleet = Fleet(workers)
    count = processes_needed(costs, fleet)
    if count is None:
        return

    def used(processes: int) -> float:
        return max(processor(costs, fleet, processes), writer(costs, fleet, processes))

    assert used(count) <= TARGET
    assert count == 1 or used(count - 1) > TARGET


@given(any_costs(), WORKERS, FACTOR)
def test_dearer_heartbeats_never_need_fewer_servers(
    costs: Costs, workers: int, factor: float
) -> None:
    dearer = replace(costs, take=costs.take * (1 + factor))
    before, after = (processes_needed(one, Fleet(workers)) for one in (costs, dearer))
    assert after is None or (before is not None and after >= before)


@given(any_costs(), st.integers(2, 20_000_000))
def test_half_a_fleet_uses_no_more_of_anything(costs: Costs, workers: int) -> None:
    machine, fleet = Machine(500e6), Fleet(workers)
    whole, half = (loads(costs, machine, one, 4) for one in (fleet, share(fleet, 2)))
    assert all(half[name] <= whole[name] * 1.000001 for name in whole)


def test_a_longer_interval_needs_fewer_servers(postgresql_costs: Costs) -> None:
    often, seldom = (
        processes_needed(postgresql_costs, Fleet(500_000, interval)) for interval in (30, 120)
    )
    assert often is not None
    assert seldom is not None
    assert seldom < often


def test_a_server_alone_hears_nobody(postgresql_costs: Costs) -> None:
    assert heard(postgresql_costs, Fleet(100_000), 1) == 0


def test_where_hearing_the_others_takes_all_no_number_of_servers_will_do(
    postgresql_costs: Costs,
) -> None:
    loud = replace(postgresql_costs, hear=1e-4)
    assert processes_needed(loud, Fleet(1_000_000)) is None
    assert processes_needed(loud, Fleet(1_000_000), REPLACED) is not None
    assert processes_alone(loud, Fleet(1_000_000)) > 1


def test_sqlite_has_one_server() -> None:
    assert processes_needed(SQLITE, Fleet(1_000)) == 1
    assert processes_needed(SQLITE, Fleet(1_000_000)) is None


def test_thinning_reads_a_window_again_for_every_so_many_workers(costs: Costs) -> None:
    once, twice = (thinning(costs, Fleet(n))[1] / n for n in (READ_AT_ONCE, 20 * READ_AT_ONCE))
    assert twice > 4 * once


def test_what_breaks_first_stands_first(costs: Costs, machine: Machine) -> None:
    found = limits(costs, machine, Fleet(1))
    assert list(found.values()) == sorted(found.values())
    assert set(found) == set(loads(costs, machine, Fleet(1), 1))


def test_a_resource_is_used_up_where_its_limit_stands(costs: Costs, machine: Machine) -> None:
    until = limits(costs, machine, Fleet(1))["thinning"]
    below, above = (loads(costs, machine, Fleet(n), 1)["thinning"] for n in (until, until + 1))
    assert below <= 1 < above


def test_the_history_of_a_worker_has_as_many_rows_as_are_kept() -> None:
    # Each heartbeat of an hour, a row for five minutes of a day, a row for an hour of 29 days.
    assert kept_rows() == pytest.approx(120 + 23 * 12 + 29 * 24)


def test_the_most_workers_are_found_that_a_limit_allows() -> None:
    assert workers_until(lambda workers: workers / 12_345) == 12_345
