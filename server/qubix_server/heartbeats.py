"""What a heartbeat does, and what its answer says. The rules of leases are in `leases`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection, RowMapping

from qubix_server import access, leases, renaming, views
from qubix_server.credentials import digest
from qubix_server.events import IN_FULL, MARKETPLACE, Event, Outcome, provider_topic
from qubix_server.store import jobs, locks, metrics, providers
from qubix_worker.protocol import Heartbeat
from qubix_worker.wire import to_wire

ANSWER_BYTES = 512 * 1024
"""So much of jobs goes into one answer: a worker reads answers of up to 1 MiB."""
GIVEN_AT_ONCE = 200
"""About so many jobs are given out in one write: other writes come between."""

SILENT_AT_ONCE = 500
HOLDERS_AT_ONCE = 50
"""So many go offline, and lose what they held, in one write: other writes come between."""


@dataclass(frozen=True)
class News:
    """What a worker is told. `can_take`: it could take a job, if there were one."""

    pending_jobs: tuple[dict[str, Any], ...] = ()
    cancelled_jobs: tuple[str, ...] = ()
    can_take: bool = False
    overtaken: bool = False
    """A later heartbeat was kept before this one."""

    def __bool__(self) -> bool:
        return bool(self.pending_jobs or self.cancelled_jobs)


def take(
    connection: Connection,
    worker_id: str,
    credential: str | None,
    beat: Heartbeat,
    now: int,
    *,
    address: Callable[[], str] = lambda: "",
) -> Outcome[News]:
    """Keeps a heartbeat, and gives the worker jobs where it can take some. `address`: where it came
    from."""
    locks.workers(connection, (worker_id,))
    before = access.require_worker(connection, credential, worker_id)
    seq = before["seq"]
    providers.keep_only_secret(connection, seq, digest(credential or ""))
    usage = to_wire(beat.usage)
    named = jobs_named(beat)
    same_run = beat.session is not None and beat.session == before["session"]
    if same_run and _is_overtaken(beat, before):
        providers.update(connection, seq, last_heartbeat_at=now)
        return Outcome(dataclasses.replace(_news(connection, before, named), overtaken=True))
    values: dict[str, Any] = {
        "last_heartbeat_at": now,
        "is_online": beat.status != "offline",
        "state": beat.status,
        "pause_reason": beat.pause_reason if beat.status == "paused" else None,
        "free_slots": beat.free_slots,
        "names_jobs": before["names_jobs"] or names_jobs(beat),
        "session": beat.session,
        "report": beat.report,
        "usage": msgspec.json.encode(usage).decode(),
    }
    if beat.worker_version is not None:
        values["worker_version"] = beat.worker_version
    if beat.worker_sha256 is not None:
        values["worker_sha256"] = beat.worker_sha256
    if beat.capabilities is not None:
        values["capabilities"] = msgspec.json.encode(beat.capabilities).decode()
    if beat.hardware is not None:
        values |= views.hardware_columns(beat.hardware)
    if beat.name not in (None, before["name"]):
        values["name"] = beat.name
        renaming.note(connection, worker_id, address(), now)
    providers.update(connection, seq, **values)
    metrics.add(connection, seq, beat.usage, now)

    kept = providers.get(connection, seq)
    lost, told_of_lost = leases.note_named(connection, kept, named, now, same_run=same_run)
    events = list(told_of_lost)
    given_back = False
    if beat.status in ("paused", "offline"):
        given_back = leases.release_unstarted(connection, seq, now)
    elif beat.free_slots is not None or (beat.status == "online" and not named):
        leases.fill(connection, providers.get(connection, seq), now, but=named)

    after = providers.get(connection, seq)
    events += changes(before, after)
    told = _news(connection, after, named)
    # A heartbeat of this worker that is still held waits for just that.
    wake = (worker_id,) if told.pending_jobs else ()
    # A job that this worker has lost waits again for anyone, unless it was just taken up again.
    return Outcome(told, tuple(events), jobs_wait=given_back or lost, wake=wake)


def jobs_named(beat: Heartbeat) -> tuple[str, ...]:
    """All jobs that the worker says it has, each once."""
    named = dict.fromkeys(beat.current_jobs or ())
    if beat.current_job:
        named.setdefault(beat.current_job)
    return tuple(named)


def _is_overtaken(beat: Heartbeat, before: RowMapping) -> bool:
    """Whether a heartbeat that was made after this one has been kept already."""
    return None not in (beat.report, before["report"]) and beat.report <= before["report"]


class TellsOfJobs(Protocol):
    """What a worker's heartbeat says of itself and its jobs."""

    @property
    def current_jobs(self) -> Collection[str] | None: ...
    @property
    def current_job(self) -> str | None: ...
    @property
    def free_slots(self) -> int | None: ...
    @property
    def worker_version(self) -> str | None: ...


