"""Connections to the database, set up so that what is committed stays.

Readers and the writer have an engine each. In SQLite's write-ahead log they do not block one
another, and the writer takes the lock at the start of its transaction (BEGIN IMMEDIATE), where
waiting for it is harmless. On PostgreSQL, where several servers write at once, a writer sees what
others have committed meanwhile (READ COMMITTED) and locks what it will change (`locks`); readers
keep to one view of the data. The one thing to know before changing it: a URL may hold a password,
so only what `shown` makes of it may be told to anyone.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from qubix_server.errors import StartError

LOCK_TIMEOUT_SECONDS = 5
STATEMENT_TIMEOUT_SECONDS = 60
CONNECT_TIMEOUT_SECONDS = 5
READERS = 4
PAGE_BYTES = 4096
LOG_PAGES = 32_000
"""Where SQLite's log is longer, the writer sees to it (see `checkpoints`)."""
LOG_SHARE = 8
"""Nor shall it take more than this part of a disk: what is copied out of it needs room too."""
READERS_KIB = 8 * 1024
WRITERS_KIB = 256 * 1024
"""What SQLite keeps of the file in memory at most: with a million providers, the ways to them."""
FORMS = "sqlite:////var/lib/qubix/qubix.db or postgresql://user:password@host/database"


def parsed(url: str) -> URL:
    """Raises StartError where it is not a database that can be used; never tells what is in it."""
    scheme, _, rest = url.partition("://")
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        scheme = "postgresql+psycopg"
        # Else a part of the password would be taken for the host's name, and be told in errors.
        credentials = rest.rpartition("@")[0]
        if any(character in credentials.replace("%40", "") for character in "@/?#[]"):
            raise StartError(
                "The database's address cannot be understood. In its user and password, "
                "write @ as %40, / as %2F, ? as %3F, # as %23, [ as %5B and ] as %5D."
            )
    try:
        made = make_url(f"{scheme}://{rest}")
    except (ArgumentError, ValueError):
        raise StartError(
            f"The database's address cannot be understood. Give --database-url as in {FORMS}."
        ) from None
    is_file = made.drivername in ("sqlite", "sqlite+pysqlite") and made.database not in (
        None,
        "",
        ":memory:",
    )
    if not is_file and scheme != "postgresql+psycopg":
        raise StartError(
            "The database must be an SQLite file or a PostgreSQL database. "
            f"Give --database-url as in {FORMS}."
        )
    return made


def shown(url: str) -> str:
    """What may be told of a database's address: a file's path, or all but the password."""
    made = parsed(url)
    if made.get_backend_name() == "sqlite":
        return made.database or ""
    place = URL.create("postgresql", made.username, None, made.host, made.port, made.database)
    return str(place)


def is_postgresql(url: str) -> bool:
    return parsed(url).get_backend_name() == "postgresql"


def writing_engine(url: str) -> Engine:
    return _engine(url, connections=1, reads_only=False)


def reading_engine(url: str) -> Engine:
    # And those of `checkpoints`: its thread's, and the writer's.
    return _engine(url, connections=READERS + 2, reads_only=True)


def conninfo(url: str) -> dict[str, Any]:
    """How psycopg itself is told to connect, for what is not a query (`neighbours`)."""
    made = parsed(url)
    _, arguments = _dialect_of(made).create_connect_args(made)
    return {**arguments, **_SESSION}


_SESSION = {
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,
    "application_name": "qubix-server",
    "client_encoding": "utf8",
    # Where the other end is gone without a word, that is noticed in time to answer.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
)


def _engine(url: str, *, connections: int, reads_only: bool) -> Engine:
    made = parsed(url)
    if made.get_backend_name() == "sqlite":
        return _sqlite(made, connections, reads_only)
    return _postgresql(made, connections, reads_only)


def _sqlite(url: URL, connections: int, reads_only: bool) -> Engine:
    begin = "BEGIN" if reads_only else "BEGIN IMMEDIATE"
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": LOCK_TIMEOUT_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
        # Python's module begins transactions too late for savepoints; ours are begun below.
        connection.isolation_level = None
        for pragma in (
            *_PRAGMAS,
            f"cache_size=-{READERS_KIB if reads_only else WRITERS_KIB}",
            f"wal_autocheckpoint={_log_pages(Path(url.database or ''))}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _log_pages(database: Path) -> int:
    try:
        free = shutil.disk_usage(database.parent).free
    except OSError:
        return LOG_PAGES
    return max(1, min(LOG_PAGES, free // LOG_SHARE // PAGE_BYTES))


def _postgresql(url: URL, connections: int, reads_only: bool) -> Engine:
    _dialect_of(url)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=LOCK_TIMEOUT_SECONDS,
        isolation_level="REPEATABLE READ" if reads_only else "READ COMMITTED",
        hide_parameters=True,
        connect_args=_SESSION,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        _take_text_with_nul(connection)
        connection.autocommit = True
        connection.execute(
            f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'; "
            f"SET statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s'; "
            f"SET idle_in_transaction_session_timeout = '{STATEMENT_TIMEOUT_SECONDS}s'"
        )
        # What is acknowledged is on the disk, however the database is set up otherwise.
        if connection.execute("SHOW synchronous_commit").fetchone()[0] == "off":
            connection.execute("SET synchronous_commit = on")
        connection.autocommit = False
        connection.read_only = reads_only

    return engine


def _dialect_of(url: URL) -> Any:
    try:
        import psycopg  # noqa: F401, PLC0415 - there only with the extra `postgresql`
    except ImportError:
        raise StartError(
            "PostgreSQL needs a library that is not installed here. "
            "Install it with: pip install 'qubix[server,postgresql]'."
        ) from None
    return url.get_dialect()()


def _take_text_with_nul(connection: Any) -> None:
    """Programs print NUL, which PostgreSQL's text cannot hold: U+FFFD stands in its place."""
    from psycopg.types.string import StrDumperUnknown  # noqa: PLC0415 - as above

    class Dumper(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\ufffd"))

    connection.adapters.register_dumper(str, Dumper)
