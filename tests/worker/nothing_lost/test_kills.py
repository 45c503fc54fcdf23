"""A worker that is killed at any moment: every job ends once, and nobody has to tidy up."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from qubix_worker import identity
from qubix_worker.paths import Paths
from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker
from tests.worker.nothing_lost.ledger import Endings, Ledger

KILLS = int(os.environ.get("QUBIX_TEST_KILLS", "200"))
WORKERS = 2
START_SECONDS = 1.5
"""About what a worker needs until its first job, on a machine that has other things to do."""
WORK_SECONDS = 2.0
"""Some jobs' time."""


class Mortal:
    """A worker that is killed and started again, over and over."""

    def __init__(self, home: Path, server: LiveServer, ledger: Ledger, seed: int) -> None:
        self._ledger = ledger
        self.worker = LiveWorker(home, server)
        done = self.worker.setup("--no-start", "--no-autostart", "--name", home.name)
        assert done.returncode == 0, done.stdout + done.stderr
        who = identity.load(self.paths.identity)
        assert who
        self.worker_id = who.worker_id
        self.failure: BaseException | None = None
        self._random = random.Random(seed)
        self._identity = self.paths.identity.read_bytes()

    @property
    def paths(self) -> Paths:
        return self.worker.paths

    def start(self) -> subprocess.Popen[bytes]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
        return subprocess.Popen(
            [sys.executable, "-m", "qubix_worker", "run"],
            env=kept | {"QUBIX_HOME": str(self.paths.home)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def live_and_die(self, times: int) -> None:
        try:
            for _ in range(times):
                self._live_once()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self.failure = error

    def _live_once(self) -> None:
        """Every other life, by chance, ends some time after the first job has begun; the rest at
        any time, so that starting is met as well."""
        before = set(self.paths.jobs.glob("*"))  # what the life before has left
        process = self.start()
        at_work = self._random.random() < 0.5
        moment = self._random.uniform(0.0, WORK_SECONDS if at_work else START_SECONDS)
        if at_work:
            wait_until(
                lambda: process.poll() is not None or set(self.paths.jobs.glob("*")) - before
            )
        try:
            output, _ = process.communicate(timeout=moment)
            raise AssertionError(f"the worker ended by itself: {output.decode()}")
        except subprocess.TimeoutExpired:
            # A job whose third lease is lost has failed, by design: that one may come to its end.
            wait_until(lambda: not self._ledger.has_last_attempt(self.worker_id))
            process.kill()
            process.communicate()
        self._check_files()

    def _check_files(self) -> None:
        """What has a file's own name is whole; what is not whole has another name."""
        assert self.paths.identity.read_bytes() == self._identity
        for path in self.paths.spool.glob("[!.]*"):
            assert path.suffix == ".json", path
            entry = json.loads(path.read_bytes())
            assert entry["completion"]["status"] == "completed"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_job_is_lost_or_done_twice_however_often_the_worker_is_killed(
    tmp_path: Path, live_server: LiveServer
) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}, {KILLS} kills")  # noqa: T201 - shown where the test fails
    ledger = Ledger(live_server)
    mortals = [
        Mortal(tmp_path / f"worker {number}", live_server, ledger, seed + number)
        for number in range(WORKERS)
    ]
    endings = Endings(live_server, [mortal.worker_id for mortal in mortals])
    threads = [
        threading.Thread(target=mortal.live_and_die, args=(KILLS // WORKERS,)) for mortal in mortals
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if ledger.left() < 10:
            ledger.give(20)
        threading.Event().wait(0.1)
    for mortal in mortals:
        if mortal.failure:
            raise mortal.failure
    survivors = [mortal.start() for mortal in mortals]
    wait_until(lambda: ledger.left() == 0, seconds=240)
    for mortal in mortals:
        wait_until(lambda mortal=mortal: not list(mortal.paths.spool.glob("*")))
        wait_until(lambda mortal=mortal: not list(mortal.paths.jobs.glob("*")))
    tally = ledger.check()
    wait_until(lambda: len(endings.counted) == len(ledger.ids))
    assert set(endings.counted.values()) == {1}, "each has ended once"
    endings.close()
    for mortal, survivor in zip(mortals, survivors, strict=True):
        assert mortal.worker.run("stop").returncode == 0
        survivor.communicate(timeout=30)
        assert not _children_left(mortal.paths)
    print(tally)  # noqa: T201
    assert tally.lost_leases >= KILLS // 10, "the kills must have met jobs at work"
    assert tally.given_up <= 1, "one may be just about to begin its last attempt when it is killed"


def _children_left(paths: Paths) -> list[str]:
    jobs = str(paths.jobs)
    lines = [" ".join(found.info["cmdline"] or ()) for found in psutil.process_iter(["cmdline"])]
    return [line for line in lines if jobs in line]
