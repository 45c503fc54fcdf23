"""How busy each provider was, a row for each heartbeat, kept for a day."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, insert, select

from qubix_server.store.schema import metrics
from qubix_worker.protocol import Usage

KEPT_MS = 24 * 3600 * 1000


def add(connection: Connection, provider_seq: int, usage: Usage, now: int) -> None:
    connection.execute(
        insert(metrics).values(
            provider_seq=provider_seq,
            at=now,
            cpu_percent=usage.cpu_percent,
            ram_percent=usage.ram_percent,
            gpu_percent=usage.gpu_percent,
            gpu_temp=usage.gpu_temp,
            gpu_mem_used=usage.gpu_mem_used_mb,
        )
    )


def history(connection: Connection, provider_seq: int, limit: int) -> Sequence[RowMapping]:
    """The newest `limit` rows, the oldest of them first."""
    query = select(metrics).where(metrics.c.provider_seq == provider_seq)
    rows = connection.execute(query.order_by(metrics.c.seq.desc()).limit(limit)).mappings().all()
    return rows[::-1]


def forget_old(connection: Connection, now: int) -> None:
    connection.execute(delete(metrics).where(metrics.c.at < now - KEPT_MS))
