"""That a computer is called otherwise, in the audit log.

Its worker says so with a heartbeat, as often as it likes: so it is noted only so many times, or one
worker could push out what is noted of all others.
"""

from __future__ import annotations

from sqlalchemy import Connection

from qubix_server.store import audit, tries

ACTION = "provider.rename"
NOTED_A_DAY = 24
_ONE_MS = 24 * 3600 * 1000 // NOTED_A_DAY


def note(connection: Connection, worker_id: str, address: str, now: int) -> None:
    """`worker_id`: whose worker it is, which has said so itself."""
    if tries.take(connection, "rename", worker_id, _ONE_MS, now) - now > NOTED_A_DAY * _ONE_MS:
        tries.give_back(connection, "rename", worker_id, _ONE_MS)
        return
    row = audit.Row(
        at=now,
        actor="worker",
        actor_id=worker_id,
        action=ACTION,
        target=worker_id[: audit.TARGET_LENGTH],
        address="".join(c if c.isprintable() else "?" for c in address)[: audit.ADDRESS_LENGTH],
    )
    audit.add(connection, row)
