"""A courier with a server that answers as it is told, and what was asked there."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from qubix_worker.backoff import Backoff
from qubix_worker.client import ServerClient
from qubix_worker.courier import Courier, Delivered, Patience
from qubix_worker.protocol import JobCompletion
from qubix_worker.spool import Spool
from tests.worker.network.scripted import Request, Scripted, Visit

DONE = JobCompletion("completed", result={"exitCode": 0}, attempt=1)


class Sending:
    def __init__(
        self, url: str, folder: Path, first_seconds: float = 0.02, tries: int = 1000
    ) -> None:
        self.spool = Spool(folder, clock=lambda: time.time() + self.later_seconds)
        self.later_seconds = 0.0
        self.posted: list[Delivered] = []
        self.courier = Courier(
            lambda: ServerClient(url, worker_id="w-1", secret="s", patience_seconds=1),
            self.spool,
            self.posted.append,
            backoff=Backoff(
                first_seconds=first_seconds, most_seconds=first_seconds, draw=random.Random(1)
            ),
            progress_seconds=0.05,
            patience=Patience(first_seconds, first_seconds, seconds=3600, tries=tries),
        )

    def put(self, job_id: str) -> None:
        self.spool.put(job_id, DONE)
        self.courier.result_is_there()


Begin = Callable[[Scripted], Sending]
"""A fixture's: a courier at work that sends there."""


def completions(server: Scripted) -> list[Request]:
    return [request for request in server.asked if request.path.endswith("/complete")]


def told(server: Scripted) -> list[Request]:
    return [request for request in server.asked if request.path.endswith("/progress")]


def lines(server: Scripted) -> list[str]:
    return [line for request in told(server) for line in request.json.get("log", [])]


def ok(request: Request, visit: Visit) -> None:
    visit.answer({"success": True})


def nothing(request: Request, visit: Visit) -> None:
    visit.drop()


def says(body: object, status: int = 200, **headers: str) -> Callable[[Request, Visit], None]:
    return lambda request, visit: visit.answer(body, status, **headers)


def refusing(
    job_id: str, status: int, body: object, **headers: str
) -> Callable[[Request, Visit], None]:
    """A way to the server on which the results of the jobs with that name meet a refusal."""

    def answer(request: Request, visit: Visit) -> None:
        if f"/{job_id}" in request.path:
            visit.answer(body, status, **headers)
        else:
            ok(request, visit)

    return answer
