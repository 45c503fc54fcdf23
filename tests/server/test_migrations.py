"""The database of an older version is brought up to date with all that is in it, and back; the
file of one is copied before."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command as steps
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from qubix_server.errors import StartError
from qubix_server.settings import Settings
from qubix_server.store.engine import writing_engine
from qubix_server.store.migrate import SCRIPTS, migrate
from qubix_server.store.schema import metadata
from tests.server.conftest import Command
from tests.server.databases import Databases

pytestmark = pytest.mark.both_databases
TABLES = tuple(metadata.tables)
OLD_ROWS = """
INSERT INTO providers (seq, id, worker_id, name, type, hardware, capabilities, worker_version,
    worker_sha256, registered_at, is_online, is_enabled, state, total_jobs)
    VALUES (1, 'p', 'w', 'n', 'native', '{}', '[]', '0.1.0', '', 1, true, true, 'busy', 7);
INSERT INTO worker_secrets VALUES ('s', 1, 1);
INSERT INTO enrollments VALUES ('t', 'c', 1, 2, 1, 1);
INSERT INTO metrics (provider_seq, at) VALUES (1, 1);
INSERT INTO jobs (seq, id, request_hash, kind, spec, timeout_seconds, needs_gpu, status,
    provider_seq, worker_id, attempt, lost_leases, progress, created_at)
    VALUES (1, 'a', '', 'wasm', '{}', 5, false, 'RUNNING', 1, 'w', 1, 0, 0, 1),
           (2, 'b', '', 'wasm', '{}', 5, false, 'ASSIGNED', 1, 'w', 1, 0, 0, 1),
           (3, 'c', '', 'wasm', '{}', 5, false, 'COMPLETED', 1, 'w', 1, 0, 0, 1);
INSERT INTO job_results VALUES (3, '{}');
INSERT INTO job_logs (job_seq, at, attempt, line) VALUES (3, 1, 1, 'line');
INSERT INTO job_leases VALUES (3, 1, 'p', 1);
"""


# What may stand, besides, in the columns that each later version brought.
LATER_ROWS = {
    "0001": "",
    "0002": """
UPDATE providers SET free_slots = 2, names_jobs = true, session = 's', report = 9007199254740992,
    pause_reason = 'why', price_per_hour = 0.25;
