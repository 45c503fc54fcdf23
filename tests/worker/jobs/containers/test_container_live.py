"""The worst of them, given to a real worker by a real server: its heartbeats stay on time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker
from tests.worker.jobs.heartbeats import (
    ON_TIME_SECONDS,
    all_ended,
    frequent_server,
    watched,
)

from .conftest import Podman

pytestmark = pytest.mark.slow

PROGRAMS = {
    "b() { b | b & }; b; sleep 2; b; while :; do :; done": "whole time limit of 4 s",
    "awk 'BEGIN { s = \"x\"; while (1) s = s s }'": "memory limit of 64 MiB",
    "while dd if=/dev/zero of=/tmp/$((n=n+1)) bs=1M count=4; do :; done; exit 1": "exit code 1",
    "while dd if=/dev/zero of=$((n=n+1)) bs=1M count=64; do :; done": "MiB in its folder",
    "while :; do mkdir d && cd d; done": "",
    "seq 20000 | xargs touch; sleep 4": "files",
    "yes floods": "to its standard output",
    "yes floods >&2": "to its standard error",
    "printf '\\033]0;title\\007\\033[2J' >&2; exit 9": "exit code 9",
    "trap '' TERM INT HUP; while :; do sleep 1; done": "whole time limit of 4 s",
    "kill -9 -1": "exit code",
    "mount -t proc none /tmp": "exit code",
}


@pytest.fixture
def live_server(podman: Podman, tmp_path: Path) -> Iterator[LiveServer]:
    """After `podman`: the worker is begun with the variables that name its store."""
    with frequent_server(tmp_path / "server") as server:
        yield server


def test_while_containers_do_their_worst_every_heartbeat_is_on_time(
    podman: Podman, live_server: LiveServer, worker: LiveWorker
) -> None:
    jobs = {}
    for script, reason in PROGRAMS.items():
        spec = {"image": podman.image, "args": ["sh", "-c", script], "memoryMb": 64, "pids": 32}
        body = {"kind": "container", "spec": spec, "timeoutSeconds": 4}
        answer = live_server.ask("POST", "/api/jobs/create", body, credential=live_server.token)
        assert answer.status_code == 201, answer.text
        jobs[answer.json()["job"]["id"]] = script, reason
    with watched(worker) as beats:
        states = wait_until(lambda: all_ended(live_server, set(jobs)), seconds=240)

    for job_id, (script, reason) in jobs.items():
        status, error = states[job_id]
        assert status == "FAILED", script
        assert error, script
        assert error.isprintable(), script
        # On a busy computer a job may use up its time before it has done its worst.
        assert reason in error or "whole time limit" in error, script
    assert len(beats.gaps) > 5
    assert max(beats.gaps) < ON_TIME_SECONDS
    assert not podman.containers()
    assert list(worker.paths.jobs.iterdir()) == []
