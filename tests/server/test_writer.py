"""The writer: one commit for many, nothing half-written, and on again after the database failed."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from qubix_server.errors import ApiError
from qubix_server.settings import Settings
from qubix_server.store import modules
from qubix_server.store.engine import writing_engine
from qubix_server.store.migrate import migrate
from qubix_server.store.writer import Writer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "qubix.db"
    migrate(Settings(f"sqlite:///{file}"))
    return file


@pytest.fixture
def engine(file: Path) -> Iterator[Engine]:
    engine = writing_engine(f"sqlite:///{file}")
    yield engine
    engine.dispose()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    writer = Writer(engine, capacity=64)
    yield writer
    writer.close()


def put(name: str, size: int = 1) -> Callable[[Connection], bool]:
    return lambda connection: modules.put(connection, name, bytes(size), 0)


def kept(file: Path) -> set[str]:
    connection = sqlite3.connect(file)
    names = {name for (name,) in connection.execute("SELECT sha256 FROM modules")}
    connection.close()
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


def test_those_who_wait_together_share_a_commit(writer: Writer, engine: Engine, file: Path) -> None:
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    names = [f"m{number}" for number in range(20)]
    assert run(together(writer, *map(put, names))) == [True] * 20
    assert kept(file) == set(names)
    assert len(commits) <= 3


def test_a_write_that_is_refused_leaves_the_others_be(writer: Writer, file: Path) -> None:
    def refused(connection: Connection) -> None:
        put("half")(connection)
        raise ApiError(409, "no", "No.")

    before, error, after = run(together(writer, put("before"), refused, put("after")))
    assert (before, after) == (True, True)
    assert isinstance(error, ApiError)
    assert error.status == 409
    assert kept(file) == {"before", "after"}


def test_a_full_disk_is_a_503_that_leaves_nothing_and_passes(writer: Writer, file: Path) -> None:
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
        assert kept(file) == {"small"}
        await writer.run(limit(1 << 30))
        assert await writer.run(put("large", 1 << 20)) is True

    run(scenario())
    assert kept(file) == {"small", "large"}


@pytest.mark.slow
def test_a_database_that_another_holds_is_a_503_and_is_written_again_later(
    writer: Writer, file: Path
) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ApiError) as refused:
        run(writer.run(put("locked")))
    assert refused.value.code == "database_unavailable"
    other.execute("ROLLBACK")
    other.close()
    assert run(writer.run(put("free"))) is True
    assert kept(file) == {"free"}


def test_too_many_who_wait_are_turned_away(writer: Writer) -> None:
    async def scenario() -> list[Any]:
        return await together(writer, *(put(f"m{number}") for number in range(80)))

    answers = run(scenario())
    turned_away = [answer for answer in answers if isinstance(answer, ApiError)]
    assert {answer.code for answer in turned_away} == {"overloaded"}
    assert answers.count(True) + len(turned_away) == 80
    assert 15 <= len(turned_away) <= 17


def test_what_is_queued_at_the_end_is_still_kept(engine: Engine, file: Path) -> None:
    async def scenario() -> bool:
        writer = Writer(engine)
        answer = asyncio.ensure_future(writer.run(put("last")))
        await asyncio.sleep(0)
        await asyncio.to_thread(writer.close)
        return await answer

    assert run(scenario()) is True
    assert kept(file) == {"last"}
