"""The database's address: what can be given, what is refused in words, and what is told of it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from qubix_server.errors import StartError
from qubix_server.settings import Settings
from qubix_server.store.engine import parsed, shown
from tests.conftest import LiveServer
from tests.postgresql import Cluster
from tests.server.conftest import Command
from tests.server.databases import Databases

PASSWORD = "correct-horse%2Fbattery"
SECRETS = ("correct-horse", "battery")


def migrate(url: str, home: Path, *, without: str = "") -> subprocess.CompletedProcess[str]:
    """`qubix-server migrate`, as if the module `without` were not installed."""
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({without.split()!r})); "
        "from qubix_server.cli import main; sys.exit(main(['migrate']))"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"QUBIX_DATABASE_URL": url, "QUBIX_HOME": str(home)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence with which a command has ended."""
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS)
    return done.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:////srv/qubix.db", "/srv/qubix.db"),
        ("postgresql://me:secret@db.example:5433/q", "postgresql://me@db.example:5433/q"),
        ("postgres://me:secret@db.example/q", "postgresql://me@db.example/q"),
        ("postgresql:///q?host=/run/postgresql&password=secret", "postgresql:///q"),
    ],
)
def test_the_password_is_not_told(url: str, told: str) -> None:
    assert shown(url) == told
    assert "secret" not in repr(Settings(url))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:pass@word@host/q",
        "postgresql://me:pass/word@host/q",
        "postgresql://me:word@host:port/q",
        "mysql://me:word@host/q",
        "sqlite://",
        "word",
        "",
    ],
)
def test_an_address_that_cannot_be_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(StartError) as refusal:
        parsed(url)
    assert "word@" not in str(refusal.value).replace("user:password@host", "")


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    done = migrate(f"postgresql://me:{PASSWORD}@127.0.0.1/q", tmp_path, without="psycopg")
    assert "pip install" in refused(done)


def test_where_no_server_answers_is_a_sentence(command: Command, tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        url = f"postgresql://me:{PASSWORD}@127.0.0.1:{port}/q"
        environment = {"QUBIX_DATABASE_URL": url, "QUBIX_HOME": str(tmp_path)}
        done = command("migrate", environment=environment)
    assert f"postgresql://me@127.0.0.1:{port}/q cannot be used" in refused(done)


@pytest.mark.slow
def test_a_user_that_the_server_does_not_know_is_a_sentence(
    postgresql: Cluster, tmp_path: Path
) -> None:
    url = postgresql.url("postgres").replace("tester@", f"stranger:{PASSWORD}@")
    assert "stranger" in refused(migrate(url, tmp_path))


@pytest.mark.slow
def test_a_database_that_cannot_hold_all_text_is_a_sentence(
    postgresql: Cluster, tmp_path: Path
) -> None:
    postgresql.execute("CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert "LATIN1" in refused(migrate(postgresql.url("narrow"), tmp_path))


@pytest.mark.both_databases
def test_what_programs_print_is_kept_whatever_it_is(
    databases: Databases, live_server: LiveServer
) -> None:
    machine = live_server.join("w")
    machine.beat()
    body = {"kind": "wasm", "spec": {"module": "AAAA", "odd": "a\0b"}}
    job = live_server.ask("POST", "/api/jobs/create", body, credential=live_server.token).json()
    path = f"/api/jobs/{job['job']['id']}"
    assert [one["id"] for one in machine.beat().json()["pendingJobs"]] == [job["job"]["id"]]
    told = {"progress": 1, "log": ["a\0b", "\U0001f600", "\x1b[1m"]}
    assert machine.ask("POST", f"{path}/progress", told).ok
    ending = {"status": "completed", "result": {"text": "a\0b"}}
    assert machine.ask("POST", f"{path}/complete", ending).ok
    logs = live_server.ask("GET", f"{path}/logs", credential=live_server.token).json()["logs"]
    nul = "\ufffd" if databases.cluster else "\0"
    assert [one["line"] for one in logs] == [f"a{nul}b", "\U0001f600", "\x1b[1m"]
    result = live_server.ask("GET", f"{path}/result", credential=live_server.token).json()
    assert result["result"] == {"text": "a\0b"}
    row = live_server.ask("GET", path, credential=live_server.token).json()["job"]
    assert row["spec"]["odd"] == "a\0b"
    assert (
        live_server.ask("GET", "/api/jobs/a%00b", credential=live_server.token).status_code == 404
    )
