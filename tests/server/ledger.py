"""The server's rules over a real database, without a server: each call is one write of its own.

All of it happens in one transaction that is never committed, so that a thousand runs cost little.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, RowMapping, select

from qubix_server import heartbeats, quiet, registration, work
from qubix_server.credentials import digest
from qubix_server.errors import ApiError
from qubix_server.events import Outcome
from qubix_server.store import audit, enrollments, jobs, operators, providers, schema
from qubix_server.store import metrics as metrics_store
from qubix_worker.protocol import (
    Heartbeat,
    JobCompletion,
    JobCreation,
    JobProgress,
    Registration,
    Requirements,
)
from qubix_worker.wire import from_wire, to_wire
from tests.conftest import registration as registration_body

OPERATOR = "operator"
SILENT_MS = 90_000


@contextmanager
def opened(engine: Engine) -> Iterator[Ledger]:
    with engine.connect() as connection, connection.begin() as transaction:
        yield Ledger(connection)
        transaction.rollback()


class Ledger:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = 1_000_000_000
        self.outcome: Outcome[Any] | None = None
        """Of the last write."""
        operators.replace_token(connection, digest(OPERATOR), self.now)

    def write(self, work: Callable[..., Outcome[Any]], *arguments: Any, **more: Any) -> Any:
        with self.connection.begin_nested():
            self.outcome = work(self.connection, *arguments, **more)
        return self.outcome.value

    def join(self, worker_id: str, **changes: Any) -> None:
        enrollments.create(self.connection, digest(f"invite {worker_id}"), worker_id, self.now)
        body = registration_body(worker_id, {"enrollment": f"invite {worker_id}"}, **changes)
        wanted = from_wire(Registration, body)
        self.write(registration.register, wanted, f"secret {worker_id}", self.now)

    def leave(self, worker_id: str) -> None:
        row = providers.find(self.connection, worker_id)
        self.write(registration.remove, row, self.now, by_itself=True)

    def create(self, kind: str = "any", timeout_seconds: int = 300, **requirements: Any) -> str:
        wanted = JobCreation(kind, {}, Requirements(**requirements), timeout_seconds)
        job_id: str = self.write(work.create, OPERATOR, wanted, self.now)["id"]
        return job_id

    def cancel(self, job_id: str) -> None:
        self.write(work.cancel, OPERATOR, job_id, self.now)

    def beat(self, worker_id: str, status: str = "online", **told: Any) -> heartbeats.News:
        """Where it is kept the quick way, that must come to the same as the careful one."""
        beat = Heartbeat(status, **told)  # type: ignore[arg-type] # one of those there are
        quick = quiet.read(msgspec.json.encode(to_wire(beat)))
        assert quick or status == "offline" or beat.hardware or beat.name
        careful: list[Heartbeat] = []

        def read_with_care() -> Heartbeat:
            careful.append(beat)
            return beat

        heard = quiet.Heard(worker_id, f"secret {worker_id}", self.now, quick, read_with_care)
        trial = self.connection.begin_nested()
        kept = self._kept(heard)
        if careful:
            trial.commit()
        else:
            trial.rollback()
            trial = self.connection.begin_nested()
            assert kept == self._kept(dataclasses.replace(heard, quick=None))
            trial.rollback()
            self._kept(heard)
        return self.write(lambda _: kept[0])  # type: ignore[no-any-return]

    def _kept(self, heard: quiet.Heard) -> tuple[Outcome[heartbeats.News], list[Any]]:
        """The outcome, and all that stands in the tables then. Raises what refuses it."""
        (outcome,) = quiet.take_all(self.connection, [heard])
        # Where a measurement stands may differ, and not what it is.
        seqs = self.connection.execute(select(schema.providers.c.seq)).scalars().all()
        metrics_store.gather(self.connection, seqs)
        # The number of a row of metrics is used up even where it is taken back.
        metrics = [column for column in schema.metrics.c if column is not schema.metrics.c.seq]
        tables = (schema.providers, schema.worker_secrets, schema.jobs)
        queries = [*(select(table).order_by(*table.primary_key) for table in tables)]
        queries.append(select(*metrics).order_by(schema.metrics.c.seq))
        rows = [self.connection.execute(query).all() for query in queries]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome, rows

    def audited(self) -> Sequence[RowMapping]:
        return audit.page(self.connection, before=None, limit=500)

    def pending(self, worker_id: str) -> list[str]:
        given = self.write(heartbeats.pending, worker_id, f"secret {worker_id}", self.now)
        return [job["id"] for job in given]

    def wake(self, *worker_ids: str) -> tuple[str, ...]:
        """Jobs to those whose heartbeat is held; who is woken."""
        self.write(heartbeats.assign_waiting, worker_ids, self.now)
        assert self.outcome
        return self.outcome.wake

    def news(self, worker_id: str, named: tuple[str, ...] = ()) -> heartbeats.News:
        return heartbeats.news(self.connection, worker_id, named)

    def progress(self, worker_id: str, job_id: str, log: tuple[str, ...] = ()) -> None:
        told = JobProgress(50, log=log)
        self.write(work.progress, f"secret {worker_id}", job_id, told, self.now)

    def log(self, job_id: str) -> list[str]:
        rows = jobs.logs(self.connection, self.job(job_id)["seq"], after=0, limit=20_000)
        return [row["line"] for row in rows]

    def complete(self, worker_id: str, job_id: str, attempt: int | None = None) -> str | None:
        """Why it was refused; None where it was not."""
        ending = JobCompletion("completed", attempt=attempt)
        try:
            self.write(
                work.complete, f"secret {worker_id}", job_id, ending, '{"by": "me"}', now=self.now
            )
        except ApiError as error:
            return error.code
        return None

    def enable(self, worker_id: str, enabled: bool) -> None:
        self.write(heartbeats.enable, worker_id, enabled, self.now)

    def lose_the_silent(self) -> None:
        since = self.now - SILENT_MS
        while found := heartbeats.find_silent(self.connection, since):
            self.write(heartbeats.lose_the_silent, found, since, self.now)

    def status(self, job_id: str) -> str:
        return str(self.job(job_id)["status"])

    def job(self, job_id: str) -> dict[str, Any]:
        row = jobs.find(self.connection, job_id)
        assert row is not None
        return dict(row)

    def provider(self, worker_id: str) -> dict[str, Any]:
        row = providers.find(self.connection, worker_id)
        assert row is not None
        return dict(row)


def ids(news: heartbeats.News) -> list[str]:
    return [job["id"] for job in news.pending_jobs]
