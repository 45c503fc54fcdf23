"""The server's command line: sentences and exit codes."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LiveServer
from tests.server.conftest import Command


def serve(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    return subprocess.run(
        [sys.executable, "-m", "qubix_server", "serve", *arguments],
        env=kept | {"QUBIX_HOME": str(home)} | environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_taken_port_is_a_sentence_and_nothing_is_written(
    command: Command, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        home = {"QUBIX_HOME": str(tmp_path)}
        done = command("serve", "--port", str(port), environment=home)
    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--port", "x"), "--port"),
        (("--port", "70000"), "--port"),
        (("--host", "0.0.0.0"), "--insecure-http"),
        (("--database-url", "mysql://x"), "SQLite"),
        (("--public-url", "ftp://x"), "http"),
        (("--trusted-proxies", "nobody"), "--trusted-proxies"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = command("serve", *arguments, environment={"QUBIX_HOME": str(tmp_path)})
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_address_that_is_not_this_computers_is_a_sentence(
    command: Command, tmp_path: Path
) -> None:
    home = {"QUBIX_HOME": str(tmp_path)}
    done = command("serve", "--host", "192.0.2.1", environment=home)
    assert done.returncode == 1
    assert "192.0.2.1" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_newer_database_is_not_touched(database_url: str, tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "qubix.db")
    with database:
        database.execute("UPDATE alembic_version SET version_num = 'ffff'")
    database.close()
    done = serve(tmp_path, QUBIX_DATABASE_URL=database_url)
    assert done.returncode == 1
    assert "newer version" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_token_is_for_this_account_only_and_can_be_replaced(
    command: Command, live_server: LiveServer
) -> None:
    file = live_server.home / "server" / "operator-token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = live_server.token
    done = command("token", environment=live_server.variables())
    assert done.stdout.strip() == live_server.token != before
    answer = live_server.ask("GET", "/api/jobs", credential=before)
    assert answer.status_code == 401
    assert live_server.ask("GET", "/api/jobs", credential=live_server.token).ok


def test_providers_are_listed_and_revoked(command: Command, server: LiveServer) -> None:
    def providers(*arguments: str) -> subprocess.CompletedProcess[str]:
        return command("providers", *arguments, environment=server.variables())

    machine = server.join("listed")
    assert "listed" in providers("list").stdout
    assert providers("revoke", "listed").returncode == 0
    assert machine.beat().status_code == 404
    assert "no computers" in providers("list").stdout


def test_jobs_are_handed_in_shown_and_cancelled(
    command: Command, server: LiveServer, tmp_path: Path
) -> None:
    def jobs(*arguments: str) -> str:
        done = command("jobs", *arguments, environment=server.variables())
        assert done.returncode == 0, done.stderr
        return done.stdout

    module = tmp_path / "a module.wasm"
    module.write_bytes(b"\0asm" + bytes(100_000))
    job_id = jobs("submit", str(module), "--no-wait").strip()
    assert "PENDING" in jobs("show", job_id)
    assert "CANCELLED" in jobs("cancel", job_id)
    assert job_id in jobs("list", "--status", "cancelled")
    assert "no jobs" in jobs("list", "--worker", "nobody")


def test_a_program_reads_every_answer_as_json(
    command: Command, server: LiveServer, tmp_path: Path
) -> None:
    module = tmp_path / "empty.wasm"
    module.write_bytes(b"\0asm")

    def told(*arguments: str) -> list[dict[str, Any]]:
        done = command(*arguments, "--json", environment=server.variables())
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    server.join("one")
    server.join("two")
    assert [one["workerId"] for one in told("providers", "list")] == ["one", "two"]
    assert told("providers", "revoke", "two") == [{"revoked": "two"}]
    (job,) = told("jobs", "submit", str(module), "--no-wait")
    assert told("jobs", "show", job["id"])[0]["status"] == "PENDING"
    assert job["id"] in [one["id"] for one in told("jobs", "list", "--status", "pending")]
    assert told("jobs", "cancel", job["id"])[0]["status"] == "CANCELLED"
    assert told("audit", "--most", "1")[0]["action"] == "job.cancel"


COMMANDS = (
    (), ("serve",), ("migrate",), ("backup",), ("token",), ("audit",), ("jobs",),
    ("jobs", "submit"), ("jobs", "show"), ("jobs", "list"), ("jobs", "cancel"), ("providers",),
    ("providers", "list"), ("providers", "revoke"),
)  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_explains_itself(command: Command, words: tuple[str, ...]) -> None:
    done = command(*words, "--help", environment={})
    assert done.returncode == 0
    assert " ".join(("usage: qubix-server", *words)) in done.stdout
    named = re.findall(r"^    ([a-z]+)\b", done.stdout, re.MULTILINE)
    assert named == [other[-1] for other in COMMANDS if other and other[:-1] == words]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("jobs", "submit", "/nowhere.wasm"), "cannot be read"),
        (("jobs", "show", "nothing"), "no such job"),
        (("jobs", "list", "--server", "http://127.0.0.1:9"), "cannot be reached"),
        (("jobs", "list", "--status", "odd"), "status must be"),
        (("providers", "revoke", "../x"), "refused"),
    ],
)
def test_a_command_that_fails_says_why(
    command: Command, shared_server: LiveServer, arguments: tuple[str, ...], sentence: str
) -> None:
    done = command(*arguments, environment=shared_server.variables())
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_it_ends_with_its_standard_input(tmp_path: Path) -> None:
    server = LiveServer(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "qubix_server", "serve", "--until-stdin-closes"],
        env=server.variables(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert "is served at" in process.stdout.readline()
    process.communicate(timeout=30)
    assert process.returncode == 0
