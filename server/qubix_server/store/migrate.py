"""Brings a database to the form that this version of the server knows, at each start."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from qubix_server.errors import StartError
from qubix_server.settings import Settings
from qubix_server.store.engine import writing_engine

SCRIPTS = Path(__file__).parent.parent / "migrations"


def migrate(settings: Settings) -> tuple[str | None, str]:
    """Creates or upgrades the database; the revision before and the one after.

    Raises StartError where it is newer than this program, cannot be reached or has no room.
    """
    where = settings.database_file or settings.database_url
    engine = writing_engine(settings.database_url)
    try:
        if settings.database_file:
            settings.database_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Created here so that nobody else can read it for a moment.
            settings.database_file.touch(mode=0o600)
        with engine.begin() as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
            config.set_main_option("path_separator", "os")
            scripts = ScriptDirectory.from_config(config)
            before = MigrationContext.configure(connection).get_current_revision()
            if before is not None and not _is_known(scripts, before):
                raise StartError(
                    f"The database {where} was made by a newer version of qubix-server. "
                    "Install that version or a newer one, or give another --database-url."
                )
            command.upgrade(config, "head")
            return before, scripts.get_current_head() or ""
    except OSError as error:
        raise StartError(
            f"The folder of the database {where} cannot be written: {error.strerror or error}. "
            "Give this account the right to write there, or give another --database-url."
        ) from error
    except (DatabaseError, PoolTimeout) as error:
        reason = error.orig if isinstance(error, DatabaseError) else error
        raise StartError(
            f"The database {where} cannot be used: {reason}. "
            "See that its disk has room, that this account may write it and that nothing holds "
            "it, or give another --database-url."
        ) from error
    finally:
        engine.dispose()


def _is_known(scripts: ScriptDirectory, revision: str) -> bool:
    try:
        return scripts.get_revision(revision) is not None
    except CommandError:
        return False
