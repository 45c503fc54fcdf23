"""What a fleet needs, reckoned from what one heartbeat costs. Pure: it measures nothing itself.

Each resource has a load: the part of it that a fleet uses, 1 where it is used up. What breaks first
is what has the highest. The one thing to know before changing it: a load must never fall when the
fleet grows, or `workers_until` finds nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from qubix_server.events import SUBSCRIPTIONS_MOST, TICK_SECONDS
from qubix_server.neighbours import COLLECT_SECONDS
from qubix_server.store.metrics import DAY_MS, GRAINS, HOUR_MS, KEPT_MS, READ_AT_ONCE
from qubix_server.thinning import BETWEEN_WRITES_SECONDS, PROVIDERS_AT_ONCE

INTERVAL_SECONDS = 30.0
FULL = 64
"""Heartbeats in a commit where there are enough of them: so many are measured at once."""
TARGET = 0.6
"""A server's processor is used up to here, so that one of them may end, and a crowd come back."""
PROCESSES_MOST = 10_000
MESSAGES_A_SECOND = 1 / COLLECT_SECONDS
"""Of one server to the others, where it has so much to tell."""
WINDOW_SECONDS = GRAINS[1].window_ms / 1000
_HOURLY = GRAINS[1].window_ms / GRAINS[2].window_ms
_SWEEP_SECONDS = 5.0


@dataclass(frozen=True)
class Costs:
    """In seconds of processor time, unless it says otherwise. All are measured."""

    database: str
    wake: float
    """What a commit costs the event loop, which is woken by it, whatever is in it."""
    take: float
    """A heartbeat on the event loop: read, handed to the writer, answered."""
    hold: float
    """What one costs there besides, where its answer is held."""
    commit: float
    """A commit in the writer's thread, whatever is in it."""
    write: float
    """A heartbeat in the writer's thread."""
    wait: float
    """A commit's wait for the disk and the database, without what the database works: by the
    clock."""
    database_commit: float
    database_beat: float
    """What the database works for a commit, and for a heartbeat in it; none within SQLite."""
    written_bytes: float
    """What goes to the disk for a heartbeat, in the end."""
    message: float
    """What one server tells at once, in each of the others, whatever is in it."""
    hear: float
    """A heartbeat in it."""
    deliver: float
    """What one server tells at once, in the database, for each of the others."""
    tell: float
    """An event for one reader."""
    job: float
    """A job from its making to its end, in the server, without its heartbeats."""
    database_job: float
    thin: float
    """To thin a window of one worker, in the writer's transaction: by the clock."""
    scan: float
    """To read a row in search of what there is to thin: by the clock."""
    sweep: float
    """To look for silent workers where there are none: by the clock."""
    lose: float
    """To take one worker offline: by the clock."""
    clear: float
    """To clear away what a heartbeat's older row has left (VACUUM)."""
    row_bytes: float
    """A row of the history, with its indexes."""
    worker_bytes: float
    """A worker's own row, and its secret's."""


@dataclass(frozen=True)
class Machine:
    """Where the database is. `disk_bytes` a second are measured; how many processors is assumed."""

    disk_bytes: float
    cores: int = 32


@dataclass(frozen=True)
class Fleet:
    """`held` of the heartbeats are; each worker has so many jobs in an hour; `readers` each watch
    as many workers as they may."""

    workers: int
    interval: float = INTERVAL_SECONDS
    held: float = 0.9
    jobs_an_hour: float = 1.0
    readers: int = 100

    @property
    def beats(self) -> float:
        """A second."""
        return self.workers / self.interval

    @property
    def jobs(self) -> float:
        """A second."""
        return self.workers * self.jobs_an_hour / 3600

    @property
    def watched(self) -> float:
        """Heartbeats a second that a reader wants to know of."""
        each = min(self.workers, SUBSCRIPTIONS_MOST)
        return self.readers * each * min(1 / self.interval, 1 / TICK_SECONDS)

    @property
    def told(self) -> float:
        """Events a second, for one reader after the other: of heartbeats, and that each job begins
        and ends."""
        return self.watched + self.readers * 2 * self.jobs


@dataclass(frozen=True)
class Design:
    """What stands between the servers and breaks as it is built now, or what would replace it."""

    hears_all: bool = True
    """Each server is told of every heartbeat at the others; else only of those that it watches."""
    thins: bool = True
    """Rows are thinned one by one; else a table for each day is dropped whole."""


AS_BUILT = Design()
REPLACED = Design(hears_all=False, thins=False)


def heard(costs: Costs, fleet: Fleet, processes: int, design: Design = AS_BUILT) -> float:
    """Of each server's processor, what goes by hearing of heartbeats at the others."""
    each = messages(fleet, processes, design)
    others = fleet.beats * (1 - 1 / processes) if design.hears_all else each
    return each * costs.message + others * costs.hear


def messages(fleet: Fleet, processes: int, design: Design = AS_BUILT) -> float:
    """Of the others, that each server hears in a second."""
    found = (processes - 1) * min(MESSAGES_A_SECOND, fleet.beats / processes)
    # A reader is with one server, and what it watches beats at all.
    return found if design.hears_all else min(found, fleet.watched / processes)


def processor(costs: Costs, fleet: Fleet, processes: int, design: Design = AS_BUILT) -> float:
    """The load of each server's processor (Python runs in one thread of a process at a time), with
    commits that are `FULL`.

    Where there is time, more and smaller ones are made, so that a server seems busier than it is.
    """
    each = costs.take + fleet.held * costs.hold + costs.write + (costs.commit + costs.wake) / FULL
    own = fleet.beats * each + fleet.jobs * costs.job + fleet.told * costs.tell
    return own / processes + heard(costs, fleet, processes, design)


