"""The writer: one commit for many, nothing half-written, and on again after the database failed."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from qubix_server.errors import ApiError
from qubix_server.store import modules, schema
from qubix_server.store.engine import reading_engine, writing_engine
from qubix_server.store.writer import Writer

pytestmark = pytest.mark.both_databases


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = writing_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    writer = Writer(engine, capacity=64)
    yield writer
    writer.close()


def put(name: str, size: int = 1) -> Callable[[Connection], bool]:
    return lambda connection: modules.put(connection, name, bytes(size), 0)


def kept(url: str) -> set[str]:
    engine = reading_engine(url)
    with engine.begin() as connection:
        names = set(connection.execute(select(schema.modules.c.sha256)).scalars())
    engine.dispose()
    return names


async def together(writer: Writer, *works: Callable[[Connection], Any]) -> list[Any]:
    """Has the works wait for the writer at the same moment, so that they share transactions."""
    busy = threading.Event()
    first = asyncio.ensure_future(writer.run(lambda _connection: busy.wait(10)))
    await asyncio.sleep(0)
    rest = [asyncio.ensure_future(writer.run(work)) for work in works]
    await asyncio.sleep(0)
    busy.set()
    answers: list[Any] = await asyncio.gather(first, *rest, return_exceptions=True)
    return answers[1:]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 30))


def test_those_who_wait_together_share_a_commit(
    writer: Writer, engine: Engine, database_url: str
) -> None:
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    names = [f"m{number}" for number in range(20)]
    assert run(together(writer, *map(put, names))) == [True] * 20
    assert kept(database_url) == set(names)
    assert len(commits) <= 3


def test_a_write_that_is_refused_leaves_the_others_be(writer: Writer, database_url: str) -> None:
    def refused(connection: Connection) -> None:
        put("half")(connection)
        raise ApiError(409, "no", "No.")

    before, error, after = run(together(writer, put("before"), refused, put("after")))
    assert (before, after) == (True, True)
    assert isinstance(error, ApiError)
    assert error.status == 409
    assert kept(database_url) == {"before", "after"}


@pytest.mark.only_sqlite
def test_a_full_disk_is_a_503_that_leaves_nothing_and_passes(
    writer: Writer, database_url: str
) -> None:
    def limit(pages: int) -> Callable[[Connection], None]:
        return lambda connection: connection.exec_driver_sql(
            f"PRAGMA max_page_count={pages}"
        ).close()

    async def scenario() -> None:
        await writer.run(put("small"))
        await writer.run(limit(1))  # no more pages than there are
        answers = await together(writer, put("a"), put("large", 1 << 20))
        for answer in answers:
            assert isinstance(answer, ApiError)
            assert (answer.status, answer.code) == (503, "database_unavailable")
            assert answer.retry_after_seconds
        assert kept(database_url) == {"small"}
        await writer.run(limit(1 << 30))
        assert await writer.run(put("large", 1 << 20)) is True

    run(scenario())
    assert kept(database_url) == {"small", "large"}


@pytest.mark.slow
@pytest.mark.only_sqlite
def test_a_database_that_another_holds_is_a_503_and_is_written_again_later(
    writer: Writer, database_url: str
) -> None:
    other = sqlite3.connect(make_url(database_url).database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ApiError) as refused:
        run(writer.run(put("locked")))
    assert refused.value.code == "database_unavailable"
    other.execute("ROLLBACK")
    other.close()
    assert run(writer.run(put("free"))) is True
    assert kept(database_url) == {"free"}


def test_too_many_who_wait_are_turned_away(writer: Writer) -> None:
    async def scenario() -> list[Any]:
        return await together(writer, *(put(f"m{number}") for number in range(80)))

    answers = run(scenario())
    turned_away = [answer for answer in answers if isinstance(answer, ApiError)]
    assert {answer.code for answer in turned_away} == {"overloaded"}
    assert answers.count(True) + len(turned_away) == 80
    assert 15 <= len(turned_away) <= 17


def test_what_is_queued_at_the_end_is_still_kept(engine: Engine, database_url: str) -> None:
    async def scenario() -> bool:
        writer = Writer(engine)
        answer = asyncio.ensure_future(writer.run(put("last")))
        await asyncio.sleep(0)
        await asyncio.to_thread(writer.close)
        return await answer

    assert run(scenario()) is True
    assert kept(database_url) == {"last"}


def counted(connection: Connection, items: Sequence[int]) -> list[int | Exception]:
    """Keeps each, and says how many came with it; refuses 13."""
    for item in items:
        modules.put(connection, f"m{item}", b"", 0)
    return [ValueError("13") if item == 13 else len(items) for item in items]


def test_items_that_wait_together_are_worked_on_by_one_call_and_each_caller_hears_of_his_own(
    writer: Writer, database_url: str
) -> None:
    async def scenario() -> list[Any]:
        busy = threading.Event()
        first = asyncio.ensure_future(writer.run(lambda _connection: busy.wait(10)))
        await asyncio.sleep(0)
        told: list[Any] = []
        all_are_told = asyncio.Event()

        def tell(values: object) -> None:
            told.append(values)
            if len(told) == 3:
                all_are_told.set()
            if len(told) == 1:
                raise RuntimeError("of no concern to the others")

        for items in ([1, 2], [13], [3]):
            writer.run_together(counted, items, tell)
        busy.set()
        await first
        await all_are_told.wait()
        return told

    one, (refused,), three = run(scenario())
    assert (one, three) == ([4, 4], [4])
    assert isinstance(refused, ValueError)
    assert kept(database_url) == {"m1", "m2", "m3", "m13"}


def test_where_the_database_fails_each_caller_hears_of_it_once(
    writer: Writer, database_url: str
) -> None:
    def failing(_connection: Connection, _items: Sequence[int]) -> list[int | Exception]:
        raise OperationalError("", {}, Exception("gone"))

    async def scenario() -> Any:
        told = asyncio.get_running_loop().create_future()
        writer.run_together(failing, [1, 2], told.set_result)
        return await told

    assert run(scenario()).code == "database_unavailable"
    assert kept(database_url) == set()


def test_each_item_that_waits_counts_where_too_many_do(writer: Writer) -> None:
    async def scenario() -> None:
        busy = threading.Event()
        first = asyncio.ensure_future(writer.run(lambda _connection: busy.wait(10)))
        await asyncio.sleep(0)
        told = asyncio.get_running_loop().create_future()
        try:
            writer.run_together(counted, range(100, 164), told.set_result)
            with pytest.raises(ApiError):
                writer.run_together(counted, [1], lambda _values: None)
        finally:
            busy.set()
        await first
        await told
        assert await writer.run(put("after")) is True

    run(scenario())
