"""What operators and enrollments did, a row for each act: added, read, and forgotten after a year.

A row is written in the transaction of the act that it tells of: neither is there without the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, RowMapping, delete, func, insert, select

from qubix_server.store.schema import audit

KEPT_MS = 365 * 24 * 3600 * 1000
ROWS_MOST = 1_000_000
TARGET_LENGTH = 128
ADDRESS_LENGTH = 64


@dataclass(frozen=True)
class Row:
    """`actor_id` names a credential without being one: see `qubix_server.audit`."""

    at: int
    actor: str
    actor_id: str
    action: str
    target: str
    address: str


def add(connection: Connection, row: Row) -> None:
    connection.execute(insert(audit).values(**asdict(row)))


def page(connection: Connection, *, before: int | None, limit: int) -> Sequence[RowMapping]:
    """The newest first; `before` is the `seq` at which the last page ended."""
    query = select(audit)
    if before is not None:
        query = query.where(audit.c.seq < before)
    return connection.execute(query.order_by(audit.c.seq.desc()).limit(limit)).mappings().all()


def forget_old(connection: Connection, now: int, *, rows_most: int = ROWS_MOST) -> None:
    connection.execute(delete(audit).where(audit.c.at < now - KEPT_MS))
    newest = connection.execute(select(func.max(audit.c.seq))).scalar_one_or_none()
    if newest is not None:
        connection.execute(delete(audit).where(audit.c.seq <= newest - rows_most))
