"""What a write will change, kept from others until it is committed.

On SQLite the writer has the whole database, and nothing needs to be done here. On PostgreSQL
several servers write at once: a row that is read in order to be changed is locked first, and read
after that, in a statement of its own (one that waited would still see the rest of the database as
it was before). The order is always the same, so that none waits for another in a circle: providers
by their `seq`, then jobs; a circle that comes about all the same, since many writes share a
transaction, PostgreSQL breaks, and `writer` begins the transaction anew.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from qubix_server.store.schema import enrollments, jobs, providers, worker_secrets

_EVERYTHING = 0x7175626978
"""The number of a lock that nothing else in this database uses: "qubix" in ASCII."""
_BY_WORKER_ID = (
    select(providers.c.seq)
    .where(providers.c.worker_id.in_(bindparam("wanted", expanding=True)))
    .order_by(providers.c.seq)
    .with_for_update(key_share=True)
)
_BY_SEQ = (
    select(providers.c.seq)
    .where(providers.c.seq.in_(bindparam("wanted", expanding=True)))
    .order_by(providers.c.seq)
    .with_for_update(key_share=True, skip_locked=True)
)
_BY_SECRET = (
    select(providers.c.seq)
    .join(worker_secrets, worker_secrets.c.provider_seq == providers.c.seq)
    .where(worker_secrets.c.secret_hash == bindparam("wanted"))
    .with_for_update(key_share=True, of=providers)
)
_JOB = select(jobs.c.seq).where(jobs.c.id == bindparam("wanted")).with_for_update(key_share=True)
_ENROLLMENT = (
    select(enrollments.c.token_hash)
    .where(
        (enrollments.c.token_hash == bindparam("wanted"))
        | (enrollments.c.code_hash == bindparam("wanted"))
    )
    .with_for_update(key_share=True)
)


def workers(connection: Connection, worker_ids: Collection[str]) -> None:
    """Locks these providers, as far as there are such."""
    if worker_ids:
        _lock(connection, _BY_WORKER_ID, list(worker_ids))


def free_providers(connection: Connection, seqs: Collection[int]) -> set[int]:
    """Locks those of these providers that nobody else has locked; which those are."""
    if not _is_shared(connection) or not seqs:
        return set(seqs)
    return set(connection.execute(_BY_SEQ, {"wanted": list(seqs)}).scalars())


def owner_of_secret(connection: Connection, secret_hash: str) -> None:
    """Locks the provider whose secret has this hash."""
    _lock(connection, _BY_SECRET, secret_hash)


def job(connection: Connection, job_id: str) -> None:
    _lock(connection, _JOB, job_id)


def enrollment(connection: Connection, any_hash: str) -> None:
    """Locks the enrollment whose token or code has this hash."""
    _lock(connection, _ENROLLMENT, any_hash)


def everything(connection: Connection) -> None:
    """Waits until no other server makes or changes tables, or the operator's token."""
    if _is_shared(connection):
        connection.execute(select(func.pg_advisory_xact_lock(_EVERYTHING)))


def _lock(connection: Connection, query: Select[Any], wanted: object) -> None:
    if _is_shared(connection):
        connection.execute(query, {"wanted": wanted}).all()


def _is_shared(connection: Connection) -> bool:
    """Whether another server may write at this moment."""
    return connection.dialect.name != "sqlite"
