"""Providers: what is known of each registered worker, and the secrets that prove who it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    RowMapping,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy import update as sql_update

from qubix_server.store.schema import jobs, providers, worker_secrets

SECRETS_MOST = 8
"""So many answers to a repeated registration can have been lost, and the next still counts."""


def _select() -> Select[Any]:
    """Providers, with the oldest job that each holds, and how many it has not named yet."""
    is_held = jobs.c.status.in_(("ASSIGNED", "RUNNING")) & (jobs.c.provider_seq == providers.c.seq)
    held = select(jobs.c.id).where(is_held).order_by(jobs.c.assigned_at, jobs.c.seq).limit(1)
    unnamed = select(func.count()).select_from(jobs).where(is_held, jobs.c.named.is_(False))
    return select(
        providers,
        held.scalar_subquery().label("current_job_id"),
        unnamed.scalar_subquery().label("unnamed_jobs"),
    )


# Made once: to put a statement together costs about as much as to run it.
_SELECT = _select()
_BY_SEQ = _SELECT.where(providers.c.seq == bindparam("wanted"))
_BY_WORKER_ID = _SELECT.where(providers.c.worker_id == bindparam("wanted"))
_BY_SECRET = _SELECT.join(worker_secrets, worker_secrets.c.provider_seq == providers.c.seq).where(
    worker_secrets.c.secret_hash == bindparam("wanted")
)
_SECRETS_AMONG = select(worker_secrets.c.secret_hash).where(
    worker_secrets.c.secret_hash.in_(bindparam("among", expanding=True))
)

_IS_SILENT = providers.c.is_online & (providers.c.last_heartbeat_at < bindparam("since"))
_IS_AMONG = providers.c.seq.in_(bindparam("among", expanding=True))
_SILENT = (
    select(providers.c.seq)
    .where(_IS_SILENT)
    .order_by(providers.c.last_heartbeat_at)
    .limit(bindparam("most", type_=Integer))
)
_ALL_OF = _SELECT.where(_IS_AMONG)
_SILENT_AMONG = _ALL_OF.where(_IS_SILENT)
_NOTE_SILENT = (
    sql_update(providers)
    .where(_IS_AMONG)
    .values(is_online=False, state="offline", pause_reason=None)
)
_IS_SILENT_HOLDER = (
    jobs.c.status.in_(("ASSIGNED", "RUNNING"))
    & providers.c.is_online.is_(False)
    & (func.coalesce(providers.c.last_heartbeat_at, 0) < bindparam("since"))
)
_ALL_HOLDERS = (
    select(providers.c.seq)
    .join(jobs, jobs.c.provider_seq == providers.c.seq)
    .where(_IS_SILENT_HOLDER)
    .distinct()
)
_HOLDERS = _ALL_HOLDERS.limit(bindparam("most", type_=Integer))
_HOLDERS_AMONG = _ALL_HOLDERS.where(_IS_AMONG)


@dataclass(frozen=True)
class Filter:
    """Which providers a list shall have; None does not matter."""

    online: bool | None = None
    gpu_model: str | None = None
    min_vram_gb: float | None = None
    after: int = 0
    """The `seq` behind which the page begins."""
    limit: int = 100


def add(connection: Connection, values: dict[str, Any]) -> int:
    """Keeps a new provider; its `seq`."""
    key = connection.execute(insert(providers).values(**values)).inserted_primary_key
    return int(key[0]) if key else 0


def update(connection: Connection, seq: int, **values: Any) -> None:
    connection.execute(sql_update(providers).where(providers.c.seq == seq).values(**values))


def remove(connection: Connection, seq: int) -> None:
    """With its secrets and metrics."""
    connection.execute(delete(providers).where(providers.c.seq == seq))


def get(connection: Connection, seq: int) -> RowMapping:
    return connection.execute(_BY_SEQ, {"wanted": seq}).mappings().one()


def find(connection: Connection, worker_id: str) -> RowMapping | None:
    return connection.execute(_BY_WORKER_ID, {"wanted": worker_id}).mappings().first()


def find_by_any_id(connection: Connection, any_id: str) -> RowMapping | None:
    """By its worker's id, or by its own."""
    by_id = connection.execute(_SELECT.where(providers.c.id == any_id)).mappings().first()
    return find(connection, any_id) or by_id


