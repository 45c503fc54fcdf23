"""Computers that only the test plays: they take jobs and hand in results, at any of several
servers, whatever happens to these."""

from __future__ import annotations

import contextlib
import random
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import requests

from qubix_server.clock import now
from qubix_server.store import jobs
from qubix_server.store.engine import writing_engine
from tests.conftest import LiveServer, Machine

SLOTS = 8


def put_jobs(url: str, number: int) -> set[str]:
    """So many jobs, put where servers find them; their ids."""
    engine = writing_engine(url)
    ids = [f"job-{index}" for index in range(number)]
    with engine.begin() as connection:
        for job_id in ids:
            jobs.add(connection, {
                "id": job_id, "request_hash": "", "kind": "wasm", "spec": "{}",
                "timeout_seconds": 60, "needs_gpu": False, "status": "PENDING", "attempt": 0,
                "lost_leases": 0, "progress": 0.0, "created_at": now(),
            })  # fmt: skip
    engine.dispose()
    return set(ids)


class Fleet:
    """What it noted is read when it is at work no more, or only in its size."""

    def __init__(self, machines: Sequence[Machine], servers: Sequence[LiveServer]) -> None:
        self._machines = machines
        self._servers = servers
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.given: defaultdict[str, set[str]] = defaultdict(set)
        """To whom each job was given."""
        self.attempts: list[int] = []
        """The number of the lease under which each job ended."""
        self.ended: set[str] = set()
        """The jobs whose results were acknowledged."""
        self.refused: list[str] = []
        """What was answered with anything but success or "come again"."""

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [
            threading.Thread(target=self._play, args=(machine,)) for machine in self._machines
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _play(self, machine: Machine) -> None:
        chance = random.Random(machine.worker_id)
        session = requests.Session()
        held: dict[str, int] = {}
        while not self._stop.is_set():
            body = {
                "status": "busy" if held else "online",
                "currentJobs": list(held),
                "freeSlots": SLOTS - len(held),
            }
            path = f"/api/providers/{machine.worker_id}/heartbeat"
            answer = self._ask(session, chance, machine, path, body)
            for job in answer["pendingJobs"] if answer else ():
                held.setdefault(job["id"], job["attempt"])
                with self._lock:
                    self.given[job["id"]].add(machine.worker_id)
            for job_id, attempt in list(held.items()):
                ending = {"status": "completed", "result": {}, "attempt": attempt}
                if self._ask(session, chance, machine, f"/api/jobs/{job_id}/complete", ending):
                    del held[job_id]
                    with self._lock:
                        self.attempts.append(attempt)
                        self.ended.add(job_id)
            if not (answer and answer["pendingJobs"]):
                self._stop.wait(0.2)

    def _ask(
        self,
        session: requests.Session,
        chance: random.Random,
        machine: Machine,
        path: str,
        body: Any,
    ) -> Any:
        """The answer; None where there was none, or to come again."""
        server = chance.choice(self._servers)
        headers = {"Authorization": f"Bearer {machine.secret}"}
        try:
            answer = session.post(server.url + path, json=body, headers=headers, timeout=30)
        except requests.RequestException:
            return None
        if answer.ok:
            return answer.json()
        if answer.status_code != 503:
            with self._lock:
                self.refused.append(f"{path} {answer.status_code} {answer.text}")
        return None
