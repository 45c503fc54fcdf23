"""How a machine joins and leaves. Each function runs inside one write.

A registration may be repeated, since its answer may be lost: the same enrollment and worker id
give the same provider. Each answer carries a new secret, because only hashes are kept; all of
them open, until the worker uses one, which then is the only one. So whichever of several answers
reached the worker, in whatever order they were made, the secret that it holds works.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping

from qubix_server import access, leases, views
from qubix_server.credentials import digest, plain_code
from qubix_server.errors import ApiError
from qubix_server.events import IN_FULL, MARKETPLACE, Event, Outcome, provider_topic
from qubix_server.inherited import KINDS, QuickRegistration
from qubix_server.store import enrollments, locks, providers
from qubix_worker.protocol import Registration

RESERVED = ("register", "quick-register", "check-new")
"""What stands below /api/providers: nobody could be asked about under such a name."""
_JOINED, _LEFT = (0.0,), (1.0,)
"""Who joins at one server and leaves at another is not told of the other way round."""


def find_enrollment(connection: Connection, text: str) -> RowMapping | None:
    """The enrollment with this token, or with this code however it was typed."""
    return enrollments.find(connection, _hash_of(text))


def register(
    connection: Connection, wanted: Registration, secret: str, now: int
) -> Outcome[RowMapping]:
    """Makes the provider, or finds the one that this enrollment has made; `secret` opens it.

    Raises ApiError: 401 for an enrollment that is unknown or has ended, 403 for one that another
    machine has used, 409 where the worker id is taken.
    """
    columns = {
        "name": wanted.name,
        "worker_version": wanted.worker_version,
        "worker_sha256": wanted.worker_sha256,
        "capabilities": msgspec.json.encode(wanted.capabilities).decode(),
        **views.hardware_columns(wanted.hardware),
    }
    joined = _join(
        connection,
        wanted.worker_id,
        wanted.enrollment,
        kind="native",
        columns=columns,
        secret=secret,
        now=now,
    )
    return Outcome(joined.value[0], joined.events, joined.jobs_wait)


def quick_register(
    connection: Connection, wanted: QuickRegistration, secret: str, now: int
) -> Outcome[tuple[RowMapping, bool]]:
    """As `register`, for the inherited form; also whether the provider is new."""
    columns = wanted.columns() | _as_json(wanted.hardware(), wanted.capabilities or KINDS)
    return _join(
        connection,
        wanted.worker_id,
        wanted.enrollment,
        kind=wanted.type,
        columns=columns,
        secret=secret,
        now=now,
    )


def remove(connection: Connection, row: RowMapping, now: int, *, by_itself: bool) -> Outcome[None]:
    """Forgets a provider; what it held goes back to the queue.

    One that takes itself back frees its enrollment, so that a cancelled setup can be repeated.
    """
    locks.workers(connection, (row["worker_id"],))
    if providers.find(connection, row["worker_id"]) is None:
        raise access.provider_unknown()  # it was removed by another server, just now
    released = leases.release_all(connection, row["seq"], now, "The computer has left.")
    if by_itself:
        enrollments.free(connection, row["seq"])
    providers.remove(connection, row["seq"])
    event = Event(
        "PROVIDER_REMOVED",
        {"id": row["id"], "workerId": row["worker_id"]},
        (MARKETPLACE, IN_FULL, provider_topic(row["worker_id"])),
        about=row["id"],
        place=_LEFT,
    )
    return Outcome(None, (*released, event), jobs_wait=True, wake=(row["worker_id"],))


def _hash_of(invitation: str) -> str:
    code = plain_code(invitation)
    return digest(invitation if code is None else code)


def _join(
    connection: Connection,
    worker_id: str,
    invitation: str,
    *,
    kind: str,
    columns: dict[str, Any],
    secret: str,
    now: int,
) -> Outcome[tuple[RowMapping, bool]]:
    locks.workers(connection, (worker_id,))
    locks.enrollment(connection, _hash_of(invitation))
    if worker_id in RESERVED:
        raise ApiError(400, "bad_value", "workerId must not be one of the API's own names.")
    enrollment = find_enrollment(connection, invitation)
    if enrollment is None:
        raise ApiError(
            401, "enrollment_unknown", "This invitation is not known. Ask for a new one."
        )
    if enrollment["expires_at"] <= now:
        raise ApiError(401, "enrollment_expired", "This invitation has ended. Ask for a new one.")
    # What tells of one client may not be true of another that joins in its place.
    columns = columns | {"names_jobs": False, "free_slots": None, "session": None}
    known = providers.find(connection, worker_id)
    if enrollment["used_at"] is not None:
        if known is None or known["seq"] != enrollment["provider_seq"]:
            raise ApiError(
                403,
                "enrollment_used",
                "Another computer has used this invitation. Ask for a new one.",
            )
        events: tuple[Event, ...] = ()
        if not known["names_jobs"]:
            reason = "The computer has joined anew."
            events = leases.release_all(connection, known["seq"], now, reason)
        providers.update(connection, known["seq"], **columns)
        providers.add_secret(connection, known["seq"], digest(secret), now)
        row = providers.get(connection, known["seq"])
        return Outcome((row, False), events, jobs_wait=known["current_job_id"] is not None)
    if known is not None:
        raise ApiError(409, "worker_id_taken", "A computer with this workerId has joined already.")
    seq = providers.add(
        connection,
        {
            "id": str(uuid.uuid4()),
            "worker_id": worker_id,
            "type": kind,
            "registered_at": now,
            "is_online": False,
            "is_enabled": True,
            "state": "offline",
            "total_jobs": 0,
            **columns,
        },
    )
    providers.add_secret(connection, seq, digest(secret), now)
    enrollments.use(connection, enrollment["token_hash"], seq, now)
    row = providers.get(connection, seq)
    return Outcome((row, True), (_event("PROVIDER_REGISTERED", row),))


def _as_json(hardware: dict[str, Any], capabilities: tuple[str, ...]) -> dict[str, str]:
    return {
        "hardware": msgspec.json.encode(hardware).decode(),
        "capabilities": msgspec.json.encode(capabilities).decode(),
    }


def _event(kind: str, row: RowMapping) -> Event:
    topics = (MARKETPLACE, IN_FULL, provider_topic(row["worker_id"]))
    return Event(kind, views.provider(row), topics, about=row["id"], place=_JOINED)
