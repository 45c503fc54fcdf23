"""How many computers and jobs there are in each state, for whoever watches the server.

Providers are counted by a walk over an index or the table: at a million of them that takes a
reader's thread some tenths of a second, and nobody else's time.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from qubix_server.store.schema import jobs, providers

PROVIDER_STATES = ("online", "busy", "paused", "offline")
JOB_STATES = ("PENDING", "ASSIGNED", "RUNNING", "COMPLETED", "FAILED", "CANCELLED")


@dataclass(frozen=True)
class Counts:
    providers: dict[str, int]
    jobs: dict[str, int]


def now(connection: Connection) -> Counts:
    """All states, also those in which there is nothing."""
    states = connection.execute(
        select(providers.c.state, func.count()).group_by(providers.c.state)
    ).all()
    statuses = connection.execute(select(jobs.c.status, func.count()).group_by(jobs.c.status)).all()
    return Counts(
        dict.fromkeys(PROVIDER_STATES, 0) | {row[0]: row[1] for row in states},
        dict.fromkeys(JOB_STATES, 0) | {row[0]: row[1] for row in statuses},
    )
