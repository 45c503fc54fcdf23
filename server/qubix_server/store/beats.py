"""What quiet heartbeats need of the tables, for many workers in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text, update

from qubix_server.store import locks
from qubix_server.store.jobs import HELD
from qubix_server.store.schema import jobs, metrics, providers, worker_secrets

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
    providers.c.ram_total_gb,
    providers.c.gpu_vram_gb,
    providers.c.gpu_model,
    providers.c.os,
)
# Made once: to put a statement together costs about as much as to run it.
_KNOWN = (
    select(*_COLUMNS)
    .join(worker_secrets, worker_secrets.c.provider_seq == providers.c.seq)
    .where(providers.c.worker_id.in_(bindparam("wanted", expanding=True)))
)
_HELD = select(jobs.c.provider_seq, jobs.c.id, jobs.c.status, jobs.c.named).where(
    jobs.c.provider_seq.in_(bindparam("wanted", expanding=True)), jobs.c.status.in_(HELD)
)
_HEARD = (
    update(providers)
    .where(providers.c.seq == bindparam("provider_seq"))
    .values(
        last_heartbeat_at=bindparam("at"), report=bindparam("number"), usage=bindparam("in_use")
    )
)
_MEASURED = insert(metrics)
# PostgreSQL is asked over a line: all rows travel in one statement, whose text is always the same.
_HEARD_AT_ONCE = text(
    "UPDATE providers SET last_heartbeat_at = heard.at, report = heard.number, "
    "usage = heard.in_use FROM unnest(CAST(:provider_seq AS bigint[]), CAST(:at AS bigint[]), "
    "CAST(:number AS bigint[]), CAST(:in_use AS text[])) AS heard (seq, at, number, in_use) "
    "WHERE providers.seq = heard.seq"
)
_MEASURES = ("cpu_percent", "ram_percent", "gpu_percent", "gpu_temp", "gpu_mem_used")
_MEASURED_AT_ONCE = text(
    f"INSERT INTO metrics (provider_seq, at, {', '.join(_MEASURES)}) SELECT * FROM unnest("  # noqa: S608 - names of ours
    "CAST(:provider_seq AS bigint[]), CAST(:at AS bigint[]), "
    + ", ".join(f"CAST(:{name} AS double precision[])" for name in _MEASURES)
    + ")"
)


@dataclass(slots=True)
class Known:
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
    has_one_secret: bool = True
    held: set[str] = field(default_factory=set)
    """The jobs that are leased to it."""
    all_begun: bool = True
    """It is known to have begun each of these."""


def known(connection: Connection, worker_ids: Collection[str]) -> dict[str, Known]:
    """Those of these workers that there are, for this write to change."""
    locks.workers(connection, worker_ids)
    found: dict[str, Known] = {}
    for row in connection.execute(_KNOWN, {"wanted": list(worker_ids)}):
        if earlier := found.get(row[0]):
            earlier.has_one_secret = False
        else:
            found[row[0]] = Known(*tuple(row))
    by_seq = {one.seq: one for one in found.values()}
    for seq, job_id, status, named in connection.execute(_HELD, {"wanted": list(by_seq)}):
        by_seq[seq].held.add(job_id)
        by_seq[seq].all_begun &= named and status == "RUNNING"
    return found


def keep(
    connection: Connection, heard: Sequence[dict[str, Any]], measured: Sequence[dict[str, Any]]
) -> None:
    """Notes when workers were heard (`provider_seq`, `at`, `number`, `in_use`), and rows of
    `metrics`."""
    if connection.dialect.name == "postgresql":
        connection.execute(_HEARD_AT_ONCE, _columns(heard))
        connection.execute(_MEASURED_AT_ONCE, _columns(measured))
        return
    connection.execute(_HEARD, heard)
    connection.execute(_MEASURED, measured)


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}
