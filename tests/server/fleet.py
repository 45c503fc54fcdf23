"""Computers and an operator that only the test plays: they beat, take jobs, hand in results, join
and submit, at any of several servers, whatever happens to these; and what was acknowledged to them
is looked for in the database afterwards."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from qubix_server.clock import now
from qubix_server.credentials import digest
from qubix_server.store import jobs
from qubix_server.store.engine import writing_engine
from qubix_server.store.metrics import gather
from qubix_server.store.schema import job_leases, job_results, metrics, providers, worker_secrets
from qubix_server.store.schema import jobs as job_table
from tests.conftest import LiveServer, Machine, registration

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

    def __init__(
        self, machines: Sequence[Machine], servers: Sequence[LiveServer], *, operates: bool = False
    ) -> None:
        self._machines = machines
        self._servers = servers
        self._operates = operates
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.given: defaultdict[str, set[str]] = defaultdict(set)
        """To whom each job was given."""
        self.attempts: list[int] = []
        """The number of the lease under which each job ended."""
        self.ended: set[str] = set()
        """The jobs whose results were acknowledged."""
        self.beats: defaultdict[str, set[int]] = defaultdict(set)
        """The numbers of the heartbeats that were acknowledged, by worker."""
        self.created: set[str] = set()
        """The jobs that were acknowledged."""
        self.joined: dict[str, str] = {}
        """The secrets of those who joined, by worker."""
        self.refused: list[str] = []
        """What was answered with anything but success or "come again"."""
        self.come_again: set[str | None] = set()
        """The `Retry-After` of all that was answered with "come again"."""

    @property
    def acknowledged(self) -> int:
        return sum(map(len, (*self.beats.values(), self.ended, self.created, self.joined)))

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [
            threading.Thread(target=self._play, args=(machine,)) for machine in self._machines
        ]
        if self._operates:
            threads += [threading.Thread(target=self._submit), threading.Thread(target=self._join)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _play(self, machine: Machine) -> None:
        ask = self._asker(machine.worker_id, machine.secret)
        held: dict[str, int] = {}
        report = 0
        while not self._stop.is_set():
            report += 1
            body = {
                "status": "busy" if held else "online",
                "currentJobs": list(held),
                "freeSlots": SLOTS - len(held),
                "session": "one",
                "report": report,
                "usage": {"cpuPercent": report / 1000},
            }
            answer = ask(f"/api/providers/{machine.worker_id}/heartbeat", body)
            if answer:
                with self._lock:
                    self.beats[machine.worker_id].add(report)
            for job in answer["pendingJobs"] if answer else ():
                held.setdefault(job["id"], job["attempt"])
                with self._lock:
                    self.given[job["id"]].add(machine.worker_id)
            for job_id, attempt in list(held.items()):
                ending = {"status": "completed", "result": {"of": job_id}, "attempt": attempt}
                if ask(f"/api/jobs/{job_id}/complete", ending):
                    del held[job_id]
                    with self._lock:
                        self.attempts.append(attempt)
                        self.ended.add(job_id)
            if not (answer and answer["pendingJobs"]):
                self._stop.wait(0.1)

    def _submit(self) -> None:
        ask = self._asker("operator", self._servers[0].token)
        number = 0
        while not self._stop.is_set():
            body = {"kind": "wasm", "spec": {"module": "AAAA"}, "idempotencyKey": f"key {number}"}
            if answer := ask("/api/jobs/create", body):
                number += 1
                with self._lock:
                    self.created.add(answer["job"]["id"])
            self._stop.wait(0.02)

    def _join(self) -> None:
        ask = self._asker("visitor", None)
        number = 0
        while not self._stop.is_set():
            if invited := ask("/api/enrollments", None):
                body = registration(f"late-{number}", invited)
                while not self._stop.is_set():
                    if answer := ask("/api/providers/register", body):
                        with self._lock:
                            self.joined[f"late-{number}"] = answer["workerSecret"]
                        break
                    self._stop.wait(0.1)
                number += 1
            self._stop.wait(0.2)

    def _asker(self, who: str, credential: str | None) -> Callable[[str, Any], Any]:
        """Asks any server, over its own connections."""
        chance = random.Random(who)
        headers = {"Content-Type": "application/json"}
        if credential:
            headers["Authorization"] = f"Bearer {credential}"
        lines: dict[int, http.client.HTTPConnection] = {}

        def ask(path: str, body: Any) -> Any:
            """The answer; None where there was none, or to come again."""
            port = chance.choice(self._servers).port
            try:
                line = lines.get(port) or http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                lines[port] = line
                line.request("POST", path, json.dumps(body) if body else None, headers)
                answer = line.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                if gone := lines.pop(port, None):
                    gone.close()
                return None
            if 200 <= answer.status < 300:
                return json.loads(content)
            with self._lock:
                if answer.status in (429, 503):
                    self.come_again.add(answer.headers["Retry-After"])
                else:
                    self.refused.append(f"{path} {answer.status} {content!r}")
            return None

        return ask

    def check_all_is_kept(self, url: str) -> None:
        """That all which was acknowledged is in the database, and nothing by half."""
        engine = writing_engine(url)
        with engine.begin() as connection:
            self._check_acknowledged(connection)
            _check_nothing_is_half_there(connection)
        engine.dispose()
        assert self.refused == []
        assert None not in self.come_again

    def _check_acknowledged(self, connection: Connection) -> None:
        gather(connection, connection.execute(select(providers.c.seq)).scalars().all())
        used = select(providers.c.worker_id, metrics.c.cpu_percent).join(
            metrics, metrics.c.provider_seq == providers.c.seq
        )
        kept: defaultdict[str, set[int]] = defaultdict(set)
        for worker_id, percent in connection.execute(used):
            kept[worker_id].add(round(percent * 1000))
        for worker_id, acknowledged in self.beats.items():
            assert acknowledged <= kept[worker_id]
        known = set(connection.execute(select(job_table.c.id)).scalars())
        assert self.created <= known
        results = select(job_table.c.id, job_results.c.result).join(
            job_results, job_results.c.job_seq == job_table.c.seq
        )
        handed_in = {row[0]: row[1] for row in connection.execute(results)}
        for job_id in self.ended:
            assert job_id in handed_in[job_id]
        hashes = set(connection.execute(select(worker_secrets.c.secret_hash)).scalars())
        assert {digest(secret) for secret in self.joined.values()} <= hashes


def _check_nothing_is_half_there(connection: Connection) -> None:
    proven = select(worker_secrets.c.provider_seq)
    assert _count(connection, providers.c.seq.not_in(proven)) == 0
    leased = select(job_leases.c.job_seq)
    for status, other in (("COMPLETED", job_results), ("COMPLETED", job_leases)):
        there = select(other.c.job_seq)
        assert _count(connection, job_table.c.status == status, job_table.c.seq.not_in(there)) == 0
    is_held = job_table.c.status.in_(jobs.HELD)
    assert _count(connection, is_held, job_table.c.provider_seq.is_(None)) == 0
    assert _count(connection, is_held, job_table.c.seq.not_in(leased)) == 0
    last = select(providers.c.report, func.max(metrics.c.cpu_percent)).join(
        metrics, metrics.c.provider_seq == providers.c.seq
    )
    numbered = last.where(providers.c.report.is_not(None)).group_by(providers.c.seq)
    for report, percent in connection.execute(numbered):
        assert report == round(percent * 1000)


def _count(connection: Connection, *conditions: Any) -> int:
    return int(connection.execute(select(func.count()).where(*conditions)).scalar_one())