UPDATE jobs SET named = true WHERE seq = 2;
""",
    "0003": "UPDATE jobs SET progress_session = 's', progress_report = 5 WHERE seq = 1;",
    "0004": "INSERT INTO audit VALUES (1, 1, 'operator', '0123', 'job.create', 'a', '::1');",
    "0005": "",
    "0006": "INSERT INTO tries VALUES ('codes', '::/64', 9007199254740992);",
    "0007": "",
}
REVISIONS = tuple(LATER_ROWS)


class Alembic:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._config = Config(attributes={"connection": connection})
        self._config.set_main_option("script_location", str(SCRIPTS))
        self._config.set_main_option("path_separator", "os")

    def up(self, revision: str) -> None:
        steps.upgrade(self._config, revision)

    def down(self, revision: str) -> None:
        steps.downgrade(self._config, revision)

    def rows(self, table: str) -> list[dict[str, Any]]:
        if table not in inspect(self.connection).get_table_names():
            return []  # of a later version
        found = self.connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - our names
        # PostgreSQL tells them in the order in which they were last changed.
        return sorted((dict(row) for row in found.mappings()), key=lambda row: row.get("seq", 0))


@pytest.fixture
def alembic(databases: Databases, tmp_path: Path) -> Iterator[Alembic]:
    engine = writing_engine(databases.empty(tmp_path))
    with engine.begin() as connection:
        yield Alembic(connection)
    engine.dispose()


def fill(alembic: Alembic, revision: str) -> None:
    """Brings an empty database to a version, with facts from that one and those before it."""
    for each in REVISIONS[: REVISIONS.index(revision) + 1]:
        alembic.up(each)
        rows = (OLD_ROWS if each == "0001" else "") + LATER_ROWS[each]
        for statement in rows.split(";")[:-1]:
            alembic.connection.execute(text(statement))


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_of_every_version_are_kept_upwards_and_downwards(
    alembic: Alembic, revision: str
) -> None:
    fill(alembic, revision)
    old = {table: alembic.rows(table) for table in TABLES}
    alembic.up("head")
    for table in TABLES:
        new = alembic.rows(table)
        assert [row | was for row, was in zip(new, old[table], strict=True)] == new
    alembic.down(revision)
    assert {table: alembic.rows(table) for table in TABLES} == old
    alembic.up("head")


def test_what_the_first_version_took_for_granted_is_written_down(alembic: Alembic) -> None:
    fill(alembic, "0001")
    alembic.up("head")
    (provider,) = alembic.rows("providers")
    assert (provider["names_jobs"], provider["free_slots"]) == (1, None)
    assert [job["named"] for job in alembic.rows("jobs")] == [1, 0, 0]


def test_measurements_in_a_providers_row_go_to_the_others_downwards(alembic: Alembic) -> None:
    fill(alembic, "0007")
    recent = "[[5,1.5,2.5,null,null,null],[6,3.5,null,null,70.0,null]]"
    alembic.connection.execute(text("UPDATE providers SET recent = :recent"), {"recent": recent})
    alembic.down("0006")
    _, *rows = [tuple(row.values())[1:] for row in alembic.rows("metrics")]
    assert rows == [(1, 5, 1.5, 2.5, None, None, None), (1, 6, 3.5, None, None, 70.0, None)]


@pytest.mark.only_sqlite
def test_every_version_has_rows_here() -> None:
    scripts = ScriptDirectory(str(SCRIPTS))
    known = [script.revision for script in scripts.walk_revisions()]
    assert known[::-1] == list(REVISIONS)


def test_the_migrations_make_the_tables_as_they_are_declared(database_url: str) -> None:
    engine = writing_engine(database_url)
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_migrations_can_be_undone_to_nothing(alembic: Alembic) -> None:
    alembic.up("head")
    alembic.down("base")
    assert inspect(alembic.connection).get_table_names() == ["alembic_version"]


def test_a_database_of_a_newer_version_is_not_touched(database_url: str) -> None:
    change(database_url, "UPDATE alembic_version SET version_num = 'ffff'")
    with pytest.raises(StartError, match="newer version"):
        migrate(Settings(database_url))
    assert revision_of(database_url) == "ffff"


def test_a_migration_that_fails_leaves_all_as_it_was(databases: Databases, tmp_path: Path) -> None:
    url = old_database(databases, tmp_path)
    # In the way of the second of two steps: the first is undone too.
    change(url, "ALTER TABLE jobs ADD COLUMN progress_report INTEGER")
    with pytest.raises(StartError, match="progress_report"):
        migrate(Settings(url))
    assert revision_of(url) == "0001"
    change(url, "ALTER TABLE jobs DROP COLUMN progress_report")
    assert migrate(Settings(url)).after == REVISIONS[-1]


def test_the_command_says_what_it_did(
    command: Command, databases: Databases, tmp_path: Path
) -> None:
    url = old_database(databases, tmp_path)
    environment = {"QUBIX_DATABASE_URL": url, "QUBIX_HOME": str(tmp_path)}
    first, second = (command("migrate", environment=environment).stdout for _ in range(2))
    assert f"from revision 0001 to {REVISIONS[-1]}" in first
    assert "Several jobs at once" in first
    assert "up to date" in second


@pytest.mark.only_sqlite
def test_a_file_is_copied_before_it_is_changed(databases: Databases, tmp_path: Path) -> None:
    url = old_database(databases, tmp_path)
    done = migrate(Settings(url))
    assert done.copy
    assert "revision-0001" in done.copy.name
    assert stat.S_IMODE(done.copy.stat().st_mode) == 0o600
    copied = f"sqlite:///{done.copy}"
    assert revision_of(copied) == "0001"
    assert migrate(Settings(copied)).before == "0001"


@pytest.mark.only_sqlite
def test_what_is_up_to_date_or_new_is_not_copied(databases: Databases, tmp_path: Path) -> None:
    url = databases.make(tmp_path)
    assert migrate(Settings(url)).copy is None
    assert [file for file in tmp_path.iterdir() if "backup" in file.name] == []


@pytest.mark.only_sqlite
def test_only_the_newest_copies_stay(databases: Databases, tmp_path: Path) -> None:
    older = [
        tmp_path / f"qubix.db.2020010{day}T000000Z.revision-0001.backup" for day in range(1, 5)
    ]
    for file in older:
        file.touch()
    done = migrate(Settings(old_database(databases, tmp_path)))
    left = {file for file in tmp_path.iterdir() if file.name.endswith(".backup")}
    assert left == {done.copy, *older[-2:]}


@pytest.mark.only_sqlite
def test_without_room_for_a_copy_nothing_is_migrated(databases: Databases, tmp_path: Path) -> None:
    url = old_database(databases, tmp_path)
    file = tmp_path / "qubix.db"
    room = file.stat().st_size // 2
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room})); "
        "from qubix_server.cli import main; sys.exit(main(['migrate']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"QUBIX_DATABASE_URL": url, "QUBIX_HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "nothing was changed" in done.stderr
    assert "Traceback" not in done.stderr
    assert [one for one in tmp_path.iterdir() if "backup" in one.name] == []
    assert revision_of(url) == "0001"


def old_database(databases: Databases, folder: Path) -> str:
    """One of the first version, with facts in it."""
    url = databases.empty(folder)
    engine = writing_engine(url)
    with engine.begin() as connection:
        fill(Alembic(connection), "0001")
    engine.dispose()
    return url


def change(url: str, statement: str) -> None:
    engine = writing_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def revision_of(url: str) -> str | None:
    engine = writing_engine(url)
    with engine.begin() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return revision
