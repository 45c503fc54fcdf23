"""Enrollments: each lets one machine register, within an hour."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, or_, select, update

from qubix_server.store.schema import enrollments

LIFETIME_MS = 3600 * 1000
KEPT_MS = 24 * 3600 * 1000
"""After its end an enrollment is kept this long, so that its user can be told what happened."""


def create(connection: Connection, token_hash: str, code_hash: str, now: int) -> int:
    """Keeps a new enrollment; when it ends."""
    expires_at = now + LIFETIME_MS
    connection.execute(
        insert(enrollments).values(
            token_hash=token_hash, code_hash=code_hash, created_at=now, expires_at=expires_at
        )
    )
    return expires_at


def find(connection: Connection, any_hash: str) -> RowMapping | None:
    """The enrollment whose token or code has this hash."""
    return (
        connection.execute(
            select(enrollments).where(
                or_(enrollments.c.token_hash == any_hash, enrollments.c.code_hash == any_hash)
            )
        )
        .mappings()
        .first()
    )


def use(connection: Connection, token_hash: str, provider_seq: int, now: int) -> None:
    _set(connection, token_hash, used_at=now, provider_seq=provider_seq)


def free(connection: Connection, provider_seq: int) -> None:
    """The machine that used it has taken itself back: within its hour it can be used again."""
    connection.execute(
        update(enrollments)
        .where(enrollments.c.provider_seq == provider_seq)
        .values(used_at=None, provider_seq=None)
    )


def forget_old(connection: Connection, now: int) -> None:
    connection.execute(delete(enrollments).where(enrollments.c.expires_at < now - KEPT_MS))


def _set(connection: Connection, token_hash: str, **values: Any) -> None:
    connection.execute(
        update(enrollments).where(enrollments.c.token_hash == token_hash).values(**values)
    )
