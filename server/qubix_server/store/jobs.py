"""Jobs as rows: made, found, listed, changed. Who may change what is in `qubix_server.leases`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Float,
    Integer,
    RowMapping,
    String,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy import update as sql_update

from qubix_server.store.schema import job_leases, job_logs, job_results, jobs, providers

HELD = ("ASSIGNED", "RUNNING")
LOG_LINES_MOST = 10_000
LOG_CHARACTERS_MOST = 4 * 1024 * 1024
"""Of a job that logs more, the newest lines are kept."""
_BUT_SPEC = tuple(column for column in jobs.c if column is not jobs.c.spec)
# Made once: to put a statement together costs about as much as to run it.
_BY_ID = select(jobs).where(jobs.c.id == bindparam("wanted"))
_IS_HELD = jobs.c.status.in_(HELD) & (jobs.c.provider_seq == bindparam("wanted"))
# Locked (see `locks`): whoever asks for these changes them.
_HELD_BY = (
    select(*_BUT_SPEC)
    .where(_IS_HELD)
    .order_by(jobs.c.assigned_at, jobs.c.seq)
    .with_for_update(key_share=True)
)
_IS_GIVEN = (jobs.c.status == "ASSIGNED") & (jobs.c.provider_seq == bindparam("wanted"))
_GIVEN_TO = select(jobs).where(_IS_GIVEN).order_by(jobs.c.assigned_at, jobs.c.seq)
_OLDEST = (
    select(jobs)
    .where(
        jobs.c.status == "PENDING",
        jobs.c.kind.in_(bindparam("kinds", expanding=True)),
        jobs.c.id.not_in(bindparam("but", expanding=True)),
        or_(jobs.c.min_ram_gb.is_(None), jobs.c.min_ram_gb <= bindparam("ram", type_=Float)),
        or_(jobs.c.min_vram_gb.is_(None), jobs.c.min_vram_gb <= bindparam("vram", type_=Float)),
        or_(jobs.c.os.is_(None), jobs.c.os == bindparam("os", type_=String)),
        or_(jobs.c.needs_gpu.is_(False), bindparam("has_gpu", type_=Boolean)),
    )
    .order_by(jobs.c.seq)
    .limit(1)
    # One that another server is about to give away is not waited for.
    .with_for_update(key_share=True, skip_locked=True)
)
ANY_WAIT = f"SELECT 1 FROM {jobs.name} WHERE {jobs.c.status.name} = 'PENDING' LIMIT 1"  # noqa: S608 - names of ours

_IS_OVERDUE = (
    jobs.c.status.in_(HELD)
    & providers.c.names_jobs.is_(False)
    & (
        func.coalesce(jobs.c.started_at, jobs.c.assigned_at) + jobs.c.timeout_seconds * 1000
        < bindparam("since")
    )
)
_OVERDUE = (
    select(jobs.c.seq)
    .join(providers, providers.c.seq == jobs.c.provider_seq)
    .where(_IS_OVERDUE)
    .limit(bindparam("most", type_=Integer))
)
_OVERDUE_AMONG = (
    select(*_BUT_SPEC)
    .join(providers, providers.c.seq == jobs.c.provider_seq)
    .where(_IS_OVERDUE, jobs.c.seq.in_(bindparam("among", expanding=True)))
    .with_for_update(key_share=True, of=jobs, skip_locked=True)
)


def add(connection: Connection, values: dict[str, Any]) -> RowMapping:
    connection.execute(insert(jobs).values(**values))
    return find(connection, values["id"])  # type: ignore[return-value] # it was just added


def find(connection: Connection, job_id: str) -> RowMapping | None:
    return connection.execute(_BY_ID, {"wanted": job_id}).mappings().first()


def find_all(connection: Connection, job_ids: Collection[str]) -> dict[str, RowMapping]:
    """Those of these that there are, by their ids; without their specs."""
    if not job_ids:
        return {}
    rows = connection.execute(select(*_BUT_SPEC).where(jobs.c.id.in_(job_ids))).mappings()
    return {row["id"]: row for row in rows}


def find_by_key(connection: Connection, idempotency_key: str) -> RowMapping | None:
    query = select(jobs).where(jobs.c.idempotency_key == idempotency_key)
    return connection.execute(query).mappings().first()


def page(
    connection: Connection,
    *,
    status: str | None = None,
    worker_id: str | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[RowMapping]:
    """The newest first; `before` is the `seq` at which the last page ended. `worker_id`: those that
    this worker has, or had when they ended."""
    query = select(jobs)
    if status is not None:
        query = query.where(jobs.c.status == status)
    if worker_id is not None:
        query = query.where(jobs.c.worker_id == worker_id)
    if before is not None:
        query = query.where(jobs.c.seq < before)
    return connection.execute(query.order_by(jobs.c.seq.desc()).limit(limit)).mappings().all()


def update(connection: Connection, seq: int, **values: Any) -> None:
    connection.execute(sql_update(jobs).where(jobs.c.seq == seq).values(**values))


def held_by(connection: Connection, provider_seq: int) -> Sequence[RowMapping]:
    """Those leased to this provider now, in the order in which they were given, for this write to
    change; without their specs, which can be large."""
    return connection.execute(_HELD_BY, {"wanted": provider_seq}).mappings().all()


def overdue(connection: Connection, since: int, most: int) -> Sequence[int]:
    """The `seq` of those held by workers that do not name theirs, and whose time limit was over by
    `since`."""
    return connection.execute(_OVERDUE, {"since": since, "most": most}).scalars().all()


def overdue_among(
    connection: Connection, seqs: Collection[int], since: int
) -> Sequence[RowMapping]:
    """Of these, those that `overdue` finds, for this write to change."""
    wanted = {"since": since, "among": list(seqs)}
    return connection.execute(_OVERDUE_AMONG, wanted).mappings().all()


def given_to(connection: Connection, provider_seq: int) -> Sequence[RowMapping]:
    """Those given to this provider that it is not known to have, oldest first, with their specs."""
    return connection.execute(_GIVEN_TO, {"wanted": provider_seq}).mappings().all()


def any_wait(connection: Connection) -> bool:
    """Whether any job waits to be given."""
    return connection.exec_driver_sql(ANY_WAIT).first() is not None


def oldest_for(
    connection: Connection,
    kinds: Sequence[str],
    *,
    ram_gb: float | None,
    vram_gb: float | None,
    has_gpu: bool,
    os: str | None,
    but: Collection[str] = (),
) -> RowMapping | None:
    """The job that has waited longest among those that a machine like this can do, for this write
    to give away; not those in `but`."""
    machine = {"ram": ram_gb or 0, "vram": vram_gb or 0, "has_gpu": has_gpu, "os": os}
    values = machine | {"kinds": list(kinds), "but": list(but)}
    return connection.execute(_OLDEST, values).mappings().first()


def add_lease(connection: Connection, seq: int, attempt: int, provider_id: str, now: int) -> None:
    connection.execute(
        insert(job_leases).values(
            job_seq=seq, attempt=attempt, provider_id=provider_id, assigned_at=now
        )
    )


def was_leased_to(connection: Connection, seq: int, provider_id: str) -> bool:
    query = select(job_leases.c.attempt).where(
        job_leases.c.job_seq == seq, job_leases.c.provider_id == provider_id
    )
    return connection.execute(query).first() is not None


def put_result(connection: Connection, seq: int, result: str) -> None:
    connection.execute(delete(job_results).where(job_results.c.job_seq == seq))
    connection.execute(insert(job_results).values(job_seq=seq, result=result))


def result(connection: Connection, seq: int) -> str | None:
    query = select(job_results.c.result).where(job_results.c.job_seq == seq)
    return connection.execute(query).scalar_one_or_none()


def add_logs(
    connection: Connection, seq: int, attempt: int, lines: Sequence[str], now: int
) -> None:
    if not lines:
        return
    connection.execute(
        insert(job_logs),
        [{"job_seq": seq, "attempt": attempt, "at": now, "line": line} for line in lines],
    )
    newest_first = job_logs.c.seq.desc()
    from_the_end = (
        select(
            job_logs.c.seq,
            func.row_number().over(order_by=newest_first).label("lines"),
            func.sum(func.length(job_logs.c.line)).over(order_by=newest_first).label("characters"),
        )
        .where(job_logs.c.job_seq == seq)
        .subquery()
    )
    newest_dropped = connection.execute(
        select(func.max(from_the_end.c.seq)).where(
            or_(
                from_the_end.c.lines > LOG_LINES_MOST,
                from_the_end.c.characters > LOG_CHARACTERS_MOST,
            )
        )
    ).scalar_one()
    if newest_dropped is not None:
        connection.execute(
            delete(job_logs).where(job_logs.c.job_seq == seq, job_logs.c.seq <= newest_dropped)
        )


def logs(connection: Connection, seq: int, *, after: int, limit: int) -> Sequence[RowMapping]:
    query = select(job_logs).where(job_logs.c.job_seq == seq, job_logs.c.seq > after)
    return connection.execute(query.order_by(job_logs.c.seq).limit(limit)).mappings().all()


def count(connection: Connection, status: str) -> int:
    query = select(func.count()).select_from(jobs).where(jobs.c.status == status)
    return int(connection.execute(query).scalar_one())
