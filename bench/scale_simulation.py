"""Servers of a fleet, played event by event: what a heartbeat waits for, and for how long.

Each server has one processor (Python runs in one of its threads at a time), an event loop, a writer
that commits as `store.writer` does, and a share in the database. Of many servers a few are played,
with their part of the database's processors: they are alike. The one thing to know before changing
it: what a server does between two steps of its writer is played when the second one comes, in the
order of time, so that a heartbeat costs no event of its own.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from bench.scale_model import (
    AS_BUILT,
    MESSAGES_A_SECOND,
    WINDOW_SECONDS,
    Costs,
    Design,
    Fleet,
    heard,
    processes_needed,
    thinning,
)
from qubix_server.store.writer import BATCH
from qubix_server.thinning import BETWEEN_WRITES_SECONDS, PROVIDERS_AT_ONCE

PLAYED_MOST = 4
ANSWERED = 0.4
"""Of a heartbeat's cost on the event loop, what comes after its commit."""
TURN_SECONDS = 0.005
"""So long a thread keeps the processor where another wants it: sys.getswitchinterval."""
JITTER = 0.1


@dataclass(frozen=True)
class Played:
    """What came of it. Latencies in seconds, loads as parts of 1."""

    heartbeats: int
    left: int
    """Those that were still waiting at the end."""
    p50: float
    p99: float
    processor: float
    database: float
    batch: float

    @property
    def is_stable(self) -> bool:
        """Whether servers keep up: what waits at the end is what came in the last moment."""
        return self.left <= max(4 * BATCH, 0.05 * self.heartbeats)


def simulate(
    costs: Costs,
    fleet: Fleet,
    random: Random,
    *,
    processes: int | None = None,
    cores: float = 32,
    seconds: float = 10.0,
    design: Design = AS_BUILT,
) -> Played:
    """Plays the fleet on so many servers (by itself as many as it needs), over a database with
    `cores` processors. Raises ValueError where no number of servers would do."""
    count = processes or processes_needed(costs, fleet, design)
    if count is None:
        raise ValueError("no number of servers will do")
    played = min(count, PLAYED_MOST)
    database = _Database(max(1, round(cores * played / count)))
    servers = [
        _Server(costs, fleet, count, design, random=random, seconds=seconds) for _ in range(played)
    ]
    _Play(costs, database, servers, seconds).run()
    waits = sorted(itertools.chain.from_iterable(one.waits for one in servers))
    commits = sum(one.commits for one in servers)
    kept = len(waits)
    return Played(
        kept,
        sum(one.left(seconds) for one in servers),
        _quantile(waits, 0.5),
        _quantile(waits, 0.99),
        sum(one.busy for one in servers) / played / seconds,
        database.busy / len(database.free_at) / seconds,
        sum(one.written for one in servers) / commits if commits else 0.0,
    )


@dataclass
class _Database:
    """Its processors: whoever comes takes the one that is free first."""

    cores: int
    busy: float = 0.0
    free_at: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.free_at = [0.0] * self.cores

    def work(self, now: float, seconds: float) -> float:
        """When it is done."""
        done = max(now, self.free_at[0]) + seconds
        heapq.heapreplace(self.free_at, done)
        self.busy += seconds
        return done


