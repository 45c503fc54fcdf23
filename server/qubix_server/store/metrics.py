"""How busy each provider was: a row for each heartbeat, of which fewer are kept as they grow old.

Rows are thinned in place, window by window: of a provider's rows in a window the newest stays, with
the averages of all (of temperature and memory, which matter by their peaks, with the highest). So
the order of `seq` stays that of time, and to thin what is thin already changes nothing. The one
thing to know before changing it: a write here must stay small, since heartbeats wait for it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from qubix_server.store.recent import MEASURES, NONE, measurements
from qubix_server.store.schema import metrics, providers
from qubix_worker.protocol import Usage

MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
KEPT_MS = 30 * DAY_MS
READ_AT_ONCE = 20_000
"""Of so many providers a window is read at once."""


@dataclass(frozen=True)
class Grain:
    """Of what is older than `after_ms`, a row for each `window_ms` is kept; of what is younger
    where there are more than `most`."""

    after_ms: int
    window_ms: int
    most: int = 1


GRAINS = (
    # A worker that beats ten times as often as it is asked to has no more history for it.
    Grain(5 * MINUTE_MS, 5 * MINUTE_MS, most=100),
    Grain(HOUR_MS, 5 * MINUTE_MS),
    Grain(DAY_MS, HOUR_MS),
)

_IN_WINDOW = (metrics.c.at >= bindparam("begin", type_=BigInteger)) & (
    metrics.c.at < bindparam("end", type_=BigInteger)
)
_THICK = (
    select(
        metrics.c.provider_seq.label("of"),
        func.min(metrics.c.seq).label("first"),
        func.max(metrics.c.seq).label("last"),
        func.avg(metrics.c.cpu_percent).label("cpu"),
        func.avg(metrics.c.ram_percent).label("ram"),
        func.avg(metrics.c.gpu_percent).label("gpu"),
        func.max(metrics.c.gpu_temp).label("temp"),
        func.max(metrics.c.gpu_mem_used).label("mem"),
    )
    .where(_IN_WINDOW, metrics.c.provider_seq > bindparam("after", type_=BigInteger))
    .group_by(metrics.c.provider_seq)
    .having(func.count() > bindparam("most", type_=Integer))
    .order_by(metrics.c.provider_seq)
    .limit(READ_AT_ONCE)
)
_KEEP = (
    update(metrics)
    .where(metrics.c.seq == bindparam("last"))
    .values(
        cpu_percent=bindparam("cpu"),
        ram_percent=bindparam("ram"),
        gpu_percent=bindparam("gpu"),
        gpu_temp=bindparam("temp"),
        gpu_mem_used=bindparam("mem"),
    )
)
_DROP = delete(metrics).where(
    metrics.c.provider_seq == bindparam("of"),
    metrics.c.seq >= bindparam("first"),
    metrics.c.seq < bindparam("last"),
)
_OLD = (
    select(metrics.c.seq)
    .where(metrics.c.at < bindparam("before", type_=BigInteger))
    .order_by(metrics.c.at)
    .limit(bindparam("most", type_=Integer))
)
_RECENT = select(providers.c.seq, providers.c.recent).where(
    providers.c.seq.in_(bindparam("among", expanding=True)), providers.c.recent != NONE
)
_GATHERED = (
    update(providers)
    .where(providers.c.seq.in_(bindparam("among", expanding=True)))
    .values(recent=NONE)
)
_FORGET = delete(metrics).where(metrics.c.seq.in_(_OLD))


def add(connection: Connection, provider_seq: int, usage: Usage, now: int) -> None:
    """Adds what was measured now, behind all that the provider's own row still has."""
    gather(connection, [provider_seq])
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


def gather(connection: Connection, provider_seqs: Collection[int]) -> None:
    """Takes over what these providers' own rows have, and empties those."""
    recents = connection.execute(_RECENT, {"among": list(provider_seqs)}).all()
    if recents:
        rows = [{"provider_seq": seq, **row} for seq, recent in recents for row in _as_rows(recent)]
        connection.execute(insert(metrics), rows)
        connection.execute(_GATHERED, {"among": [seq for seq, _ in recents]})


def history(connection: Connection, provider_seq: int, limit: int) -> Sequence[dict[str, Any]]:
    """The newest `limit` measurements, the oldest of them first."""
    recent = connection.execute(
        select(providers.c.recent).where(providers.c.seq == provider_seq)
    ).scalar_one()
    newest = _as_rows(recent)[-limit:]
    query = select(metrics).where(metrics.c.provider_seq == provider_seq)
    older = query.order_by(metrics.c.seq.desc()).limit(limit - len(newest))
    return [*map(dict, connection.execute(older).mappings().all()[::-1]), *newest]


def _as_rows(recent: str) -> list[dict[str, Any]]:
    return [dict(zip(("at", *MEASURES), row, strict=True)) for row in measurements(recent)]


def first_since(connection: Connection, at: int) -> int | None:
    """When the oldest row from `at` on was made."""
    query = select(func.min(metrics.c.at)).where(metrics.c.at >= at)
    found: int | None = connection.execute(query).scalar_one()
    return found


def thick(
    connection: Connection, begin: int, grain: Grain, after: int = 0
) -> Sequence[dict[str, Any]]:
    """Of the providers behind `after`, those with more rows in the window from `begin` than are to
    stay: what is to stay of each, for `thin`."""
    window = {"begin": begin, "end": begin + grain.window_ms, "most": grain.most, "after": after}
    return [dict(row) for row in connection.execute(_THICK, window).mappings()]


def thin(connection: Connection, found: Sequence[dict[str, Any]]) -> None:
    """Keeps of these providers' rows what `thick` said."""
    connection.execute(_KEEP, found)
    connection.execute(_DROP, found)


def forget_old(connection: Connection, now: int, most: int) -> int:
    """Forgets the oldest rows of those too old, so many at most; how many."""
    return connection.execute(_FORGET, {"before": now - KEPT_MS, "most": most}).rowcount
