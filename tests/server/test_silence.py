"""Who is not heard goes offline in time, in a large crowd as well, while others are heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, insert, select

from qubix_server import heartbeats, housekeeping
from qubix_server.installers.release import release
from qubix_server.services import Services
from qubix_server.settings import load
from qubix_server.store import jobs, providers
from qubix_server.store.database import Database
from qubix_server.store.engine import writing_engine
from qubix_server.store.schema import providers as table

pytestmark = pytest.mark.both_databases

NOW = 1_000_000_000
HEARD_MS = 91_000
MANY = 20_000


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = writing_engine(database_url)
    yield made
    made.dispose()


def fill(engine: Engine, number: int, *, heard_at: int, name: str = "silent") -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(table), [provider(f"{name}-{at}", heard_at) for at in range(number)]
        )


def provider(worker_id: str, heard_at: int) -> dict[str, Any]:
    return {
        "id": worker_id, "worker_id": worker_id, "name": worker_id, "type": "cpu", "hardware": "{}",
        "capabilities": "[]", "worker_version": "", "worker_sha256": "", "registered_at": 0,
        "last_heartbeat_at": heard_at, "is_online": True, "is_enabled": True, "state": "online",
        "total_jobs": 0, "names_jobs": True,
    }  # fmt: skip


def online(connection: Connection) -> int:
    return providers.count(connection, online=True)


@pytest.mark.slow
def test_a_crowd_that_falls_silent_goes_offline_while_others_are_heard(
    engine: Engine, database_url: str
) -> None:
    fill(engine, MANY, heard_at=NOW - HEARD_MS)
    fill(engine, 1, heard_at=NOW - 1_000, name="heard")

    async def all_are_lost() -> tuple[float, list[float]]:
        services = Services(
            load({"database_url": database_url}, {}), Database(database_url), lambda: NOW, release()
        )
        delays: list[float] = []

        async def others_write() -> None:
            while True:
                began = time.monotonic()
                await services.database.write(_touch)
                delays.append(time.monotonic() - began)

        beside = asyncio.create_task(others_write())
        began = time.monotonic()
        try:
            await housekeeping.lose_all_silent(services)
            return time.monotonic() - began, delays
        finally:
            beside.cancel()
            await asyncio.gather(beside, return_exceptions=True)
            services.database.close()

    took, delays = asyncio.run(all_are_lost())
    with engine.begin() as connection:
        assert online(connection) == 1
    assert len(delays) > MANY / heartbeats.SILENT_AT_ONCE / 2, "nobody else had a turn"
    assert max(delays) < took / 3, f"a write waited {max(delays):.2f} s of {took:.2f}"


def _touch(connection: Connection) -> None:
    providers.update(connection, _any(connection), last_heartbeat_at=NOW)


def _any(connection: Connection) -> int:
    query = select(func.max(table.c.seq))
    return int(connection.execute(query).scalar_one())


def test_one_that_is_heard_meanwhile_stays(engine: Engine) -> None:
    fill(engine, 2, heard_at=NOW - HEARD_MS)
    with engine.begin() as connection:
        found = heartbeats.find_silent(connection, NOW - 90_000)
        providers.update(connection, found.seqs[0], last_heartbeat_at=NOW)
        told = heartbeats.lose_the_silent(connection, found, NOW - 90_000, NOW)
        assert online(connection) == 1
    assert [one.data["event"] for one in told.events] == ["PROVIDER_TIMEOUT"]


def test_nobody_is_looked_for_by_a_scan(engine: Engine) -> None:
    """What each look costs must not grow with those who are heard."""
    fill(engine, 3_000, heard_at=NOW)
    asked: list[tuple[str, Any]] = []
    is_sqlite = engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")

        @event.listens_for(connection, "before_cursor_execute")
        def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
            asked.append((statement, parameters))

        providers.silent(connection, NOW - 90_000, 500)
        providers.silent_among(connection, [1, 2, 3], NOW - 90_000)
        providers.silent_holders(connection, NOW - 90_000, 50)
        jobs.overdue(connection, NOW - 90_000, 50)
        jobs.page(connection, worker_id="w1", limit=50)
        for statement, parameters in tuple(asked):
            rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
            plan = "\n".join(str(row[-1]) for row in rows)
            for scan in ("SCAN providers", "SCAN jobs", "Seq Scan on providers"):
                assert scan not in plan.replace("SCAN jobs USING", ""), f"{statement}\n{plan}"
    assert len(asked) >= 5
