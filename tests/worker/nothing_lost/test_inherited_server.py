"""Our worker and a server that knows the inherited API only: no `?wait=`, no modules, few keys."""

from __future__ import annotations

import base64
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from qubix_worker import identity
from qubix_worker.paths import Paths
from tests.conftest import wait_until
from tests.worker.network.scripted import Request, Visit, serving
from tests.worker.nothing_lost.played import Process, job

pytestmark = pytest.mark.slow

INTERVAL_SECONDS = 2
LATE_SECONDS = 0.1
"""How much later than the next one a heartbeat may reach a server on a busy computer."""


class Inherited:
    """Answers with the inherited keys, and 404 to what it does not know."""

    def __init__(self, jobs: list[dict[str, Any]]) -> None:
        self.jobs = jobs
        self.beats: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.completed: list[tuple[str, dict[str, Any]]] = []
        self.unknown: list[str] = []

    def __call__(self, request: Request, visit: Visit) -> None:
        path, _, _ = request.path.partition("?")
        if path == "/api/providers/register" and request.method == "POST":
            secret = {"success": True, "provider": {"id": "p-1"}, "workerSecret": "s3cret"}
            visit.answer(secret, 201)
        elif path.startswith("/api/providers/") and path.endswith("/heartbeat"):
            self.times.append(time.monotonic())
            self.beats.append(request.json)
            interval = {"heartbeatIntervalSeconds": INTERVAL_SECONDS}
            visit.answer({"success": True, "pendingJobs": self.jobs} | interval)
        elif path.startswith("/api/jobs/") and path.endswith("/complete"):
            job_id = path.split("/")[3]
            self.completed.append((job_id, request.json))
            self.jobs = [job for job in self.jobs if job["id"] != job_id]
            visit.answer({"success": True})
        elif path.startswith("/api/jobs/") and path.endswith("/progress"):
            visit.answer({"success": True})
        else:
            self.unknown.append(request.path)
            visit.answer({"success": False, "error": "Not found"}, 404)


def test_it_beats_does_a_job_and_hands_it_in(tmp_path: Path) -> None:
    inherited = Inherited([job(1), job(2)])
    with serving(inherited) as server:
        process = Process(tmp_path, server.url)
        process.start()
        try:
            wait_until(lambda: len(inherited.completed) == 2, seconds=90)
            wait_until(lambda: process.control.status().unsent_results == 0)
            assert process.control.status().state == "online"
        finally:
            process.end()
    for number, (job_id, said) in enumerate(inherited.completed, 1):
        assert job_id == f"job-{number}"
        assert said["status"] == "completed"
        assert base64.b64decode(said["result"]["stdout"]) == f"{number:010d}".encode()
    assert {beat["status"] for beat in inherited.beats} >= {"online", "busy", "offline"}
    assert inherited.beats[-1]["usage"]["ramPercent"] > 0
    assert "Traceback" not in process.log()


def test_it_is_not_asked_more_often_than_its_interval(tmp_path: Path) -> None:
    inherited = Inherited([])
    with serving(inherited) as server:
        process = Process(tmp_path, server.url)
        process.start()
        try:
            wait_until(lambda: any("hardware" in beat for beat in inherited.beats), seconds=60)
            # Until then they came sooner: for an answer to be held, and with that news.
            settled = len(inherited.times) - 1
            wait_until(lambda: len(inherited.times) > settled + 3, seconds=30)
            times = inherited.times[settled : settled + 4]
        finally:
            process.end()
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) >= INTERVAL_SECONDS - LATE_SECONDS, gaps


def test_it_can_be_joined_though_it_tells_nothing_of_its_invitations(tmp_path: Path) -> None:
    inherited = Inherited([])
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    with serving(inherited) as server:
        done = subprocess.run(
            [sys.executable, "-m", "qubix_worker", "setup", "--server", server.url,
             "--no-start", "--no-autostart"],
            env=kept | {"QUBIX_HOME": str(tmp_path), "QUBIX_ENROLLMENT": "an-enrollment"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    who = identity.load(Paths.under(tmp_path).identity)
    assert who
    assert who.secret == "s3cret"