def names_jobs(beat: TellsOfJobs) -> bool:
    """Whether it comes from a worker that can be taken at its word about what it has."""
    told = (beat.current_jobs, beat.current_job or None, beat.free_slots, beat.worker_version)
    return any(value is not None for value in told)


def news(connection: Connection, worker_id: str, named: Collection[str]) -> News:
    """What there is to tell a worker whose heartbeat is kept already."""
    provider = providers.find(connection, worker_id)
    if provider is None:
        raise access.provider_unknown()
    return _news(connection, provider, named)


def pending(
    connection: Connection, worker_id: str, credential: str | None, now: int
) -> Outcome[tuple[dict[str, Any], ...]]:
    """The jobs of a worker that asks for them apart from its heartbeats, as older ones do."""
    locks.workers(connection, (worker_id,))
    before = access.require_worker(connection, credential, worker_id)
    leases.fill(connection, before, now)
    after = providers.get(connection, before["seq"])
    told = _news(connection, after, ())
    return Outcome(told.pending_jobs, changes(before, after))


def assign_waiting(connection: Connection, worker_ids: Sequence[str], now: int) -> Outcome[bool]:
    """Gives jobs to those whose heartbeat is held; whether jobs are left over.

    Each is given one before anyone is given a second. Whoever could take still more asks for it
    with the next heartbeat.
    """
    if not jobs.count(connection, "PENDING"):
        return Outcome(False)
    locks.workers(connection, worker_ids)
    known = (providers.find(connection, worker_id) for worker_id in worker_ids)
    first = {row["worker_id"]: row for row in known if row is not None}
    now_is = dict(first)
    hungry, given = list(first), 0
    while hungry and given < GIVEN_AT_ONCE:
        hungry = [one for one in hungry if leases.assign_one(connection, now_is[one], now)]
        given += len(hungry)
        for one in hungry:
            now_is[one] = providers.get(connection, first[one]["seq"])
        hungry = [one for one in hungry if views.is_available(now_is[one])]
    events: list[Event] = []
    wake = tuple(one for one in first if now_is[one] is not first[one])
    for one in wake:
        events += changes(first[one], now_is[one])
    return Outcome(jobs.count(connection, "PENDING") > 0, tuple(events), wake=wake)


@dataclass(frozen=True)
class Silent:
    """Of those that are not heard, so many as one write takes."""

    seqs: Sequence[int] = ()
    """Providers that count as online still."""
    holders: Sequence[int] = ()
    """Providers that are offline and hold jobs still."""
    overdue: Sequence[int] = ()
    """Jobs."""

    def __bool__(self) -> bool:
        return bool(self.seqs or self.holders or self.overdue)


def find_silent(connection: Connection, since: int, most: int = SILENT_AT_ONCE) -> Silent:
    """Who was not heard since `since`. Only reads, so that no heartbeat waits for it."""
    seqs = providers.silent(connection, since, most)
    if seqs:
        return Silent(seqs)
    holders = providers.silent_holders(connection, since, HOLDERS_AT_ONCE)
    return Silent(holders=holders, overdue=jobs.overdue(connection, since, HOLDERS_AT_ONCE))


