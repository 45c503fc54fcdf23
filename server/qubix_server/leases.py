"""Who holds a job, and when it is taken back. Each function runs inside one write.

A lease is a job's `provider_seq` while it is ASSIGNED (given, not yet known to have arrived) or
RUNNING (the worker has named it or told of its progress). Each lease has a number, `attempt`.

Giving
* A worker that tells `freeSlots` may be given that many jobs, less those that it holds and has not
  named since they were given to it: it did not know of them when it counted.
* One that does not tell is given one job, when it is `online`, not `busy`, and has none.
* Nobody is given a job who is offline, paused or switched off, nor a job that he has just named:
  what he has of it is from a lease that is lost.
* An ASSIGNED job stands in every answer to its worker until the worker names it: an answer may
  be lost. A worker passes over a job that it has already.

Taking back
* A worker names in `currentJobs` (or as `currentJob`) what it runs *and* what it has finished but
  not delivered, frozen or not, paused or not. So what was RUNNING there and is not named any more
  has been lost (the worker was killed): it goes back to the queue at once, and nothing that is
  still to be delivered is lost by that.
* A job that has told of its progress before any heartbeat named it is lost so only where the worker
  was started again: the heartbeat may have been on its way before the job began.
* Of two heartbeats of one run of a worker the one with the higher `report` holds, whichever comes
  first: nothing is concluded from the other.
* A worker that has never named a job, its free slots or its own version is an inherited one, which
  may name nothing while it works: it is not judged by what it does not name. Where it says `busy`,
  what it was given has begun. It loses what it holds when it is silent, leaves or registers anew,
  or has been at it for the job's own time limit and as long again as makes a worker silent.
* ASSIGNED jobs go back when their worker pauses or is switched off.
* A worker that is silent for three intervals, or leaves, loses its leases. Three lost leases of
  a job that had been given out are a failure of the job; a computer that was paused before it
  began does not count.
* What comes from a lease that is lost is refused (409) and changes nothing. A worker that names a
  job whose lease it has not is told to drop it (`cancelledJobs`), unless it has ended by that
  worker's own hand and only the acknowledgement was lost.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, RowMapping

from qubix_server import views
from qubix_server.events import Event, job_topic, provider_topic
from qubix_server.store import jobs, locks, providers

LEASES_MOST = 3


def fill(
    connection: Connection, provider: RowMapping, now: int, *, but: Collection[str] = ()
) -> int:
    """Gives the provider as many of the jobs that fit as it can take; how many.

    `provider` must have been read in this same write. It is not given what is in `but`.
    """
    free = views.free_places(provider)
    for given in range(free):
        if not _assign(connection, provider, now, but):
            return given
    return free


def assign_one(connection: Connection, provider: RowMapping, now: int) -> bool:
    """Gives the provider the oldest job that fits; whether there was one and it could take one.

    `provider` must have been read in this same write.
    """
    return views.is_available(provider) and _assign(connection, provider, now, ())


def _assign(connection: Connection, provider: RowMapping, now: int, but: Collection[str]) -> bool:
    job = jobs.oldest_for(
        connection,
        msgspec.json.decode(provider["capabilities"]),
        ram_gb=provider["ram_total_gb"],
        vram_gb=provider["gpu_vram_gb"],
        has_gpu=provider["gpu_model"] is not None,
        os=provider["os"],
        but=but,
    )
    if job is None:
        return False
    attempt = job["attempt"] + 1
    jobs.update(
        connection,
        job["seq"],
        status="ASSIGNED",
        provider_seq=provider["seq"],
        worker_id=provider["worker_id"],
        attempt=attempt,
        named=False,
        assigned_at=now,
        started_at=None,
        progress=0.0,
        current_operation=None,
    )
    jobs.add_lease(connection, job["seq"], attempt, provider["id"], now)
    return True


def note_named(
    connection: Connection,
    provider: RowMapping,
    named: Collection[str],
    now: int,
    *,
    same_run: bool = False,
) -> tuple[bool, tuple[Event, ...]]:
    """Takes in what the worker says it has; whether jobs went back to the queue, and what to tell.

    `provider` must have been read after its heartbeat was kept. `same_run`: the worker has not been
    started again since the last one.
    """
    events: list[Event] = []
    lost = False
    for job in jobs.held_by(connection, provider["seq"]):
        if job["id"] in named:
            if not job["named"]:
                jobs.update(connection, job["seq"], named=True)
            start(connection, job, now)
        elif not provider["names_jobs"]:
            if provider["state"] == "busy":
                start(connection, job, now)
        elif job["status"] == "RUNNING" and (job["named"] or not same_run):
            lost = True
            events += release(connection, job, now, "The computer no longer had the job.")
    return lost, tuple(events)


def start(connection: Connection, job: RowMapping, now: int) -> None:
    """The worker is known to have the job."""
    if job["status"] == "ASSIGNED":
        jobs.update(connection, job["seq"], status="RUNNING", started_at=now)


def to_drop(connection: Connection, provider: RowMapping, named: Collection[str]) -> list[str]:
    """Of what the worker says it has, what it shall drop."""
    known = jobs.find_all(connection, named)
    dropped = []
    for job_id in named:
        job = known.get(job_id)
        its_own = job is not None and job["provider_seq"] == provider["seq"]
        if job is None or not its_own or job["status"] == "CANCELLED":
            dropped.append(job_id)
    return dropped


def release(
    connection: Connection, job: RowMapping, now: int, reason: str, *, counts: bool = True
) -> tuple[Event, ...]:
    """Ends a lease: the job waits again, or has failed where that has happened too often."""
    lost = job["lost_leases"] + (1 if counts else 0)
    if lost < LEASES_MOST:
        jobs.update(
            connection,
            job["seq"],
            status="PENDING",
            provider_seq=None,
            worker_id=None,
            lost_leases=lost,
            named=False,
            assigned_at=None,
            started_at=None,
            progress=0.0,
            current_operation=None,
        )
        return ()
    jobs.update(
        connection,
        job["seq"],
        status="FAILED",
        provider_seq=None,
        lost_leases=lost,
        finished_at=now,
        error=f"The job was given out {lost} times and never came to an end. Last: {reason}",
    )
    return (ended(connection, job["id"]),)


def release_all(
    connection: Connection, provider_seq: int, now: int, reason: str
) -> tuple[Event, ...]:
    """Ends every lease of a provider."""
    events: list[Event] = []
    for job in jobs.held_by(connection, provider_seq):
        events += release(connection, job, now, reason)
    return tuple(events)


def release_unstarted(connection: Connection, provider_seq: int, now: int) -> bool:
    """Gives back what the provider was given and has not begun; whether there was any."""
    unstarted = [
        job for job in jobs.held_by(connection, provider_seq) if job["status"] == "ASSIGNED"
    ]
    for job in unstarted:
        release(connection, job, now, "The computer was paused.", counts=False)
    return bool(unstarted)


def release_silent(
    connection: Connection, holders: Collection[int], since: int, now: int
) -> tuple[Event, ...]:
    """Ends the leases of those of these who went offline and have not been heard since."""
    events: list[Event] = []
    free = locks.free_providers(connection, holders)
    silent = providers.silent_holders_among(connection, free, since) if free else ()
    for provider_seq in sorted(silent):
        events += release_all(connection, provider_seq, now, "The computer went silent.")
    return tuple(events)


def release_overdue(
    connection: Connection, overdue: Collection[int], since: int, now: int
) -> tuple[Event, ...]:
    """Ends the leases of those of these jobs whose holder names none, and whose time limit was over
    by `since`."""
    events: list[Event] = []
    for job in jobs.overdue_among(connection, overdue, since) if overdue else ():
        events += release(connection, job, now, "The computer did not end the job in time.")
    return tuple(events)


def ended(connection: Connection, job_id: str) -> Event:
    """What is told of a job that has just ended, in whatever way."""
    job = jobs.find(connection, job_id)
    assert job is not None
    topics = [job_topic(job_id)]
    if job["worker_id"]:
        topics.append(provider_topic(job["worker_id"]))
    return Event(
        "JOB_COMPLETED", views.job(job), tuple(topics), about=job_topic(job_id), place=place(job)
    )


def place(job: RowMapping) -> tuple[float, ...]:
    """How far a job has come: it ends once, and its progress falls only with a new lease."""
    has_ended = job["status"] in ("COMPLETED", "FAILED", "CANCELLED")
    return (float(has_ended), float(job["attempt"]), job["progress"])
