"""A real server behind something that loses its answers: each line of a job is there, and once."""

from __future__ import annotations

import random
from pathlib import Path

import requests

from qubix_worker.backoff import Backoff
from qubix_worker.client import ServerClient
from qubix_worker.courier import Courier, Delivered
from qubix_worker.protocol import JobCompletion, JobProgress
from qubix_worker.spool import Spool
from tests.conftest import LiveServer, wait_until
from tests.worker.network.scripted import Request, Visit, serving

LINES = [f"line {at}" for at in range(60)]


class Between:
    """Hands each request on, and every second answer back."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._answered = 0

    def __call__(self, request: Request, visit: Visit) -> None:
        answer = requests.request(
            request.method,
            self._url + request.path,
            headers={"Authorization": request.headers["Authorization"]},
            data=request.body,
            timeout=10,
        )
        self._answered += 1
        if self._answered % 2:
            visit.drop()
        else:
            visit.answer(answer.content, answer.status_code)


def test_lines_whose_acknowledgement_is_lost_are_there_once_and_in_their_order(
    live_server: LiveServer, tmp_path: Path
) -> None:
    machine = live_server.join("worker")
    machine.beat()
    wanted = {"kind": "wasm", "spec": {"module": "AGFzbQEAAAA="}}
    created = live_server.ask("POST", "/api/jobs/create", wanted, credential=live_server.token)
    job_id = created.json()["job"]["id"]
    machine.beat()
    posted: list[Delivered] = []
    spool = Spool(tmp_path / "spool")
    with serving(Between(live_server.url)) as between:
        courier = Courier(
            lambda: ServerClient(between.url, worker_id="worker", secret=machine.secret),
            spool,
            posted.append,
            backoff=Backoff(first_seconds=0.02, most_seconds=0.02, draw=random.Random(1)),
            progress_seconds=0.02,
        )
        courier.start()
        for at, line in enumerate(LINES):
            courier.progress(job_id, JobProgress(at, log=(line,)))
            if at % 10 == 0:
                seen = len(between.asked)
                wait_until(lambda seen=seen: len(between.asked) > seen)  # type: ignore[misc]
        wait_until(lambda: logged(live_server, job_id) == LINES)
        spool.put(job_id, JobCompletion("completed", result={}, attempt=1))
        courier.result_is_there()
        wait_until(lambda: posted == [Delivered(job_id)])
        courier.stop()
        told = [request for request in between.asked if request.path.endswith("/progress")]
    assert len(told) > len({request.body for request in told})  # some were told again
    assert logged(live_server, job_id) == LINES


def logged(server: LiveServer, job_id: str) -> list[str]:
    answer = server.ask("GET", f"/api/jobs/{job_id}/logs", credential=server.token)
    return [entry["line"] for entry in answer.json()["logs"]]
