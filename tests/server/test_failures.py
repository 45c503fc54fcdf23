"""What was acknowledged stays, whatever happens to the server, its database or its disk; what was
not is answered with "come again", and the server goes on by itself."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import LiveServer, wait_until
from tests.postgresql import cluster
from tests.server.databases import Databases
from tests.server.fleet import Fleet

MACHINES = 8
PASSWORD = "correct-horse"


def fleet_of(server: LiveServer) -> Fleet:
    machines = [server.join(f"w{number}") for number in range(MACHINES)]
    return Fleet(machines, [server], operates=True)


def goes_on(fleet: Fleet) -> None:
    """Waits until more is acknowledged than now, of every machine."""
    before = fleet.acknowledged
    wait_until(lambda: fleet.acknowledged > before + 10 * MACHINES, seconds=60)


@pytest.mark.slow
def test_a_database_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    with cluster(durable=True) as postgresql:
        # Nothing asks for a password here; that it is not told matters all the same.
        url = Databases(postgresql).make(tmp_path).replace("tester@", f"tester:{PASSWORD}@")
        server = LiveServer(tmp_path, environment={"QUBIX_DATABASE_URL": url})
        server.start()
        machine = server.join("asks")
        fleet = fleet_of(server)
        with fleet.at_work():
            goes_on(fleet)
            postgresql.stop()
            read = server.ask("GET", "/api/jobs", credential=machine.secret)
            for answer in (machine.beat(), read):
                assert answer.status_code == 503
                assert answer.json()["code"] == "database_unavailable"
                assert answer.headers["Retry-After"]
            postgresql.start()
            wait_until(lambda: machine.beat().ok)
            goes_on(fleet)
        output = server.stop()
        assert fleet.come_again
        assert "not kept" in output
        assert PASSWORD not in output
        fleet.check_all_is_kept(url)


def submit_large(server: LiveServer) -> requests.Response:
    body = {"kind": "any", "spec": {"text": "x" * 50_000}}
    return server.ask("POST", "/api/jobs/create", body, credential=server.token)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    options = ["-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)]
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a small disk is mounted, which takes root")
    done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], capture_output=True, check=False)


@pytest.mark.slow
def test_a_disk_that_is_full_and_has_room_again(small_disk: Path) -> None:
    server = LiveServer(small_disk)
    server.start()
    fleet = fleet_of(server)
    filler = small_disk / "filler"
    with fleet.at_work():
        goes_on(fleet)
        for _ in range(2):
            with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(bytes(4096)):
                    pass
            (refused,) = wait_until(lambda: [a for a in [submit_large(server)] if not a.ok])
            assert refused.status_code == 503
            assert refused.json()["code"] == "database_unavailable"
            assert refused.headers["Retry-After"]
            filler.unlink()
            wait_until(lambda: submit_large(server).ok)
            goes_on(fleet)
    server.stop()
    fleet.check_all_is_kept(f"sqlite:///{small_disk / 'server' / 'qubix.db'}")


@pytest.mark.slow
@pytest.mark.both_databases
def test_killed_at_any_moment_it_has_all_that_it_acknowledged(
    live_server: LiveServer, databases: Databases
) -> None:
    """25 times on each kind of database, which is 50 in all; each second time while it starts."""
    chance = random.Random(5)
    pause = threading.Event()
    file = live_server.home / "server" / "qubix.db"
    url = live_server.environment.get("QUBIX_DATABASE_URL", f"sqlite:///{file}")
    fleet = fleet_of(live_server)
    kills = 0
    with fleet.at_work():
        while kills < 25:
            before = fleet.acknowledged
            wait_until(lambda: fleet.acknowledged > before, seconds=60)  # noqa: B023
            pause.wait(chance.uniform(0, 0.3))
            live_server.kill()
            kills += 1
            if kills % 2:
                live_server.begin()
                pause.wait(chance.uniform(0, 1))
                live_server.kill()
                kills += 1
            live_server.start()
        goes_on(fleet)
    live_server.stop()
    assert kills >= 25
    assert len(fleet.created) > 8
    assert len(fleet.ended) > 25
    assert fleet.joined
    fleet.check_all_is_kept(url)
