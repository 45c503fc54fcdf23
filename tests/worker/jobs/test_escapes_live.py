"""The same programs, given to a real worker by a real server: its heartbeats stay on time."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker

from .escapes import ESCAPES

pytestmark = pytest.mark.slow

INTERVAL_SECONDS = 1
ON_TIME_SECONDS = 3.0
"""What the server takes for silence is three intervals."""
BODY_BYTES = 60 * 1024
"""Larger modules do not fit a request, and travel by another way."""


@pytest.fixture
def live_server(tmp_path: Path) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path / "server", interval_seconds=INTERVAL_SECONDS)
    server.start()
    yield server
    server.stop()


def test_while_programs_try_to_get_out_every_heartbeat_is_on_time(
    live_server: LiveServer, worker: LiveWorker
) -> None:
    secret = str(worker.paths.identity)
    jobs = {}
    for escape in ESCAPES:
        spec = escape.whole_spec(secret)
        if len(spec["module"]) > BODY_BYTES:
            continue
        body = {"kind": "wasm", "spec": spec, "timeoutSeconds": escape.timeout}
        answer = live_server.ask("POST", "/api/jobs/create", body, credential=live_server.token)
        assert answer.status_code == 201, answer.text
        jobs[answer.json()["job"]["id"]] = escape
    assert len(jobs) > 60

    pid = worker.status().pid
    ended = threading.Event()
    beats: list[float] = []

    def watch() -> None:
        while not ended.wait(0.1):
            if (at := worker.status().last_heartbeat_at) and (not beats or beats[-1] != at):
                beats.append(at)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        states = wait_until(lambda: _when_all_ended(live_server, jobs), seconds=240)
    finally:
        ended.set()
        watcher.join()

    for job_id, escape in jobs.items():
        status, error = states[job_id]
        if not escape.completes:
            assert status == "FAILED", escape.id
            assert escape.reason in error, escape.id
    gaps = [later - earlier for earlier, later in itertools.pairwise(beats)]
    assert len(gaps) > 10
    assert max(gaps) < ON_TIME_SECONDS
    assert worker.status().pid == pid
    wait_until(lambda: not any(worker.paths.jobs.iterdir()))


def _when_all_ended(server: LiveServer, jobs: dict[str, object]) -> dict[str, tuple[str, str]]:
    answer = server.ask("GET", "/api/jobs?limit=500", credential=server.token).json()
    states = {job["id"]: (job["status"], job.get("error") or "") for job in answer["jobs"]}
    over = {id: state for id, state in states.items() if state[0] in ("COMPLETED", "FAILED")}
    return over if jobs.keys() <= over.keys() else {}