def lose_the_silent(connection: Connection, found: Silent, since: int, now: int) -> Outcome[None]:
    """Those of `found` who were not heard meanwhile are offline, and lose what they held."""
    # One that another server has locked is just being heard, or lost, there.
    free = locks.free_providers(connection, found.seqs)
    before = providers.silent_among(connection, free, since) if free else ()
    seqs = [row["seq"] for row in before]
    events: list[Event] = []
    if seqs:
        providers.note_silent(connection, seqs)
        metrics.gather(connection, seqs)
        after = providers.all_of(connection, seqs)
        events += [status_changed("PROVIDER_TIMEOUT", row) for row in after]
    holders = [row["seq"] for row in before if row["current_job_id"]] or found.holders
    holders = holders[:HOLDERS_AT_ONCE]  # the others are found the next time
    events += leases.release_silent(connection, holders, since, now)
    events += leases.release_overdue(connection, found.overdue, since, now)
    return Outcome(None, tuple(events), jobs_wait=bool(holders or found.overdue))


def enable(connection: Connection, worker_id: str, enabled: bool, now: int) -> Outcome[RowMapping]:
    """Lets a provider have jobs, or no more; what it has begun it may finish."""
    known = providers.find_by_any_id(connection, worker_id)
    if known is None:
        raise access.provider_unknown()
    locks.workers(connection, (known["worker_id"],))
    before = providers.find(connection, known["worker_id"])
    if before is None:
        raise access.provider_unknown()
    providers.update(connection, before["seq"], is_enabled=enabled)
    if not enabled:
        leases.release_unstarted(connection, before["seq"], now)
    after = providers.get(connection, before["seq"])
    able = (after["worker_id"],) if views.is_available(after) else ()
    return Outcome(after, changes(before, after), jobs_wait=True, able=able)


def _news(connection: Connection, provider: RowMapping, named: Collection[str]) -> News:
    # One that takes a job at a time, and has one, is not shown the next.
    takes_more = provider["free_slots"] is not None or not named
    pending: list[dict[str, Any]] = []
    size = 0
    for job in jobs.given_to(connection, provider["seq"]) if takes_more else ():
        if job["id"] in named:
            continue
        told = views.job_for_worker(job)
        size += len(msgspec.json.encode(told)) + len(",")
        if pending and size > ANSWER_BYTES:
            break  # the rest stands in the answer after this one
        pending.append(told)
    return News(
        tuple(pending),
        tuple(leases.to_drop(connection, provider, named)),
        can_take=takes_more and views.is_available(provider),
    )


def changes(before: RowMapping, after: RowMapping) -> tuple[Event, ...]:
    """What is told where others see the provider differently now."""

    def shown(row: RowMapping) -> tuple[object, ...]:
        return row["is_online"], views.is_available(row), row["state"], row["name"]

    event = "PROVIDER_ONLINE" if after["is_online"] else "PROVIDER_OFFLINE"
    if shown(before) != shown(after):
        return (status_changed(event, after),)
    if any(before[key] != after[key] for key in ("pause_reason", "is_enabled")):
        return (status_changed(event, after, public=False),)
    return ()


def status_changed(event: str, row: RowMapping, *, public: bool = True) -> Event:
    """That this is how a provider stands now. `event` is what has happened to it."""
    data = views.provider(row) | {"event": event, "status": row["state"]}
    topic = provider_topic(row["worker_id"])
    topics = (MARKETPLACE, IN_FULL, topic) if public else (IN_FULL, topic)
    # Why a computer rests may tell when somebody sits at it, and who has switched it off is between
    # its owner and the operator: neither is for everyone.
    private = {"pauseReason": row["pause_reason"], "isEnabled": row["is_enabled"]}
    return Event("PROVIDER_STATUS_CHANGED", data, topics, private)
