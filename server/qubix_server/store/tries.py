"""Buckets of tries that all servers share: see `qubix_server.limits`.

A bucket is the moment at which it will be full again; one that is full has no row.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, text

from qubix_server.store.schema import tries

WHOSE_LENGTH = 64
# The row is locked until the commit, so that what another server takes at this moment counts.
_TAKE = text(
    "INSERT INTO tries (kind, whose, full_at) VALUES (:kind, :whose, :now + :one) "
    "ON CONFLICT (kind, whose) DO UPDATE SET full_at = "
    "(CASE WHEN tries.full_at > :now THEN tries.full_at ELSE :now END) + :one "
    "RETURNING full_at"
)
_GIVE_BACK = text("UPDATE tries SET full_at = full_at - :one WHERE kind = :kind AND whose = :whose")


def take(connection: Connection, kind: str, whose: str, one_ms: int, now: int) -> int:
    """Takes one, which fills up again in `one_ms`; when the bucket will be full."""
    wanted = {"kind": kind, "whose": whose[:WHOSE_LENGTH], "one": one_ms, "now": now}
    return int(connection.execute(_TAKE, wanted).scalar_one())


def give_back(connection: Connection, kind: str, whose: str, one_ms: int) -> None:
    wanted = {"kind": kind, "whose": whose[:WHOSE_LENGTH], "one": one_ms}
    connection.execute(_GIVE_BACK, wanted)


def forget_full(connection: Connection, now: int) -> None:
    connection.execute(delete(tries).where(tries.c.full_at <= now))
