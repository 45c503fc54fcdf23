"""The database of an older version is brought up to date with all that is in it, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from qubix_server.settings import Settings
from qubix_server.store.engine import writing_engine
from qubix_server.store.migrate import SCRIPTS, migrate
from qubix_server.store.schema import metadata

TABLES = tuple(metadata.tables)
OLD_ROWS = """
INSERT INTO providers (seq, id, worker_id, name, type, hardware, capabilities, worker_version,
    worker_sha256, registered_at, is_online, is_enabled, state, total_jobs)
    VALUES (1, 'p', 'w', 'n', 'native', '{}', '[]', '0.1.0', '', 1, 1, 1, 'busy', 7);
INSERT INTO worker_secrets VALUES ('s', 1, 1);
INSERT INTO enrollments VALUES ('t', 'c', 1, 2, 1, 1);
INSERT INTO metrics (provider_seq, at) VALUES (1, 1);
INSERT INTO jobs (seq, id, request_hash, kind, spec, timeout_seconds, needs_gpu, status,
    provider_seq, worker_id, attempt, lost_leases, progress, created_at)
    VALUES (1, 'a', '', 'wasm', '{}', 5, 0, 'RUNNING', 1, 'w', 1, 0, 0, 1),
           (2, 'b', '', 'wasm', '{}', 5, 0, 'ASSIGNED', 1, 'w', 1, 0, 0, 1),
           (3, 'c', '', 'wasm', '{}', 5, 0, 'COMPLETED', 1, 'w', 1, 0, 0, 1);
INSERT INTO job_results VALUES (3, '{}');
INSERT INTO job_logs (job_seq, at, attempt, line) VALUES (3, 1, 1, 'line');
INSERT INTO job_leases VALUES (3, 1, 'p', 1);
"""


class Alembic:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._config = Config(attributes={"connection": connection})
        self._config.set_main_option("script_location", str(SCRIPTS))
        self._config.set_main_option("path_separator", "os")

    def up(self, revision: str) -> None:
        command.upgrade(self._config, revision)

    def down(self, revision: str) -> None:
        command.downgrade(self._config, revision)

    def rows(self, table: str) -> list[dict[str, Any]]:
        found = self.connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - our names
        return [dict(row) for row in found.mappings()]


@pytest.fixture
def alembic(tmp_path: Path) -> Iterator[Alembic]:
    engine = writing_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with engine.begin() as connection:
        yield Alembic(connection)
    engine.dispose()


def test_rows_of_the_first_version_are_kept_upwards_and_downwards(alembic: Alembic) -> None:
    alembic.up("0001")
    for statement in OLD_ROWS.split(";")[:-1]:
        alembic.connection.execute(text(statement))
    old = {table: alembic.rows(table) for table in TABLES}
    alembic.up("head")
    (provider,) = alembic.rows("providers")
    assert (provider["names_jobs"], provider["free_slots"]) == (1, None)
    assert [job["named"] for job in alembic.rows("jobs")] == [1, 0, 0]
    for table in TABLES:
        new = alembic.rows(table)
        assert [row | was for row, was in zip(new, old[table], strict=True)] == new
    alembic.down("0001")
    assert {table: alembic.rows(table) for table in TABLES} == old
    alembic.up("head")


def test_the_migrations_make_the_tables_as_they_are_declared(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    migrate(Settings(url))
    engine = writing_engine(url)
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_migrations_can_be_undone_to_nothing(alembic: Alembic) -> None:
    alembic.up("head")
    alembic.down("base")
    names = alembic.connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
    assert {name for (name,) in names if not name.startswith("sqlite_")} == {"alembic_version"}
