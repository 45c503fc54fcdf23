"""What quiet heartbeats need of the tables, for many workers in a few statements."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct, field
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    CursorResult,
    String,
    any_,
    bindparam,
    select,
    text,
)

from qubix_server.store import locks
from qubix_server.store.jobs import ANY_WAIT, HELD
from qubix_server.store.recent import MEASURES
from qubix_server.store.schema import jobs, providers, worker_secrets

Heard = tuple[int, int, int | None, str, str]
"""A provider's `seq`, when it was heard, its heartbeat's number, what is in use, and `recent`."""
Measured = tuple[int, int, float | None, float | None, float | None, float | None, float | None]
"""A row of `metrics`: `provider_seq`, `at`, and the five in MEASURES."""
_NUMBERS = (providers.c.ram_total_gb, providers.c.gpu_vram_gb)
_COLUMNS = (
    providers.c.worker_id,
    providers.c.seq,
    worker_secrets.c.secret_hash,
    providers.c.is_online,
    providers.c.is_enabled,
    providers.c.state,
    providers.c.session,
    providers.c.report,
    providers.c.free_slots,
    providers.c.pause_reason,
    providers.c.worker_version,
    providers.c.worker_sha256,
    providers.c.capabilities,
    providers.c.names_jobs,
    *_NUMBERS,
    providers.c.gpu_model,
    providers.c.os,
    providers.c.recent,
)


class Known(Struct, array_like=True):
    """A worker as it is known, in what a heartbeat can change."""

    worker_id: str
    seq: int
    secret_hash: str
    is_online: bool
    is_enabled: bool
    state: str
    session: str | None
    report: int | None
    free_slots: int | None
    pause_reason: str | None
    worker_version: str
    worker_sha256: str
    capabilities: str
    names_jobs: bool
    ram_total_gb: float | None
    gpu_vram_gb: float | None
    gpu_model: str | None
    os: str | None
    recent: str
    has_one_secret: bool = True
    held: set[str] = field(default_factory=set)
    """The jobs that are leased to it."""
    all_begun: bool = True
    """It is known to have begun each of these."""


class Found:
    """Workers as they are known, by their id; and whether any job waits, None: nobody looked."""

    def __init__(
        self, known: Iterable[Known], held: Iterable[Sequence[Any]], jobs_wait: bool | None = None
    ) -> None:
        """`held`: a job's provider, its id, its status, and whether it was named to us."""
        self.jobs_wait = jobs_wait
        self.known: dict[str, Known] = {}
        for one in known:
            if earlier := self.known.get(one.worker_id):
                earlier.has_one_secret = False
            else:
                self.known[one.worker_id] = one
        by_seq = {one.seq: one for one in self.known.values()}
        for seq, job_id, status, named in held:
            by_seq[seq].held.add(job_id)
            by_seq[seq].all_begun &= bool(named) and status == "RUNNING"


def find(connection: Connection, worker_ids: Collection[str]) -> Found:
    """Those of these workers that there are, for this write to change."""
    locks.workers(connection, worker_ids)
    at_once = _Sqlite if connection.dialect.name == "sqlite" else _Postgresql
    return at_once.find(connection, worker_ids)


def keep(connection: Connection, heard: Collection[Heard], measured: Collection[Measured]) -> None:
    """Notes when workers were heard, and rows of `metrics`."""
    at_once = _Sqlite if connection.dialect.name == "sqlite" else _Postgresql
    at_once.hear(connection, heard)
    if measured:
        at_once.measure(connection, measured)


