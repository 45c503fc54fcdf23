"""Two servers that want the same at the same moment, on PostgreSQL: one has it, the other is told
so, and neither is stuck."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from qubix_server import registration, work
from qubix_server.credentials import digest
from qubix_server.errors import ApiError
from qubix_server.store import enrollments, jobs, locks, operators, providers, schema
from qubix_server.store.engine import reading_engine, writing_engine
from qubix_server.store.writer import Writer, alone
from qubix_worker.protocol import JobCreation, Registration
from qubix_worker.wire import from_wire
from tests.conftest import LiveServer
from tests.conftest import registration as registration_body
from tests.postgresql import Cluster
from tests.server.databases import Databases
from tests.server.fleet import put_jobs

NOW = 1_000_000_000
PATIENCE_SECONDS = 30


@pytest.fixture
def url(postgresql: Cluster, tmp_path: Path) -> str:
    return Databases(postgresql).make(tmp_path)


class Server:
    """A transaction that stays open until it is told to commit, as that of a slow server."""

    def __init__(self, url: str) -> None:
        self._engine = writing_engine(url)
        self._connection = self._engine.connect()
        self._transaction = self._connection.begin()
        self._thread = ThreadPoolExecutor(1)

    def do(self, what: Callable[[Connection], Any]) -> Future[Any]:
        return self._thread.submit(alone, self._connection, what)

    def done(self, what: Callable[[Connection], Any]) -> Any:
        return self.do(what).result(PATIENCE_SECONDS)

    def commit(self) -> None:
        self._thread.submit(self._transaction.commit).result(PATIENCE_SECONDS)

    def close(self) -> None:
        self._thread.shutdown()
        self._connection.close()
        self._engine.dispose()


@pytest.fixture
def two(url: str) -> Iterator[tuple[Server, Server]]:
    pair = Server(url), Server(url)
    yield pair
    for server in pair:
        server.close()


def registered(worker_id: str, enrollment: str) -> Callable[[Connection], Any]:
    wanted = from_wire(Registration, registration_body(worker_id, {"enrollment": enrollment}))
    return lambda connection: registration.register(connection, wanted, f"of {worker_id}", NOW)


def committed(url: str, what: Callable[[Connection], Any]) -> Any:
    engine = writing_engine(url)
    with engine.begin() as connection:
        value = what(connection)
    engine.dispose()
    return value


def oldest(connection: Connection) -> str | None:
    row = jobs.oldest_for(connection, ["wasm"], ram_gb=1, vram_gb=1, has_gpu=True, os="linux")
    return row["id"] if row else None


def test_each_is_given_a_job_that_the_other_has_not(url: str, two: tuple[Server, Server]) -> None:
    put_jobs(url, 2)
    one, other = two
    given = [server.done(oldest) for server in (one, other)]
    assert given == ["job-0", "job-1"]
    assert committed(url, oldest) is None


def test_an_enrollment_lets_one_in(url: str, two: tuple[Server, Server]) -> None:
    committed(url, lambda c: enrollments.create(c, digest("invited"), "code", NOW))
    one, other = two
    assert one.done(registered("a", "invited")).value["worker_id"] == "a"
    waits = other.do(registered("b", "invited"))
    one.commit()
    refusal = waits.result(PATIENCE_SECONDS)
    assert isinstance(refusal, ApiError)
    assert refusal.code == "enrollment_used"


def test_a_worker_id_is_taken_once(url: str, two: tuple[Server, Server]) -> None:
    for name in ("first", "second"):
        committed(url, lambda c, name=name: enrollments.create(c, digest(name), name, NOW))
    one, other = two
    one.done(registered("same", "first"))
    waits = other.do(registered("same", "second"))
    one.commit()
    refusal = waits.result(PATIENCE_SECONDS)
    assert isinstance(refusal, ApiError)
    assert refusal.code == "worker_id_taken"


def test_an_idempotency_key_makes_one_job(url: str, two: tuple[Server, Server]) -> None:
    committed(url, lambda c: operators.replace_token(c, digest("operator"), NOW))
    wanted = JobCreation("any", {}, idempotency_key="key")
    one, other = two

    def create(connection: Connection) -> str:
        return str(work.create(connection, "operator", wanted, NOW).value["id"])

    made = one.done(create)
    waits = other.do(create)
    one.commit()
    assert waits.result(PATIENCE_SECONDS) == made


def test_writers_that_wait_for_one_another_both_come_to_an_end(url: str) -> None:
    committed(url, lambda c: enrollments.create(c, digest("x"), "x", NOW))
    committed(url, registered("x", "x"))
    put_jobs(url, 1)
    writers = [Writer(writing_engine(url)) for _ in range(2)]
    meet = threading.Barrier(2)

    def lock(connection: Connection, first: bool) -> None:
        both = [
            lambda: locks.workers(connection, ["x"]),
            lambda: locks.job(connection, "job-0"),
        ]
        for each in both if first else both[::-1]:
            each()
            if not met.is_set():
                meet.wait(PATIENCE_SECONDS)
                met.set()
        providers.update(connection, providers.find(connection, "x")["seq"], total_jobs=int(first))  # type: ignore[index]

    met = threading.Event()

    async def scenario() -> list[Any]:
        both = (
            writer.run(lambda connection, first=first: lock(connection, first))
            for writer, first in zip(writers, (True, False), strict=True)
        )
        return await asyncio.gather(*both)

    assert asyncio.run(asyncio.wait_for(scenario(), PATIENCE_SECONDS)) == [None, None]
    for writer in writers:
        writer.close()


@pytest.mark.slow
def test_servers_that_begin_together_make_one_database_with_one_token(
    postgresql: Cluster, tmp_path: Path
) -> None:
    url = Databases(postgresql).empty(tmp_path)
    servers = [LiveServer(tmp_path, environment={"QUBIX_DATABASE_URL": url}) for _ in range(2)]
    for server in servers:
        server.begin()
    for server in servers:
        server.until_it_answers()
    engine = reading_engine(url)
    with engine.begin() as connection:
        (kept,) = connection.execute(select(schema.operator_tokens.c.token_hash)).scalars()
    engine.dispose()
    assert kept == digest(servers[0].token)
    for server in servers:
        server.stop()
