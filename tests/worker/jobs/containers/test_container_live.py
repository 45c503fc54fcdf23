"""The worst of them, given to a real worker by a real server: its heartbeats stay on time."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker

from .conftest import Podman

pytestmark = pytest.mark.slow

INTERVAL_SECONDS = 1
ON_TIME_SECONDS = 3.0
"""What the server takes for silence is three intervals."""
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
    server = LiveServer(tmp_path / "server", interval_seconds=INTERVAL_SECONDS)
    server.start()
    yield server
    server.stop()


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
    ended = threading.Event()
    beats: list[float] = []

    def watch() -> None:
        while not ended.wait(0.1):
            if (at := worker.status().last_heartbeat_at) and (not beats or beats[-1] != at):
                beats.append(at)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        states = wait_until(lambda: _when_all_ended(live_server, set(jobs)), seconds=240)
    finally:
        ended.set()
        watcher.join()

    for job_id, (script, reason) in jobs.items():
        status, error = states[job_id]
        assert status == "FAILED", script
        assert error.isprintable(), script
        # On a busy computer a job may use up its time before it has done its worst.
        assert reason in error or "whole time limit" in error, script
    gaps = [later - earlier for earlier, later in itertools.pairwise(beats)]
    assert len(gaps) > 5
    assert max(gaps) < ON_TIME_SECONDS
    assert not podman.containers()
    assert list(worker.paths.jobs.iterdir()) == []


def _when_all_ended(server: LiveServer, jobs: set[str]) -> dict[str, tuple[str, str]]:
    answer = server.ask("GET", "/api/jobs?limit=500", credential=server.token).json()
    states = {job["id"]: (job["status"], job.get("error") or "") for job in answer["jobs"]}
    over = {id: state for id, state in states.items() if state[0] in ("COMPLETED", "FAILED")}
    return over if jobs <= over.keys() else {}
