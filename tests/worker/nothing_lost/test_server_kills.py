"""A server that is killed again and again while its workers work: every job ends once, and true."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker
from tests.worker.nothing_lost.ledger import Ledger

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("QUBIX_TEST_SERVER_KILLS", "12"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """One whose workers are back soon: they wait for half an interval, not for half a minute."""
    server = LiveServer(tmp_path / "server home", interval_seconds=2)
    server.start()
    yield server
    assert server.process
    if server.process.poll() is None:
        server.stop()


@pytest.mark.timeout(600)
def test_no_job_is_lost_or_done_twice_however_often_the_server_is_killed(
    tmp_path: Path, server: LiveServer
) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}, {KILLS} kills")  # noqa: T201 - shown where the test fails
    draw = random.Random(seed)
    worker = LiveWorker(tmp_path / "worker", server)
    done = worker.setup("--no-autostart")
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        ledger = Ledger(server)
        for _ in range(KILLS):
            if ledger.left() < 10:
                ledger.give(20)
            before = ledger.by_status()["COMPLETED"]
            wait_until(lambda before=before: ledger.by_status()["COMPLETED"] > before, seconds=60)
            threading.Event().wait(draw.uniform(0.0, 1.5))
            server.kill()
            server.start()
        wait_until(lambda: ledger.left() == 0, seconds=120)
        tally = ledger.check()
        print(tally)  # noqa: T201
        assert tally.done >= KILLS
        assert tally.given_up == 0
        wait_until(lambda: not list(worker.paths.spool.glob("*")))
        wait_until(lambda: worker.status().state == "online")
        assert "Traceback" not in worker.paths.log.read_text()
    finally:
        worker.run("stop")
        if not worker.ended():
            worker.kill()
