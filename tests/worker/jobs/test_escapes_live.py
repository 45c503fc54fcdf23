"""The same programs, given to a real worker by a real server: its heartbeats stay on time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker

from .escapes import ESCAPES
from .heartbeats import ON_TIME_SECONDS, all_ended, frequent_server, watched

pytestmark = pytest.mark.slow

BODY_BYTES = 60 * 1024
"""Larger modules do not fit a request, and travel by another way."""


@pytest.fixture
def live_server(tmp_path: Path) -> Iterator[LiveServer]:
    with frequent_server(tmp_path / "server") as server:
        yield server


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
    with watched(worker) as beats:
        states = wait_until(lambda: all_ended(live_server, set(jobs)), seconds=240)

    for job_id, escape in jobs.items():
        status, error = states[job_id]
        if not escape.completes:
            assert status == "FAILED", escape.id
            assert error, escape.id
            assert escape.reason in error, escape.id
    assert len(beats.gaps) > 10
    assert max(beats.gaps) < ON_TIME_SECONDS
    assert worker.status().pid == pid
    wait_until(lambda: not any(worker.paths.jobs.iterdir()))
