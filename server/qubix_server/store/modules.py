"""Modules that jobs run, each by the SHA-256 of its bytes."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from qubix_server.store.schema import modules


def put(connection: Connection, sha256: str, data: bytes, now: int) -> bool:
    """Keeps `data`, whose hash this is; whether it was new."""
    if exists(connection, sha256):
        return False
    connection.execute(insert(modules).values(sha256=sha256, data=data, created_at=now))
    return True


def get(connection: Connection, sha256: str) -> bytes | None:
    query = select(modules.c.data).where(modules.c.sha256 == sha256)
    return connection.execute(query).scalar_one_or_none()


def exists(connection: Connection, sha256: str) -> bool:
    query = select(modules.c.created_at).where(modules.c.sha256 == sha256)
    return connection.execute(query).first() is not None
