"""A copy of the database that is made while computers report, and a server that begins with it."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LiveServer, Machine, wait_until
from tests.postgresql import Cluster
from tests.server.conftest import Command


@dataclass
class Player:
    """A worker as ours are: it names what it runs, and counts its free places."""

    machine: Machine
    runs: list[str] = field(default_factory=list)

    def beat(self) -> dict[str, Any]:
        body = {"status": "online", "currentJobs": self.runs, "freeSlots": 1 - len(self.runs)}
        path = f"/api/providers/{self.machine.worker_id}/heartbeat"
        answer = self.machine.ask("POST", path, body)
        assert answer.ok, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def take(self) -> str:
        self.runs = [job["id"] for job in self.beat()["pendingJobs"]]
        self.beat()
        return self.runs[0]

    def complete(self, job_id: str, attempt: int = 1) -> int:
        body = {"status": "completed", "result": {"exitCode": 0}, "attempt": attempt}
        return self.machine.ask("POST", f"/api/jobs/{job_id}/complete", body).status_code


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def create(server: LiveServer) -> str:
    body = {"kind": "wasm", "spec": {"module": ""}}
    answer = server.ask("POST", "/api/jobs/create", body, credential=server.token)
    job_id: str = answer.json()["job"]["id"]
    return job_id


def state(server: LiveServer, token: str, job_id: str) -> str:
    answer = server.ask("GET", f"/api/jobs/{job_id}", credential=token)
    status: str = answer.json()["job"]["status"]
    return status


def restored(copy: Path, home: Path) -> LiveServer:
    """As the document says: the copy is put where the database lies, and the server is started."""
    (home / "server").mkdir(parents=True)
    (home / "server" / "qubix.db").write_bytes(copy.read_bytes())
    server = LiveServer(home)
    server.start()
    return server


@pytest.mark.slow
def test_a_copy_that_is_made_under_way_has_all_that_was_kept_before_it(
    live_server: LiveServer, tmp_path: Path
) -> None:
    machines = [live_server.join(f"w{number}") for number in range(8)]
    over, beats = threading.Event(), [0] * len(machines)

    def go_on(number: int) -> None:
        while not over.is_set():
            answer = machines[number].beat()
            assert answer.status_code == 200, answer.text
            beats[number] += 1

    copy = tmp_path / "copy.db"
    with ThreadPoolExecutor(len(machines)) as pool:
        going = [pool.submit(go_on, number) for number in range(len(machines))]
        try:
            wait_until(lambda: min(beats) > 3 or any(one.done() for one in going))
            done = live_server.cli("backup", str(copy))
            were = list(beats)
            wait_until(
                lambda: (
                    all(now > then for now, then in zip(beats, were, strict=True))
                    or any(one.done() for one in going)
                )
            )
        finally:
            over.set()
        for one in going:
            one.result()
    assert done.returncode == 0, done.stderr
    assert str(copy) in done.stdout
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM providers").fetchone() == (len(machines),)


def test_a_server_that_begins_with_a_copy_goes_on_with_its_computers_and_jobs(
    command: Command, live_server: LiveServer, tmp_path: Path
) -> None:
    token, copy = live_server.token, tmp_path / "copy.db"
    quick, slow = (Player(live_server.join(name)) for name in ("quick", "slow"))
    done_since, still_done = (create(live_server) for _ in range(2))
    assert quick.take() == done_since
    assert slow.take() == still_done
    assert command("backup", str(copy), environment=live_server.variables()).returncode == 0

    late = Player(live_server.join("late"))
    made_since = create(live_server)
    assert late.take() == made_since
    assert quick.complete(done_since) == 200
    quick.runs = []
    live_server.stop()

    server = restored(copy, tmp_path / "new home")
    try:
        quick, slow, late = (
            Player(Machine(server, each.machine.worker_id, each.machine.secret), each.runs)
            for each in (quick, slow, late)
        )
        # What was under way goes on.
        slow.beat()
        assert slow.complete(still_done) == 200
        # What has ended since is done once more.
        assert quick.take() == done_since
        assert quick.complete(done_since, attempt=1) == 409
        assert quick.complete(done_since, attempt=2) == 200
        assert state(server, token, done_since) == state(server, token, still_done) == "COMPLETED"
        # Who has joined since joins once more; of what was handed in since nothing is known.
        path = "/api/providers/late/heartbeat"
        assert late.machine.ask("POST", path, {"status": "online"}).status_code == 404
        assert quick.complete(made_since) == 404
        quick.runs = [made_since]
        assert quick.beat()["cancelledJobs"] == [made_since]
    finally:
        server.stop()


@pytest.mark.slow
def test_a_server_goes_on_with_what_postgresql_gives_back(
    postgresql: Cluster, tmp_path: Path
) -> None:
    dump, new = tmp_path / "qubix.dump", postgresql.create()
    first = LiveServer(tmp_path / "first", environment={"QUBIX_DATABASE_URL": postgresql.create()})
    first.start()
    try:
        player = Player(first.join("w"))
        job_id = create(first)
        assert player.take() == job_id
        url = first.environment["QUBIX_DATABASE_URL"]
        run("pg_dump", "--format=custom", f"--file={dump}", url)
        assert player.complete(job_id) == 200
    finally:
        token = first.token
        first.stop()
    run("pg_restore", "--no-owner", f"--dbname={new}", str(dump))
    second = LiveServer(tmp_path / "second", environment={"QUBIX_DATABASE_URL": new})
    second.start()
    try:
        player = Player(Machine(second, "w", player.machine.secret))
        assert player.take() == job_id
        assert player.complete(job_id, attempt=2) == 200
        assert state(second, token, job_id) == "COMPLETED"
    finally:
        second.stop()


def test_a_copy_is_never_put_over_a_file(
    command: Command, shared_server: LiveServer, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine")
    home = {"QUBIX_HOME": str(shared_server.home)}
    done = command("backup", str(tmp_path / "mine"), environment=home)
    assert done.returncode == 1
    assert "is there already" in done.stderr
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_copy_into_no_folder_is_a_sentence(
    command: Command, shared_server: LiveServer, tmp_path: Path
) -> None:
    home = {"QUBIX_HOME": str(shared_server.home)}
    done = command("backup", str(tmp_path / "none" / "copy.db"), environment=home)
    assert done.returncode == 1
    assert "See that the folder is there" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("copy.db",), "There is no database"),
        (("--database-url", "postgresql://me@here/qubix", "copy.db"), "pg_dump"),
    ],
)
def test_what_cannot_be_copied_is_said(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = command("backup", *arguments, environment={"QUBIX_HOME": str(tmp_path)})
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
