"""Measures on this machine what `scale_model` reckons with: real servers, over SQLite and over a
real PostgreSQL.

Processor time is read from the system, a thread at a time, so that it matters little what else is
running; what is by the clock (a commit's wait) does suffer. The one thing to know before changing
it: whoever asks takes processor time too, so a rate that this machine can just about bear is no
measure of a server.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import psutil
from sqlalchemy import Connection, Engine, text

from bench.fleet import BEAT, STRIDE, register
from bench.jobs import TRIVIAL, ask
from bench.load import free_port, started
from bench.scale_load import Answers, closed, paced, reading
from bench.scale_model import FULL, INTERVAL_SECONDS, MESSAGES_A_SECOND, Costs, Machine
from qubix_server import heartbeats
from qubix_server.credentials import digest
from qubix_server.events import Hub, provider_topic
from qubix_server.neighbours import PIECE_CHARACTERS, Pieces, Told
from qubix_server.settings import Settings
from qubix_server.store import metrics, schema
from qubix_server.store.engine import is_postgresql, writing_engine
from qubix_server.store.metrics import GRAINS, HOUR_MS
from qubix_server.store.migrate import migrate
from qubix_server.thinning import PROVIDERS_AT_ONCE

WORKERS = 5_000
ROUNDS, SECONDS = 3, 1.5
"""Of a few rounds the one counts in which others took least of the machine."""
PACE, SMALL_PACE = 300.0, 500.0
"""Heartbeats a second that any machine should bear: those of 9,000 workers, and of 15,000. The
second are what the simulation is compared with; nothing is reckoned from them."""
HELD_SECONDS = 1.0
READERS, WATCHED, WATCHED_PACE = 20, 100, 200.0
HEARD, REPEATED = 2_000, 50
JOBS, JOBS_BEFORE = 40, 5
CROWD = 10_000
THINNED = 2_000
"""Of that crowd, so many are thinned: the rows of neighbours lie as far apart as in a fleet."""
BEATS_A_CHECKPOINT = 300 / INTERVAL_SECONDS
"""Of each worker, with PostgreSQL's own `checkpoint_timeout`."""
PROBE_BYTES = 64 << 20


@dataclass(frozen=True)
class Small:
    """A small load as it was: what the simulation is compared with."""

    rate: float
    p50: float
    p99: float
    processor: float
    """Of one, what the server took."""


@dataclass(frozen=True)
class Measured:
    costs: Costs
    small: Small
    log_bytes: float
    """What PostgreSQL writes ahead for a heartbeat."""


@dataclass(frozen=True)
class Spent:
    """What some heartbeats took, in seconds of processor time unless it says otherwise."""

    seconds: float
    """By the clock."""
    beats: float
    loop: float
    threads: float
    commits: float
    commit_seconds: float
    """By the clock."""
    database: float
    written: float

    @property
    def size(self) -> float:
        return self.beats / self.commits

    def minus(self, before: Spent) -> Spent:
        pairs = {name: getattr(self, name) - getattr(before, name) for name in vars(self)}
        return Spent(**pairs)


