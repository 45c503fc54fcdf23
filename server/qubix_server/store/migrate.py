"""Brings a database to the form that this version of the server knows, at each start.

All or nothing, on both kinds of database. Of an SQLite file that has facts in it, a copy is made
first; where that cannot be made, nothing is changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from qubix_server.errors import StartError
from qubix_server.settings import Settings
from qubix_server.store import locks
from qubix_server.store.backup import keep_copy
from qubix_server.store.engine import is_postgresql, parsed, shown, writing_engine

SCRIPTS = Path(__file__).parent.parent / "migrations"


@dataclass(frozen=True)
class Migration:
    """What was done. `before` is None where there was no database."""

    before: str | None
    after: str
    steps: tuple[str, ...] = ()
    """What each revision in between brought."""
    copy: Path | None = None
    """What was there before."""


def migrate(settings: Settings) -> Migration:
    """Creates or upgrades the database.

    Raises StartError where it is newer than this program, cannot be reached or has no room.
    """
    where = shown(settings.database_url)
    try:
        if settings.database_file:
            settings.database_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Created here so that nobody else can read it for a moment.
            settings.database_file.touch(mode=0o600)
        engine = writing_engine(settings.database_url)
        try:
            with engine.begin() as connection:
                return _migrate(connection, settings.database_file, where)
        finally:
            engine.dispose()
    except OSError as error:
        raise StartError(
            f"The folder of the database {where} cannot be written: {error.strerror or error}. "
            "Give this account the right to write there, or give another --database-url."
        ) from error
    except (DatabaseError, InterfaceError, PoolTimeout) as error:
        reason = str(error.orig if isinstance(error, (DatabaseError, InterfaceError)) else error)
        raise StartError(_why_not(settings.database_url, where, reason)) from None


def _migrate(connection: Connection, file: Path | None, where: str) -> Migration:
    locks.everything(connection)
    if connection.dialect.name == "postgresql":
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise StartError(
                f"The database {where} keeps its text as {encoding}, which cannot hold all that "
                "there is. Make it anew with: CREATE DATABASE ... ENCODING 'UTF8' "
                "TEMPLATE template0."
            )
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    before = MigrationContext.configure(connection).get_current_revision()
    after = scripts.get_current_head() or ""
    if before is not None and not _is_known(scripts, before):
        raise StartError(
            f"The database {where} was made by a newer version of qubix-server. "
            "Install that version or a newer one, or give another --database-url."
        )
    if before == after:
        return Migration(before, after)
    copy = keep_copy(file, before) if file and before else None
    steps = tuple(step.doc for step in scripts.iterate_revisions(after, before or "base"))
    command.upgrade(config, "head")
    return Migration(before, after, steps[::-1], copy)


def _is_known(scripts: ScriptDirectory, revision: str) -> bool:
    try:
        return scripts.get_revision(revision) is not None
    except CommandError:
        return False


def _why_not(url: str, where: str, reason: str) -> str:
    reason = " ".join(reason.split())
    if password := parsed(url).password:
        reason = reason.replace(str(password), "...")
    reason = reason.rstrip(".")
    if is_postgresql(url):
        return (
            f"The database {where} cannot be used: {reason}. See that PostgreSQL runs there, that "
            "the user and the password are right and that the user may make tables, or give "
            "another --database-url."
        )
    return (
        f"The database {where} cannot be used: {reason}. "
        "See that its disk has room, that this account may write it and that nothing holds "
        "it, or give another --database-url."
    )
