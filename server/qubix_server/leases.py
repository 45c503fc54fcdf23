"""Who holds a job, and when it is taken back. Each function runs inside one write.

A lease is a job's `provider_seq` while it is ASSIGNED (given, not yet known to have arrived) or
RUNNING (the worker has named it or told of its progress). Each lease has a number, `attempt`.

* A provider is given a job when it is online, enabled, holds none and says that it does none.
* An ASSIGNED job stands in every answer to its worker until the worker names it: an answer may
  be lost. A worker passes over a job that it has already.
* A worker names as `currentJob` what it runs *and* what it has finished but not delivered. So one
  that names nothing, or another job, has lost what was RUNNING there (it was killed): the job
  goes back to the queue at once, and nothing that is still to be delivered is lost by that.
* A worker that is silent for three intervals, or leaves, loses its lease. Three lost leases of
  a job that had been given out are a failure of the job; a computer that was paused before it
  began does not count.
* What comes from a lease that is lost is refused (409) and changes nothing. A worker that names a
  job whose lease it has not is told to drop it (`cancelledJobs`), unless it has ended by that
  worker's own hand and only the acknowledgement was lost.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, RowMapping

from qubix_server import views
from qubix_server.events import Event, job_topic, provider_topic
from qubix_server.store import jobs, providers

LEASES_MOST = 3


def assign(connection: Connection, provider: RowMapping, now: int) -> RowMapping | None:
    """Gives the provider the oldest job that fits; None where there is none, or it can't take one.

    `provider` must have been read in this same write.
    """
    if not views.is_available(provider):
        return None
    kinds = msgspec.json.decode(provider["capabilities"])
    job = jobs.oldest_for(
        connection,
        kinds,
        ram_gb=provider["ram_total_gb"],
        vram_gb=provider["gpu_vram_gb"],
        has_gpu=provider["gpu_model"] is not None,
        os=provider["os"],
    )
    if job is None:
        return None
    attempt = job["attempt"] + 1
    jobs.update(
        connection,
        job["seq"],
        status="ASSIGNED",
        provider_seq=provider["seq"],
        worker_id=provider["worker_id"],
        attempt=attempt,
        assigned_at=now,
        started_at=None,
        progress=0.0,
        current_operation=None,
    )
    jobs.add_lease(connection, job["seq"], attempt, provider["id"], now)
    return jobs.find(connection, job["id"])


def note_current(
    connection: Connection, provider: RowMapping, current_job: str | None, now: int
) -> tuple[Event, ...]:
    """Takes in what the worker says it has, as the rules above want it."""
    events: list[Event] = []
    for job in jobs.held_by(connection, provider["seq"]):
        if job["id"] == current_job:
            start(connection, job, now)
        elif job["status"] == "RUNNING":
            events += release(connection, job, now, "The computer no longer had the job.")
    return tuple(events)


def start(connection: Connection, job: RowMapping, now: int) -> None:
    """The worker is known to have the job."""
    if job["status"] == "ASSIGNED":
        jobs.update(connection, job["seq"], status="RUNNING", started_at=now)


def to_drop(connection: Connection, provider: RowMapping, current_job: str | None) -> list[str]:
    """Of what the worker says it has, what it shall drop."""
    if current_job is None:
        return []
    job = jobs.find(connection, current_job)
    if job is None:
        return [current_job]
    its_own = job["provider_seq"] == provider["seq"]
    return [] if its_own and job["status"] != "CANCELLED" else [current_job]


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


def release_silent(connection: Connection, since: int, now: int) -> tuple[Event, ...]:
    """Ends the leases of those who went offline and have not been heard since."""
    events: list[Event] = []
    for provider_seq in providers.silent_holders(connection, since):
        events += release_all(connection, provider_seq, now, "The computer went silent.")
    return tuple(events)


def ended(connection: Connection, job_id: str) -> Event:
    """What is told of a job that has just ended, in whatever way."""
    job = jobs.find(connection, job_id)
    assert job is not None
    topics = [job_topic(job_id)]
    if job["worker_id"]:
        topics.append(provider_topic(job["worker_id"]))
    return Event("JOB_COMPLETED", views.job(job), tuple(topics))
