"""What a heartbeat does, and what its answer says. The rules of leases are in `leases`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping

from qubix_server import access, leases, views
from qubix_server.clock import rfc3339
from qubix_server.credentials import digest
from qubix_server.events import MARKETPLACE, Event, Outcome, provider_topic
from qubix_server.store import jobs, metrics, providers
from qubix_worker.protocol import Heartbeat
from qubix_worker.wire import to_wire


@dataclass(frozen=True)
class News:
    """What a worker is told. `can_take`: it could take a job, if there were one."""

    pending_jobs: tuple[dict[str, Any], ...] = ()
    cancelled_jobs: tuple[str, ...] = ()
    can_take: bool = False

    def __bool__(self) -> bool:
        return bool(self.pending_jobs or self.cancelled_jobs)


def take(
    connection: Connection, worker_id: str, credential: str | None, beat: Heartbeat, now: int
) -> Outcome[News]:
    """Keeps a heartbeat, and gives the worker a job where it can take one."""
    before = access.require_worker(connection, credential, worker_id)
    seq = before["seq"]
    providers.keep_only_secret(connection, seq, digest(credential or ""))
    usage = to_wire(beat.usage)
    values: dict[str, Any] = {
        "last_heartbeat_at": now,
        "is_online": beat.status != "offline",
        "state": beat.status,
        "usage": msgspec.json.encode(usage).decode(),
    }
    if beat.worker_version is not None:
        values["worker_version"] = beat.worker_version
    if beat.worker_sha256 is not None:
        values["worker_sha256"] = beat.worker_sha256
    providers.update(connection, seq, **values)
    metrics.add(connection, seq, beat.usage, now)

    events = list(leases.note_current(connection, before, beat.current_job, now))
    given_back = False
    if beat.status in ("paused", "offline"):
        given_back = leases.release_unstarted(connection, seq, now)
    elif beat.status == "online" and beat.current_job is None:
        leases.assign(connection, providers.get(connection, seq), now)

    after = providers.get(connection, seq)
    events += changes(before, after)
    events.append(
        Event(
            "GPU_METRICS_UPDATE",
            {"workerId": worker_id, "timestamp": rfc3339(now), "usage": usage},
            (provider_topic(worker_id),),
        )
    )
    # A job that this worker has lost waits again for anyone, unless it was just taken up again.
    lost = before["current_job_id"] is not None and after["current_job_id"] is None
    told = _news(connection, after, beat.current_job)
    # A heartbeat of this worker that is still held waits for just that.
    wake = (worker_id,) if told.pending_jobs else ()
    return Outcome(told, tuple(events), jobs_wait=given_back or lost, wake=wake)


def news(connection: Connection, worker_id: str, current_job: str | None) -> News:
    """What there is to tell a worker whose heartbeat is kept already."""
    provider = providers.find(connection, worker_id)
    if provider is None:
        raise access.provider_unknown()
    return _news(connection, provider, current_job)


def pending(
    connection: Connection, worker_id: str, credential: str | None, now: int
) -> Outcome[tuple[dict[str, Any], ...]]:
    """The jobs of a worker that asks for them apart from its heartbeats, as older ones do."""
    before = access.require_worker(connection, credential, worker_id)
    leases.assign(connection, before, now)
    after = providers.get(connection, before["seq"])
    told = _news(connection, after, None)
    return Outcome(told.pending_jobs, changes(before, after))


def assign_waiting(connection: Connection, worker_ids: Sequence[str], now: int) -> Outcome[bool]:
    """Gives jobs to those whose heartbeat is held; whether jobs are left over."""
    events: list[Event] = []
    wake: list[str] = []
    for worker_id in worker_ids:
        if not jobs.count(connection, "PENDING"):
            return Outcome(False, tuple(events), wake=tuple(wake))
        before = providers.find(connection, worker_id)
        if before is None or leases.assign(connection, before, now) is None:
            continue
        wake.append(worker_id)
        events += changes(before, providers.get(connection, before["seq"]))
    return Outcome(True, tuple(events), wake=tuple(wake))


def lose_the_silent(connection: Connection, since: int, now: int) -> Outcome[None]:
    """Those not heard since `since` are offline, and lose what they held."""
    events: list[Event] = []
    for before in providers.silent(connection, since):
        providers.update(connection, before["seq"], is_online=False, state="offline")
        after = providers.get(connection, before["seq"])
        events.append(_status_changed("PROVIDER_TIMEOUT", after))
    events += leases.release_silent(connection, since, now)
    return Outcome(None, tuple(events), jobs_wait=True)


def enable(connection: Connection, worker_id: str, enabled: bool, now: int) -> Outcome[RowMapping]:
    """Lets a provider have jobs, or no more; what it has begun it may finish."""
    before = providers.find(connection, worker_id)
    if before is None:
        raise access.provider_unknown()
    providers.update(connection, before["seq"], is_enabled=enabled)
    if not enabled:
        leases.release_unstarted(connection, before["seq"], now)
    after = providers.get(connection, before["seq"])
    return Outcome(after, changes(before, after), jobs_wait=True)


def _news(connection: Connection, provider: RowMapping, current_job: str | None) -> News:
    held = jobs.held_by(connection, provider["seq"])
    pending = [job for job in held if job["status"] == "ASSIGNED"] if current_job is None else []
    return News(
        tuple(views.job_for_worker(job) for job in pending),
        tuple(leases.to_drop(connection, provider, current_job)),
        can_take=current_job is None and views.is_available(provider),
    )


def changes(before: RowMapping, after: RowMapping) -> tuple[Event, ...]:
    """What is told where others see the provider differently now."""

    def shown(row: RowMapping) -> tuple[object, ...]:
        return row["is_online"], views.is_available(row), row["state"]

    if shown(before) == shown(after):
        return ()
    return (
        _status_changed("PROVIDER_ONLINE" if after["is_online"] else "PROVIDER_OFFLINE", after),
    )


def _status_changed(event: str, row: RowMapping) -> Event:
    data = views.provider(row) | {"event": event, "status": row["state"]}
    topics = (MARKETPLACE, provider_topic(row["worker_id"]))
    return Event("PROVIDER_STATUS_CHANGED", data, topics)