class _Postgresql:
    """Is asked over a line: all rows travel in one statement, whose text is always the same."""

    _KNOWN = (
        select(*_COLUMNS)
        .join(worker_secrets, worker_secrets.c.provider_seq == providers.c.seq)
        .where(providers.c.worker_id == any_(bindparam("wanted", type_=ARRAY(String))))
    )
    _HELD = select(jobs.c.provider_seq, jobs.c.id, jobs.c.status, jobs.c.named).where(
        jobs.c.provider_seq == any_(bindparam("wanted", type_=ARRAY(BigInteger))),
        jobs.c.status.in_(HELD),
    )
    _HEARD = text(
        "UPDATE providers SET last_heartbeat_at = heard.at, report = heard.number, "
        "usage = heard.in_use, recent = heard.recent FROM unnest(CAST(:seq AS bigint[]), "
        "CAST(:at AS bigint[]), CAST(:number AS bigint[]), CAST(:in_use AS text[]), "
        "CAST(:recent AS text[])) AS heard (seq, at, number, in_use, recent) "
        "WHERE providers.seq = heard.seq"
    )
    _MEASURED = text(
        f"INSERT INTO metrics (provider_seq, at, {', '.join(MEASURES)}) SELECT * FROM unnest("  # noqa: S608 - names of ours
        "CAST(:provider_seq AS bigint[]), CAST(:at AS bigint[]), "
        + ", ".join(f"CAST(:{name} AS double precision[])" for name in MEASURES)
        + ")"
    )

    @classmethod
    def find(cls, connection: Connection, worker_ids: Collection[str]) -> Found:
        rows = connection.execute(cls._KNOWN, {"wanted": list(worker_ids)})
        known = [Known(*tuple(row)) for row in rows]
        seqs = {one.seq for one in known}
        return Found(known, connection.execute(cls._HELD, {"wanted": list(seqs)}))

    @classmethod
    def hear(cls, connection: Connection, heard: Collection[Heard]) -> None:
        connection.execute(cls._HEARD, _columns(("seq", "at", "number", "in_use", "recent"), heard))

    @classmethod
    def measure(cls, connection: Connection, measured: Collection[Measured]) -> None:
        connection.execute(cls._MEASURED, _columns(("provider_seq", "at", *MEASURES), measured))


def _columns(names: Sequence[str], rows: Collection[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


class _Sqlite:
    """Is asked in few steps: with each one Python's lock is given away, and got back only when the
    thread that answers requests lets go of it. So many rows are one statement's values, filled up
    with rows of NULL to a few sizes, and what is found is one text.
    """

    _FOUND = ", ".join(
        # As many digits as a number may have; JSON of SQLite's own has 15.
        f"CASE WHEN {column.name} IS NOT NULL THEN printf('%!.17g', {column.name}) END"
        if column in _NUMBERS else column.name
        for column in _COLUMNS
    )  # fmt: skip

    @classmethod
    def find(cls, connection: Connection, worker_ids: Collection[str]) -> Found:
        found = _run(
            connection,
            # CROSS: from these workers to their jobs, not from all held jobs to these workers.
            f"WITH found AS MATERIALIZED (SELECT {', '.join(map(str, _COLUMNS))} FROM providers "  # noqa: S608 - names of ours
            "JOIN worker_secrets ON worker_secrets.provider_seq = providers.seq "
            "WHERE providers.worker_id IN ({values})) "
            f"SELECT (SELECT json_group_array(json_array({cls._FOUND})) FROM found), "
            "(SELECT json_group_array(json_array(provider_seq, id, status, named)) FROM found "
            f"CROSS JOIN jobs ON provider_seq = found.seq AND status IN {HELD}), "
            f"EXISTS ({ANY_WAIT})",
            [(worker_id,) for worker_id in worker_ids],
        )
        known, held, jobs_wait = tuple(found.one())
        return Found(_DECODER.decode(known), msgspec.json.decode(held), bool(jobs_wait))

    @classmethod
    def hear(cls, connection: Connection, heard: Collection[Heard]) -> None:
        _run(
            connection,
            "UPDATE providers SET last_heartbeat_at = column2, report = column3, usage = column4, "
            "recent = column5 FROM ({values}) WHERE seq = column1",
            heard,
        )

    @classmethod
    def measure(cls, connection: Connection, measured: Collection[Measured]) -> None:
        _run(
            connection,
            f"INSERT INTO metrics (provider_seq, at, {', '.join(MEASURES)}) "  # noqa: S608 - names of ours
            "SELECT * FROM ({values}) WHERE column1 IS NOT NULL",
            measured,
        )


_SIZES = (1, 8, 64, 256)


def _run(
    connection: Connection, statement: str, rows: Collection[tuple[Any, ...]]
) -> CursorResult[Any]:
    """Runs `statement` over these rows, which stand in it as `{values}`."""
    width = len(next(iter(rows), ("",)))
    size = next((size for size in _SIZES if size >= len(rows)), len(rows))
    blank = (None,) * (width * (size - len(rows)))
    return connection.exec_driver_sql(
        _with_values(statement, width, size), (*itertools.chain.from_iterable(rows), *blank)
    )


@functools.lru_cache(64)
def _with_values(statement: str, width: int, size: int) -> str:
    row = f"({', '.join('?' * width)})"
    return statement.format(values=f"VALUES {', '.join([row] * size)}")


# What SQLite calls true is 1, and numbers come as texts.
_DECODER = msgspec.json.Decoder(list[Known], strict=False)
