"""Connections to the database, set up so that what is committed stays.

Readers and the writer have an engine each: in SQLite's write-ahead log they do not block one
another, and the writer takes the lock at the start of its transaction (BEGIN IMMEDIATE), where
waiting for it is harmless.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from qubix_server.errors import StartError

LOCK_TIMEOUT_SECONDS = 5
READERS = 4


def writing_engine(url: str) -> Engine:
    return _engine(url, "BEGIN IMMEDIATE", connections=1)


def reading_engine(url: str) -> Engine:
    return _engine(url, "BEGIN", connections=READERS)


def _engine(url: str, begin: str, connections: int) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StartError(
            "The database's address cannot be understood. "
            "Give --database-url as in sqlite:////var/lib/qubix/qubix.db."
        ) from error
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise StartError(
            "This version keeps its data in an SQLite file only. "
            "Give --database-url as in sqlite:////var/lib/qubix/qubix.db."
        )
    engine = create_engine(
        parsed,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": LOCK_TIMEOUT_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
        # Python's module begins transactions too late for savepoints; ours are begun below.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