def page(connection: Connection, wanted: Filter) -> Sequence[RowMapping]:
    """In the order of registration."""
    query = _SELECT.where(providers.c.seq > wanted.after)
    for condition in _conditions(wanted):
        query = query.where(condition)
    return connection.execute(query.order_by(providers.c.seq).limit(wanted.limit)).mappings().all()


def newest(connection: Connection, registered_since: int) -> RowMapping | None:
    query = _SELECT.where(providers.c.registered_at >= registered_since)
    return connection.execute(query.order_by(providers.c.seq.desc()).limit(1)).mappings().first()


def silent(connection: Connection, since: int, most: int) -> Sequence[int]:
    """The `seq` of those that count as online and whose last heartbeat was before `since`, those
    that are silent for longest first."""
    return connection.execute(_SILENT, {"since": since, "most": most}).scalars().all()


def silent_among(connection: Connection, seqs: Collection[int], since: int) -> Sequence[RowMapping]:
    """Of these, those that `silent` finds."""
    wanted = {"since": since, "among": list(seqs)}
    return connection.execute(_SILENT_AMONG, wanted).mappings().all()


def note_silent(connection: Connection, seqs: Collection[int]) -> None:
    connection.execute(_NOTE_SILENT, {"among": list(seqs)})


def all_of(connection: Connection, seqs: Collection[int]) -> Sequence[RowMapping]:
    return connection.execute(_ALL_OF, {"among": list(seqs)}).mappings().all()


def silent_holders(connection: Connection, since: int, most: int) -> Sequence[int]:
    """The `seq` of those offline and not heard since `since` to whom a job is leased."""
    return connection.execute(_HOLDERS, {"since": since, "most": most}).scalars().all()


def silent_holders_among(
    connection: Connection, seqs: Collection[int], since: int
) -> Sequence[int]:
    """Of these, those that `silent_holders` finds."""
    wanted = {"since": since, "among": list(seqs)}
    return connection.execute(_HOLDERS_AMONG, wanted).scalars().all()


def count(connection: Connection, *, online: bool = False, heard_since: int | None = None) -> int:
    query = select(func.count()).select_from(providers)
    if online:
        query = query.where(providers.c.is_online)
    if heard_since is not None:
        query = query.where(providers.c.last_heartbeat_at >= heard_since)
    return int(connection.execute(query).scalar_one())


def add_secret(connection: Connection, seq: int, secret_hash: str, now: int) -> None:
    """Lets the provider prove itself with one more secret; the oldest of too many goes."""
    connection.execute(
        insert(worker_secrets).values(secret_hash=secret_hash, provider_seq=seq, created_at=now)
    )
    kept = connection.execute(
        select(worker_secrets.c.secret_hash)
        .where(worker_secrets.c.provider_seq == seq)
        .order_by(worker_secrets.c.created_at.desc())
    ).scalars()
    for old in list(kept)[SECRETS_MOST:]:
        connection.execute(delete(worker_secrets).where(worker_secrets.c.secret_hash == old))


def keep_only_secret(connection: Connection, seq: int, secret_hash: str) -> None:
    """The provider has used this secret: those whose answers were lost open nothing any more."""
    connection.execute(
        delete(worker_secrets).where(
            worker_secrets.c.provider_seq == seq, worker_secrets.c.secret_hash != secret_hash
        )
    )


def owner_of_secret(connection: Connection, secret_hash: str) -> RowMapping | None:
    return connection.execute(_BY_SECRET, {"wanted": secret_hash}).mappings().first()


def secrets_among(connection: Connection, hashes: Sequence[str]) -> set[str]:
    """Of these hashes, those of secrets that some provider has."""
    return set(connection.execute(_SECRETS_AMONG, {"among": hashes}).scalars())


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.online is not None:
        conditions.append(providers.c.is_online.is_(wanted.online))
    if wanted.gpu_model is not None:
        conditions.append(
            func.lower(providers.c.gpu_model).contains(wanted.gpu_model.lower(), autoescape=True)
        )
    if wanted.min_vram_gb is not None:
        conditions.append(providers.c.gpu_vram_gb >= wanted.min_vram_gb)
    return conditions
