"""What fleets of 1e5, 1e6 and 1e7 workers need: costs are measured here, the fleets are played.

`docs/scale.md` says what each figure stands for, and what is not in it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from random import Random

from bench.figures import Figure
from bench.scale_inputs import Measured, machine, on_postgresql, on_sqlite
from bench.scale_model import (
    AS_BUILT,
    FULL,
    INTERVAL_SECONDS,
    REPLACED,
    TARGET,
    Costs,
    Design,
    Fleet,
    Machine,
    databases_needed,
    kept_rows,
    limits,
    loads,
    processes_alone,
    processes_needed,
    share,
    thinning,
)
from bench.scale_simulation import simulate

SEED = 5
SIZES = (100_000, 1_000_000, 10_000_000)
LONGER = 120.0
"""The interval in seconds that the server could tell workers to keep."""
DESIGNS = (
    ("as built", AS_BUILT, INTERVAL_SECONDS),
    (f"each {LONGER:.0f} s", AS_BUILT, LONGER),
    ("replaced", REPLACED, INTERVAL_SECONDS),
)
ALONE = "a heartbeat alone in its commit"


def run() -> list[Figure]:
    if not sys.platform.startswith("linux"):
        sys.stderr.write("bench: scale needs Linux, whose /proc it measures by\n")
        return []
    random = Random(SEED)  # noqa: S311 - no secret
    place = machine()
    found = [on_sqlite(random), on_postgresql(random)]
    measured = [one for one in found if one]
    if len(measured) < len(found):
        sys.stderr.write("bench: without PostgreSQL, scale is reckoned for SQLite only\n")
    return [*figures(measured, place, random)]


def figures(measured: Sequence[Measured], place: Machine, random: Random) -> Iterator[Figure]:
    for one in measured:
        yield from _costs(one)
        yield from _small(one, random)
    for one in measured:
        for name, workers in limits(one.costs, place, Fleet(1)).items():
            yield Figure(
                f"{one.costs.database}: {name} used up", workers, "workers", "a fleet of 1e6", 1e6
            )
    for workers in SIZES:
        for how, design, interval in DESIGNS:
            fleet = Fleet(workers, interval)
            costs = _database(measured, place, fleet, design)
            yield from _needs(costs, place, fleet, design, how=how, random=random)


def _costs(one: Measured) -> Iterator[Figure]:
    costs, kind = one.costs, one.costs.database
    alone = costs.take + costs.write + costs.wake + costs.commit
    among = costs.take + costs.write + (costs.wake + costs.commit) / FULL
    hour = 3600 / INTERVAL_SECONDS * among
    writes, reads = thinning(costs, Fleet(10_000))
    thinned = (writes + reads) / 10_000 * 12
    yield Figure(f"{kind}: a heartbeat among {FULL}", among * 1e6, "us", ALONE, alone * 1e6)
    yield Figure(f"{kind}: more for one that is held", costs.hold * 1e6, "us", ALONE, alone * 1e6)
    yield Figure(f"{kind}: a job", costs.job * 1e6, "us", ALONE, alone * 1e6)
    yield Figure(f"{kind}: an event to a reader", costs.tell * 1e6, "us", ALONE, alone * 1e6)
    commit = costs.commit + costs.wait + costs.database_commit
    yield Figure(f"{kind}: a commit", commit * 1e3, "ms", "its processor time", costs.commit * 1e3)
    yield Figure(
        f"{kind}: on the disk for a heartbeat", costs.written_bytes, "bytes", "its history's row",
        costs.row_bytes,
    )  # fmt: skip
    kept = costs.worker_bytes + kept_rows() * costs.row_bytes
    yield Figure(
        f"{kind}: a worker after 30 days", kept / 1024, "KiB", "its own row",
        costs.worker_bytes / 1024,
    )  # fmt: skip
    yield Figure(
        f"{kind}: thinning a worker for an hour", thinned * 1e3, "ms", "its heartbeats", hour * 1e3
    )
    yield Figure(f"{kind}: a look for the silent", costs.sweep * 1e6, "us", ALONE, alone * 1e6)
    yield Figure(f"{kind}: one taken offline", costs.lose * 1e6, "us", ALONE, alone * 1e6)
    if kind == "PostgreSQL":
        log = one.log_bytes
        work = costs.database_beat + costs.database_commit / FULL
        yield Figure(
            f"{kind}: log for a heartbeat", log, "bytes", "its history's row", costs.row_bytes
        )
        yield Figure(f"{kind}: its own work for one", work * 1e6, "us", ALONE, alone * 1e6)
        yield Figure(f"{kind}: a message heard", costs.message * 1e6, "us", ALONE, alone * 1e6)
        yield Figure(f"{kind}: a heartbeat in it", costs.hear * 1e6, "us", ALONE, alone * 1e6)


def _small(one: Measured, random: Random) -> Iterator[Figure]:
    """The load that was measured and not reckoned with, played."""
    small, costs = one.small, one.costs
    fleet = Fleet(round(small.rate * INTERVAL_SECONDS), held=0, jobs_an_hour=0, readers=0)
    played = simulate(costs, fleet, random, processes=1, cores=1, design=REPLACED)
    name = f"{costs.database}: played at {small.rate:.0f} a second"
    yield Figure(f"{name}, median", played.p50 * 1e3, "ms", "measured", small.p50 * 1e3)
    yield Figure(f"{name}, p99", played.p99 * 1e3, "ms", "measured", small.p99 * 1e3)
    yield Figure(f"{name}, processor", played.processor, "of one", "measured", small.processor)


def _database(measured: Sequence[Measured], place: Machine, fleet: Fleet, design: Design) -> Costs:
    """The simplest that does; the last one where none does."""
    for one in measured:
        if databases_needed(one.costs, place, fleet, design) == 1:
            return one.costs
    return measured[-1].costs


def _needs(
    costs: Costs, place: Machine, fleet: Fleet, design: Design, *, how: str, random: Random
) -> Iterator[Figure]:
    size = f"{fleet.workers:.0e}".replace("e+0", "e") + f" {how}"
    networks = databases_needed(costs, place, fleet, design)
    part = share(fleet, networks or 1)
    servers = processes_needed(costs, part, design)
    if networks is None or servers is None:
        sys.stderr.write(f"bench: {size}: no number of databases will do\n")
        return
    quiet = fleet.beats * (costs.take + costs.write) / TARGET
    yield Figure(f"{size}: {costs.database}s", networks, "", "one", 1)
    yield Figure(f"{size}: servers in all", servers * networks, "", "mere heartbeats", quiet)
    undivided = loads(costs, place, fleet, processes_alone(costs, fleet, design), design)
    worst = max(undivided, key=lambda name: undivided[name])
    yield Figure(f"{size}: over one, {worst}", undivided[worst], "used", "all there is", 1)
    played = simulate(costs, part, random, processes=servers, cores=place.cores, design=design)
    calm = simulate(costs, Fleet(1_000), random, processes=1, cores=place.cores, design=design)
    yield Figure(f"{size}: p99", played.p99 * 1e3, "ms", "with 1,000 workers", calm.p99 * 1e3)
    yield Figure(f"{size}: a server", played.processor, "used", "meant", TARGET)
    if how == DESIGNS[0][0]:
        own = fleet.workers * costs.worker_bytes / 2**30
        history = fleet.workers * kept_rows() * costs.row_bytes / 2**30
        yield Figure(f"{size}: history of 30 days", history, "GiB", "the workers' own rows", own)