def writer(costs: Costs, fleet: Fleet, processes: int, design: Design = AS_BUILT) -> float:
    """The load of each server's one writing connection, by the clock, likewise."""
    fixed = costs.commit + costs.wait + costs.database_commit
    each = fixed / FULL + costs.write + costs.database_beat
    thins = fleet.workers * costs.thin * (1 + _HOURLY) / WINDOW_SECONDS if design.thins else 0.0
    return (fleet.beats * each + thins) / processes


def thinning(costs: Costs, fleet: Fleet) -> tuple[float, float]:
    """Seconds in each five minutes, for one who thins a window after the other: those of writes,
    and those of reads.

    A window is read anew for every `READ_AT_ONCE` workers of it that are found.
    """
    workers = fleet.workers
    a_write = costs.thin + BETWEEN_WRITES_SECONDS / PROVIDERS_AT_ONCE
    per_window = WINDOW_SECONDS / fleet.interval
    passes = math.ceil(workers / READ_AT_ONCE)
    # Of those that have been found and thinned, a row is left.
    thinned = READ_AT_ONCE * passes * (passes - 1) / 2
    thick, thin = passes * workers - thinned, thinned + workers
    rows = workers * per_window  # whether any beats too often
    rows += thick * per_window + thin
    rows += (thick / _HOURLY + thin) * _HOURLY
    return workers * a_write * (1 + _HOURLY), rows * costs.scan


def kept_rows() -> float:
    """Rows of a worker's history once it grows no more."""
    full = GRAINS[1].after_ms / 1000 / INTERVAL_SECONDS
    by_window = (DAY_MS - HOUR_MS) / GRAINS[1].window_ms
    return full + by_window + (KEPT_MS - DAY_MS) / GRAINS[2].window_ms


def loads(
    costs: Costs, machine: Machine, fleet: Fleet, processes: int, design: Design = AS_BUILT
) -> dict[str, float]:
    """Of everything that more servers do not help, how much is used."""
    a_beat = costs.database_beat + costs.database_commit / FULL + costs.clear
    writes, reads = thinning(costs, fleet) if design.thins else (0.0, 0.0)
    work = fleet.beats * a_beat + fleet.jobs * costs.database_job
    work += processes * messages(fleet, processes, design) * costs.deliver
    work += processes * costs.sweep / _SWEEP_SECONDS
    # Every server looks for what there is to thin; whoever is first thins it.
    work += (writes + reads * processes) / WINDOW_SECONDS
    found = {"the disk": fleet.beats * costs.written_bytes / machine.disk_bytes}
    if costs.database == "SQLite":
        # All of it is in the one process, and its one writer.
        found["the server's processor"] = processor(costs, fleet, 1, design)
        found["commits"] = writer(costs, fleet, 1, design)
    else:
        found["the database's processors"] = work / machine.cores
        found["NOTIFY"] = heard(costs, fleet, processes, design)
    if design.thins:
        found["thinning"] = (writes + reads) / WINDOW_SECONDS
    return found


def processes_needed(
    costs: Costs, fleet: Fleet, design: Design = AS_BUILT, target: float = TARGET
) -> int | None:
    """The fewest servers whose processors and writers have time left; None where no number will do,
    since each hears of all that the others keep."""
    least = max(1, math.ceil(fleet.beats * costs.take / target))
    for count in range(least, 2 if costs.database == "SQLite" else PROCESSES_MOST + 1):
        if heard(costs, fleet, count, design) > target:
            return None  # and more so with more of them
        used = processor(costs, fleet, count, design)
        if max(used, writer(costs, fleet, count, design)) <= target:
            return count
    return None


def processes_alone(costs: Costs, fleet: Fleet, design: Design = AS_BUILT) -> int:
    """How many servers it would take if none had to hear of what the others keep."""
    deaf = replace(costs, message=0.0, hear=0.0)
    return processes_needed(deaf, fleet, design) or PROCESSES_MOST


def limits(
    costs: Costs, machine: Machine, fleet: Fleet, design: Design = AS_BUILT
) -> dict[str, int]:
    """With how many workers each resource is used up, the first one first."""

    def load_of(name: str) -> Callable[[int], float]:
        def load(workers: int) -> float:
            some = replace(fleet, workers=workers)
            count = 1 if costs.database == "SQLite" else processes_alone(costs, some, design)
            return loads(costs, machine, some, count, design)[name]

        return load

    names = loads(costs, machine, fleet, 1, design)
    found = {name: workers_until(load_of(name)) for name in names}
    return dict(sorted(found.items(), key=lambda one: one[1]))


def databases_needed(
    costs: Costs, machine: Machine, fleet: Fleet, design: Design = AS_BUILT, target: float = TARGET
) -> int | None:
    """Into how many networks, each with a database of its own, the fleet must be cut."""

    def will_do(count: int) -> bool:
        part = share(fleet, count)
        processes = processes_needed(costs, part, design, target)
        if processes is None:
            return False
        return max(loads(costs, machine, part, processes, design).values()) <= target

    return _first(will_do, PROCESSES_MOST)


def share(fleet: Fleet, count: int) -> Fleet:
    """One of so many networks that the fleet is cut into."""
    return replace(
        fleet,
        workers=math.ceil(fleet.workers / count),
        readers=math.ceil(fleet.readers / count),
    )


def workers_until(load: Callable[[int], float], limit: float = 1.0, most: int = 10**8) -> int:
    """The most workers with which `load` stays within `limit`."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if load(middle) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _first(will_do: Callable[[int], bool], most: int) -> int | None:
    """The smallest number up to `most` that will do, where all above it will do too."""
    high = 1
    while not will_do(min(high, most)):
        if high >= most:
            return None
        high *= 2
    low, high = high // 2, min(high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if will_do(middle) else (middle, high)
    return high
