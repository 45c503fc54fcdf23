"""The operator's token: one at a time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select

from qubix_server.store.schema import operator_tokens

_AMONG = select(operator_tokens.c.token_hash).where(
    operator_tokens.c.token_hash.in_(bindparam("among", expanding=True))
)


def is_operator(connection: Connection, token_hash: str) -> bool:
    found = connection.execute(
        select(operator_tokens.c.created_at).where(operator_tokens.c.token_hash == token_hash)
    )
    return found.first() is not None


def tokens_among(connection: Connection, hashes: Sequence[str]) -> set[str]:
    """Of these hashes, those by which somebody is the operator."""
    return set(connection.execute(_AMONG, {"among": hashes}).scalars())


def has_token(connection: Connection) -> bool:
    return connection.execute(select(operator_tokens.c.created_at).limit(1)).first() is not None


def replace_token(connection: Connection, token_hash: str, now: int) -> None:
    """From now on this token is the operator's, and no other."""
    connection.execute(delete(operator_tokens))
    connection.execute(insert(operator_tokens).values(token_hash=token_hash, created_at=now))
