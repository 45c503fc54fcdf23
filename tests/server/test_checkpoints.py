"""SQLite's log, which is copied into the database beside the writer."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from qubix_server.store.checkpoints import Checkpoints
from qubix_server.store.engine import (
    LOG_PAGES,
    PAGE_BYTES,
    READERS_KIB,
    WRITERS_KIB,
    reading_engine,
    writing_engine,
)
from tests.conftest import wait_until

SOON = 0.01


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "é facts.db"


@pytest.fixture
def writing(database: Path) -> Iterator[Connection]:
    engine = writing_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextlib.contextmanager
def checkpoints(engine: Engine) -> Iterator[Checkpoints]:
    made = Checkpoints(engine, every_seconds=SOON)
    yield made
    made.close()
    engine.dispose()


def write(connection: Connection, number: int) -> None:
    with connection.begin():
        connection.execute(text("CREATE TABLE IF NOT EXISTS facts (number)"))
        connection.execute(text("INSERT INTO facts VALUES (:number)"), {"number": number})


def in_the_file_itself(database: Path) -> list[int]:
    """What is there without the log."""
    connection = sqlite3.connect(f"{database.as_uri()}?immutable=1", uri=True)
    try:
        return [number for (number,) in connection.execute("SELECT number FROM facts")]
    except sqlite3.OperationalError:
        return []
    finally:
        connection.close()


def test_what_is_written_comes_into_the_file_itself(database: Path, writing: Connection) -> None:
    with checkpoints(reading_engine(f"sqlite:///{database}")) as copying:
        for number in range(3):
            write(writing, number)
            assert in_the_file_itself(database) == list(range(number)), "it was the writer"
            copying.note()
            wait_until(lambda number=number: in_the_file_itself(database) == [*range(number + 1)])


def test_it_goes_on_after_it_could_not(database: Path, writing: Connection) -> None:
    tries = 0

    def connect() -> sqlite3.Connection:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise sqlite3.OperationalError("unable to open database file")
        return sqlite3.connect(database, check_same_thread=False)

    with checkpoints(create_engine("sqlite://", creator=connect)) as copying:
        write(writing, 7)

        def is_there() -> bool:
            copying.note()
            return in_the_file_itself(database) == [7]

        wait_until(is_there)
    assert tries > 2


def test_the_log_is_bounded_by_the_writer_too(writing: Connection) -> None:
    pages = writing.execute(text("PRAGMA wal_autocheckpoint")).scalar_one()
    assert 0 < pages <= LOG_PAGES


def test_the_log_takes_a_small_part_of_a_small_disk_only(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 6 << 20
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    engine = writing_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        pages = connection.execute(text("PRAGMA wal_autocheckpoint")).scalar_one()
    engine.dispose()
    assert 0 < pages * PAGE_BYTES <= free / 8


def test_the_writer_keeps_much_of_the_file_in_memory_and_readers_little(database: Path) -> None:
    kept = []
    for make in (writing_engine, reading_engine):
        engine = make(f"sqlite:///{database}")
        with engine.begin() as connection:
            kept.append(-connection.execute(text("PRAGMA cache_size")).scalar_one())
        engine.dispose()
    assert kept == [WRITERS_KIB, READERS_KIB]