class Database:
    """Where servers keep what they are told, as seen from beside them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_postgresql = is_postgresql(url)
        self.engine: Engine = writing_engine(url)

    def scalar(self, statement: str) -> float:
        with self.engine.begin() as connection:
            return float(connection.execute(text(statement)).scalar_one())

    def alone(self, statement: str) -> float:
        """Runs a statement that may not stand in a transaction; seconds by the clock."""
        began = time.monotonic()
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))
        return time.monotonic() - began

    def bytes_of(self, *tables: str) -> float:
        """Of SQLite, those of the whole file: for differences."""
        if not self.is_postgresql:
            return self.scalar("SELECT page_count * page_size FROM pragma_page_count, "
                               "pragma_page_size")  # fmt: skip
        return sum(self.scalar(f"SELECT pg_total_relation_size('{one}')") for one in tables)

    def log_bytes(self) -> float:
        return self.scalar("SELECT pg_current_wal_lsn() - '0/0'") if self.is_postgresql else 0.0

    def processes(self) -> list[psutil.Process]:
        if not self.is_postgresql:
            return []
        leader = self.scalar("SELECT pg_backend_pid()")
        parent = psutil.Process(int(leader)).parent()
        return [parent, *parent.children()] if parent else []

    def listeners(self) -> list[int]:
        statement = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        with self.engine.begin() as connection:
            return list(connection.execute(text(statement)).scalars())


def machine() -> Machine:
    """How fast this machine's disk takes what is written in one go and flushed."""
    with tempfile.NamedTemporaryFile() as file:
        block = os.urandom(1 << 20)
        began = time.monotonic()
        for _ in range(PROBE_BYTES // len(block)):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        return Machine(PROBE_BYTES / (time.monotonic() - began))


def on_sqlite(random: Random) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with server(home, None) as (url, pid):
            file = next(home.rglob("*.db"))
            measured = _measure(home, url, pid, Database(f"sqlite:///{file}"), random)
        aside = Database(f"sqlite:///{home / 'aside.db'}")
        return replace(measured, costs=_housekeeping(measured.costs, aside))


def on_postgresql(random: Random) -> Measured | None:
    """None where there is no PostgreSQL to be started."""
    with cluster() as create, tempfile.TemporaryDirectory() as folder:
        if create is None:
            return None
        home, database_url = Path(folder), create()
        database = Database(database_url)
        with server(home / "one", database_url) as (url, pid):
            measured = _measure(home / "one", url, pid, database, random)
            with server(home / "other", database_url) as (_, other):
                costs = _neighbours(measured.costs, url, other, database, random)
                measured = replace(measured, costs=costs)
        database.engine.dispose()
        return replace(measured, costs=_housekeeping(measured.costs, Database(create())))


@contextmanager
def server(home: Path, database_url: str | None) -> Iterator[tuple[str, int]]:
    """Its address and process id."""
    port = free_port()
    variables = {"QUBIX_HOME": str(home), "QUBIX_PORT": str(port)}
    if database_url:
        variables["QUBIX_DATABASE_URL"] = database_url
    command = [sys.executable, "-m", "qubix_server", "serve"]
    with started(command, variables, port) as (url, pid):
        yield url, pid


@contextmanager
def cluster() -> Iterator[Callable[[], str] | None]:
    """Makes databases in a PostgreSQL that is ended and removed afterwards, and keeps what it was
    told as a real one does; None where there is none."""
    import pytest  # noqa: PLC0415 - the tests' own cluster skips by it

    try:
        with import_module("tests.postgresql").cluster(durable=True) as one:
            yield one.create
    except pytest.skip.Exception:
        yield None


def crowd(database: Database, count: int) -> float:
    """Has `bench-0` stand there so many times, each with a secret; the bytes that one takes."""
    tables = ("providers", "worker_secrets")
    before = database.bytes_of(*tables)
    with database.engine.begin() as connection:
        _copy(connection, count)
        connection.execute(text("DELETE FROM worker_secrets"))
        rows = connection.execute(text("SELECT seq, worker_id FROM providers")).all()
        secrets = [{"hash": digest(f"secret-{worker}"), "seq": seq} for seq, worker in rows]
        connection.execute(
            text("INSERT INTO worker_secrets (secret_hash, provider_seq, created_at) "
                 "VALUES (:hash, :seq, 0)"),
            secrets,
        )  # fmt: skip
    return (database.bytes_of(*tables) - before) / count


def _copy(connection: Connection, count: int) -> None:
    names = [column.name for column in schema.providers.columns if column.name != "seq"]
    changed = {"id": "'id-' || i", "worker_id": "'bench-' || i"}
    values = ", ".join(changed.get(name, f'"{name}"') for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    connection.execute(
        text(
            f"INSERT INTO providers ({quoted}) {_NUMBERS} "  # noqa: S608 - names of ours
            f"SELECT {values} FROM providers, n WHERE worker_id = 'bench-0'"
        ),
        {"first": 1, "last": count - 1},
    )
    # Nobody falls silent while this is measured.
    connection.execute(
        text("UPDATE providers SET is_online = TRUE, state = 'online', "
             "last_heartbeat_at = registered_at + 600000, capabilities = '[\"wasm\"]'")
    )  # fmt: skip


_NUMBERS = (
    "WITH RECURSIVE n(i) AS ("
    "SELECT CAST(:first AS integer) UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
)


def _measure(home: Path, url: str, pid: int, database: Database, random: Random) -> Measured:
    register(url)
    worker_bytes = crowd(database, WORKERS)
    spend = _Spending(url, pid, database)
    asyncio.run(closed(url, FULL, SECONDS, WORKERS))
    clear, logged = _cleared(url, spend, database)
    many, _ = spend.least(lambda: closed(url, FULL, SECONDS, WORKERS))
    few, _ = spend.least(lambda: paced(url, PACE, SECONDS, WORKERS, random))
    between, answers = spend.least(lambda: paced(url, SMALL_PACE, SECONDS, WORKERS, random))
    held, _ = spend.least(lambda: paced(url, PACE, SECONDS, WORKERS, random, wait=HELD_SECONDS))
    commit, write = _line(few, many, lambda one: one.threads)
    database_commit, database_beat = _line(few, many, lambda one: one.database)
    wake, take = _line(few, many, lambda one: one.loop)
    by_the_clock = few.commit_seconds / few.commits
    wait = by_the_clock - commit - write * few.size - database_commit - database_beat * few.size
    written = many.written / many.beats
    if database.is_postgresql:
        # Pages are written once for each checkpoint, to which a fleet has beaten more often.
        written = logged + (written - logged) * many.beats / WORKERS / BEATS_A_CHECKPOINT
    job, database_job = _jobs(home, url, spend)
    costs = Costs(
        database="PostgreSQL" if database.is_postgresql else "SQLite",
        wake=wake,
        take=take,
        hold=max(0.0, (held.loop / held.beats) - few.loop / few.beats),
        commit=commit,
        write=write,
        wait=max(0.0, wait),
        database_commit=database_commit,
        database_beat=database_beat,
        written_bytes=written,
        message=0.0,
        hear=0.0,
        deliver=0.0,
        tell=_tell(url, spend, random),
        job=job,
        database_job=database_job,
        thin=0.0,
        scan=0.0,
        sweep=0.0,
        lose=0.0,
        clear=clear,
        row_bytes=0.0,
        worker_bytes=worker_bytes,
    )
    small = Small(
        between.beats / between.seconds, answers.quantile(0.5), answers.quantile(0.99),
        (between.loop + between.threads) / between.seconds,
    )  # fmt: skip
    return Measured(costs, small, logged)


def _cleared(url: str, spend: _Spending, database: Database) -> tuple[float, float]:
    """What it takes to clear away what a heartbeat leaves, and the bytes that are written ahead."""
    if not database.is_postgresql:
        return 0.0, 0.0
    database.alone("VACUUM providers")
    before = database.log_bytes()
    spent, _ = spend(lambda: closed(url, FULL, SECONDS, WORKERS))
    logged = database.log_bytes() - before
    return database.alone("VACUUM providers") / spent.beats, logged / spent.beats


def _line(few: Spent, many: Spent, of: Callable[[Spent], float]) -> tuple[float, float]:
    """What a commit takes, and what each heartbeat in it, from commits of two sizes."""
    apart = many.size - few.size
    one, other = of(few) / few.commits, of(many) / many.commits
    each = (other - one) / apart if apart > 1 else one / few.size
    each = min(max(each, 0.0), one / few.size)
    return one - each * few.size, each


class _Spending:
    """Runs heartbeats, and tells what they took in the server and in its database."""

    def __init__(self, url: str, pid: int, database: Database) -> None:
        self._url = url
        self._process = psutil.Process(pid)
        self._database = database

    def __call__(self, run: Callable[[], Awaitable[Answers]]) -> tuple[Spent, Answers]:
        before = self.now()

        async def wait() -> Answers:
            return await run()

        answers = asyncio.run(wait())
        return self.now().minus(before), answers

    def least(self, run: Callable[[], Awaitable[Answers]]) -> tuple[Spent, Answers]:
        """The round in which heartbeats took least."""
        rounds = [self(run) for _ in range(ROUNDS)]
        return min(rounds, key=lambda one: (one[0].loop + one[0].threads) / one[0].beats)

    def now(self) -> Spent:
        """What has been spent so far."""
        if self._database.is_postgresql:
            self._database.alone("CHECKPOINT")
        with urllib.request.urlopen(f"{self._url}/metrics", timeout=30) as answer:  # noqa: S310
            told = answer.read().decode()
        threads = _threads(self._process.pid)
        loop = threads.pop(self._process.pid)
        processes = self._database.processes()
        return Spent(
            time.monotonic(),
            _metric(told, "qubix_heartbeats_total"),
            loop,
            sum(threads.values()),
            _metric(told, "qubix_commit_seconds_count"),
            _metric(told, "qubix_commit_seconds_sum"),
            sum(map(processor_seconds, processes)),
            sum(one.io_counters().write_bytes for one in processes or [self._process]),
        )


def processor_seconds(process: psutil.Process) -> float:
    """Of all its threads."""
    return sum(_threads(process.pid).values())


def _threads(pid: int) -> dict[int, float]:
    """Seconds that each thread of a process ran, to the nanosecond (proc(5) has them to a hundredth
    of a second only): https://docs.kernel.org/scheduler/sched-stats.html"""
    found = {}
    for folder in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
            found[int(folder.name)] = int((folder / "schedstat").read_text().split()[0]) / 1e9
    return found


def _metric(told: str, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", told, re.MULTILINE)
    if not found:
        raise RuntimeError(f"the server tells no {name}")
    return float(found[1])


def _tell(url: str, spend: _Spending, random: Random) -> float:
    """The difference that readers make, for each event that one is told."""

    async def watched() -> tuple[Spent, int]:
        async with reading(url, READERS, WATCHED) as told:
            begun = spend.now()
            await paced(url, WATCHED_PACE, SECONDS, WATCHED, random)
            return spend.now().minus(begun), told.events

    quiet, _ = spend(lambda: paced(url, WATCHED_PACE, SECONDS, WATCHED, random))
    spent, events = asyncio.run(watched())
    more = spent.loop / spent.beats - quiet.loop / quiet.beats
    return max(0.0, more * spent.beats / events)


def _jobs(home: Path, url: str, spend: _Spending) -> tuple[float, float]:
    """A job from its making to its end, with two heartbeats: in the server, in the database."""
    import base64  # noqa: PLC0415

    import wasmtime  # noqa: PLC0415

    token = (home / "server" / "operator-token").read_text().strip()
    module = base64.b64encode(bytes(wasmtime.wat2wasm(TRIVIAL))).decode()
    for number in range(JOBS_BEFORE + JOBS):
        if number == JOBS_BEFORE:
            before = spend.now()
        worker, secret = f"bench-{number}", f"secret-bench-{number}"
        beat = f"/api/providers/{worker}/heartbeat"
        body = {"kind": "wasm", "spec": {"module": module}, "timeoutSeconds": 60}
        job = ask(url, "/api/jobs/create", token, body)["job"]["id"]
        pending = ask(url, beat, secret, BEAT)["pendingJobs"]
        if [one["id"] for one in pending] != [job]:
            raise RuntimeError("the job was given to somebody else")
        ask(url, beat, secret, BEAT | {"currentJob": job})
        ended = {"status": "completed", "result": {"exitCode": 0}}
        ask(url, f"/api/jobs/{job}/complete", secret, ended)
    spent = spend.now().minus(before)
    return (spent.loop + spent.threads) / JOBS, spent.database / JOBS


def _neighbours(costs: Costs, url: str, other: int, database: Database, random: Random) -> Costs:
    """With what a heartbeat costs a second server, which only hears of it."""
    hearer = psutil.Process(other)
    listeners = [psutil.Process(pid) for pid in database.listeners()]

    def spent(run: Coroutine[Any, Any, object]) -> tuple[float, float]:
        """In the server that hears, and in the database for each that does."""
        before = processor_seconds(hearer), sum(map(processor_seconds, listeners))
        asyncio.run(run)
        after = processor_seconds(hearer), sum(map(processor_seconds, listeners))
        return after[0] - before[0], (after[1] - before[1]) / len(listeners)

    asyncio.run(asyncio.sleep(SECONDS / 2))  # it has only just started
    heard, delivered = [], []
    for _ in range(ROUNDS):
        idle, nothing = spent(asyncio.sleep(SECONDS))
        more, for_each = spent(paced(url, PACE, SECONDS, WORKERS, random))
        heard.append(more - idle)
        delivered.append(for_each - nothing)
    messages = SECONDS * MESSAGES_A_SECOND
    hear = _hear()
    among = hear * PACE / MESSAGES_A_SECOND
    return replace(
        costs,
        message=max(0.0, statistics.median(heard) / messages - among),
        hear=hear,
        deliver=max(0.0, statistics.median(delivered)) / messages,
    )


def _hear() -> float:
    """A worker's id among many in a message: taken in as `neighbours` and `others` do."""
    text = msgspec.json.encode(Told(heard=[f"{n:036d}" for n in range(HEARD)])).decode()
    cut = range(0, len(text), PIECE_CHARACTERS)
    payloads = [
        f"a 1 {number} {len(cut)} {text[at : at + PIECE_CHARACTERS]}"
        for number, at in enumerate(cut)
    ]
    listens = Hub().listens
    began = time.process_time()
    for _ in range(REPEATED):
        pieces = Pieces(but="b")
        whole = [one for one in map(pieces.add, payloads) if one is not None]
        told = msgspec.json.decode(whole[0], type=Told)
        [one for one in told.heard if listens(provider_topic(one))]
    return (time.process_time() - began) / REPEATED / HEARD


def _housekeeping(costs: Costs, database: Database) -> Costs:
    """With what thinning and the look for the silent cost, in a database of their own."""
    migrate(Settings(database.url))
    now = 1_700_000_000_000
    window = GRAINS[1].window_ms
    begin = (now - 2 * HOUR_MS) // window * window
    with database.engine.begin() as connection:
        connection.execute(
            text(f"INSERT INTO providers ({', '.join(_PROVIDER)}) {_NUMBERS} "  # noqa: S608
                 f"SELECT {', '.join(_PROVIDER.values())} FROM n"),
            {"first": 1, "last": CROWD, "now": now},
        )  # fmt: skip
    empty = database.bytes_of("metrics")
    beats = range(begin, begin + 3 * window, 30_000)
    with database.engine.begin() as connection:
        for at in beats:
            connection.execute(text(
                "INSERT INTO metrics (provider_seq, at, cpu_percent, ram_percent, gpu_percent, "
                "gpu_temp, gpu_mem_used) SELECT seq, :at, 12.5, 40.5, 50.5, 60.5, 4321.5 "
                "FROM providers ORDER BY seq * :stride % :crowd"
            ), {"at": at, "stride": STRIDE, "crowd": CROWD})  # fmt: skip
    row_bytes = (database.bytes_of("metrics") - empty) / len(beats) / CROWD
    scans, found = [], []
    for _ in range(3):
        with database.engine.begin() as connection:
            began = time.monotonic()
            found = list(metrics.thick(connection, begin, GRAINS[1]))
            scans.append(time.monotonic() - began)
    began = time.monotonic()
    for at in range(0, THINNED, PROVIDERS_AT_ONCE):
        with database.engine.begin() as connection:
            metrics.thin(connection, found[at : at + PROVIDERS_AT_ONCE])
    thin = (time.monotonic() - began) / THINNED
    sweep, lose = _silence(database, now)
    database.engine.dispose()
    rows = CROWD * window / 30_000
    scan = statistics.median(scans) / rows
    return replace(costs, thin=thin, scan=scan, sweep=sweep, lose=lose, row_bytes=row_bytes)


def _silence(database: Database, now: int) -> tuple[float, float]:
    """Seconds to find that nobody is silent, and to take one offline who is."""
    looks = []
    for _ in range(5):
        with database.engine.begin() as connection:
            began = time.monotonic()
            heartbeats.find_silent(connection, now)
            looks.append(time.monotonic() - began)
    with database.engine.begin() as connection:
        began = time.monotonic()
        found = heartbeats.find_silent(connection, now + 1)
        heartbeats.lose_the_silent(connection, found, now + 1, now + 1)
    return statistics.median(looks), (time.monotonic() - began) / len(found.seqs)


_PROVIDER = {
    "id": "'id-' || i", "worker_id": "'bench-' || i", "name": "'bench'", "type": "'cpu'",
    "hardware": "'{}'", "capabilities": "'[]'", "worker_version": "''", "worker_sha256": "''",
    "registered_at": "0", "is_online": "TRUE", "is_enabled": "TRUE", "state": "'online'",
    "total_jobs": "0", "last_heartbeat_at": "CAST(:now AS bigint)",
}  # fmt: skip
