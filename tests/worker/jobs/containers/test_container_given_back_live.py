"""Real workers that give a container job back to a real server, since its registry is away."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker, job, wait_for_job

from .conftest import Podman

pytestmark = pytest.mark.slow


@pytest.fixture
def join(
    podman: Podman, tmp_path: Path, live_server: LiveServer
) -> Iterator[Callable[[], LiveWorker]]:
    """Adds a computer that gives jobs the network. After `podman`: with the variables that name
    its store."""
    workers: list[LiveWorker] = []

    def make() -> LiveWorker:
        worker = LiveWorker(tmp_path / f"home {len(workers)}", live_server)
        workers.append(worker)
        done = worker.setup("--name", f"computer {len(workers)}")
        assert done.returncode == 0, done.stdout + done.stderr
        done = worker.run("settings", "container_network=yes")
        assert done.returncode == 0, done.stderr
        return worker

    yield make
    for worker in workers:
        worker.run("stop")
        if not worker.ended():
            worker.kill()


def submit(server: LiveServer) -> tuple[str, str]:
    """A job whose registry nobody listens for: its id, and the registry."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    spec = {"image": f"{host}/box@sha256:{'0' * 64}"}
    body = {"kind": "container", "spec": spec, "timeoutSeconds": 30}
    answer = server.ask("POST", "/api/jobs/create", body, credential=server.token)
    assert answer.status_code == 201, answer.text
    return answer.json()["job"]["id"], host


def test_its_owner_reads_why_and_the_job_waits_for_another_computer(
    join: Callable[[], LiveWorker], live_server: LiveServer
) -> None:
    worker = join()
    job_id, host = submit(live_server)
    wait_until(lambda: worker.status().recent_jobs, seconds=60)
    why = f"The registry '{host}' of the image cannot be reached."
    wait_until(lambda: worker.status().warning)
    status = worker.status()
    assert status.state == "attention"
    assert status.warning and status.warning.code == "registry_away"
    assert status.warning.happened == why
    assert status.recent_jobs[0].reason == why
    wait_for_job(live_server, job_id, "PENDING")
    assert status.unsent_results == 0
    assert f"a job was given back: {why}" in worker.run("logs").stdout


def test_a_job_that_every_computer_gives_back_fails_after_three_attempts(
    join: Callable[[], LiveWorker], live_server: LiveServer
) -> None:
    for _ in range(3):
        join()
    job_id, _ = submit(live_server)
    wait_until(lambda: job(live_server, job_id)["status"] == "FAILED", seconds=90)
    assert "given out 3 times" in job(live_server, job_id)["error"]