class _Server:
    """One of them, with the workers whose heartbeats it takes."""

    def __init__(
        self,
        costs: Costs,
        fleet: Fleet,
        processes: int,
        design: Design,
        *,
        random: Random,
        seconds: float,
    ) -> None:
        self._arrivals = _arrivals(fleet, processes, random, seconds)
        self._next = next(self._arrivals, math.inf)
        self._take = (costs.take * (1 - ANSWERED)) + fleet.held * costs.hold
        self.answer = costs.take * ANSWERED
        self._job_share = fleet.jobs / fleet.beats if fleet.beats else 0.0
        self._job = costs.job
        self._random = random
        # All else that takes the processor comes in lumps.
        beside = heard(costs, fleet, processes, design) + fleet.told * costs.tell / processes
        self._lumps_a_second = MESSAGES_A_SECOND * max(1, min(processes - 1, 50))
        self._lump = beside / self._lumps_a_second
        self._next_lump = random.expovariate(self._lumps_a_second) if beside else math.inf
        self.ready: deque[tuple[float, float]] = deque()
        """When each heartbeat that waits for the writer came to it, and to the server."""
        self._free_at = 0.0
        self.busy = 0.0
        self.waits: list[float] = []
        self.commits = self.written = 0
        self.taken: list[float] = []
        self.to_do = 0.0
        writes, _ = thinning(costs, fleet) if design.thins else (0.0, 0.0)
        # Windows are thinned one write after the other, until there is nothing more to thin.
        self.thins_until = seconds * min(1.0, writes / WINDOW_SECONDS / processes)
        self.thin = costs.thin * PROVIDERS_AT_ONCE
        self.thins_at = 0.0

    def work(self, now: float, seconds: float) -> float:
        """Has the processor do this after all else; when it is done."""
        begin = max(now, self._free_at)
        self._free_at = begin + seconds
        self.busy += seconds
        return self._free_at

    def go_on(self, until: float) -> None:
        """Takes what comes until then."""
        while (now := min(self._next, self._next_lump)) <= until:
            if self._next <= self._next_lump:
                job = self._job if self._random.random() < self._job_share else 0.0
                self.ready.append((self.work(now, self._take + job), now))
                self._next = next(self._arrivals, math.inf)
            else:
                self.work(now, self._lump)
                self._next_lump = now + self._random.expovariate(self._lumps_a_second)

    def until_something_comes(self) -> float:
        """When the writer can begin."""
        while not self.ready and self._next < math.inf:
            self.go_on(self._next)
        return self.ready[0][0] if self.ready else math.inf

    def waiting(self, now: float, most: int) -> int:
        """How many the writer finds; it needs to know no more than `most`."""
        return sum(1 for at, _ in itertools.islice(self.ready, most) if at <= now)

    def left(self, end: float) -> int:
        return len(self.taken) + sum(1 for _, came in self.ready if came <= end)


class _Play:
    """The steps of all writers, in the order of time."""

    def __init__(
        self, costs: Costs, database: _Database, servers: list[_Server], seconds: float
    ) -> None:
        self._costs = costs
        self._database = database
        self._servers = servers
        self._end = seconds
        self._number = itertools.count()
        self._events: list[tuple[float, int, Callable[[float, _Server], None], _Server]] = []

    def run(self) -> None:
        for server in self._servers:
            self._then(server.until_something_comes(), self._look, server)
        while self._events:
            now, _, step, server = heapq.heappop(self._events)
            if now > self._end:
                break
            step(now, server)

    def _then(self, at: float, step: Callable[[float, _Server], None], server: _Server) -> None:
        if at < math.inf:
            heapq.heappush(self._events, (at, next(self._number), step, server))

    def _look(self, now: float, server: _Server) -> None:
        """Takes what waits."""
        server.go_on(now)
        found = server.waiting(now, BATCH)
        if not found:
            self._then(max(now, server.until_something_comes()), self._look, server)
        else:
            server.taken = [server.ready.popleft()[1] for _ in range(found)]
            server.to_do = self._costs.commit + found * self._costs.write
            self._write(now, server)

    def _write(self, now: float, server: _Server) -> None:
        """A turn of the writer's thread; the event loop has its own between them."""
        server.go_on(now)
        turn = min(server.to_do, TURN_SECONDS)
        server.to_do -= turn
        done = server.work(now, turn)
        self._then(done, self._write if server.to_do > 0 else self._commit, server)

    def _commit(self, now: float, server: _Server) -> None:
        costs = self._costs
        seconds = costs.database_commit + len(server.taken) * costs.database_beat
        if server.thins_at <= now < server.thins_until:
            seconds += server.thin
            server.thins_at = now + server.thin + BETWEEN_WRITES_SECONDS
        self._then(self._database.work(now, seconds) + costs.wait, self._tell, server)

    def _tell(self, now: float, server: _Server) -> None:
        server.go_on(now)
        server.work(now, self._costs.wake)
        for came in server.taken:
            server.waits.append(server.work(now, server.answer) - came)
        server.commits += 1
        server.written += len(server.taken)
        server.taken = []
        self._look(now, server)


def _arrivals(fleet: Fleet, processes: int, random: Random, seconds: float) -> Iterator[float]:
    """When one server's share of the workers beat: each by a clock of its own."""
    times: list[float] = []
    for _ in range(round(fleet.workers / processes)):
        at = random.uniform(0, fleet.interval)
        while at < seconds:
            times.append(at)
            at += fleet.interval * random.uniform(1 - JITTER, 1 + JITTER)
    times.sort()
    return iter(times)


def _quantile(values: list[float], part: float) -> float:
    return values[min(len(values) - 1, int(part * len(values)))] if values else 0.0
