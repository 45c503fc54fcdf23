"""What happens without being asked for: jobs to those who wait, leases that end, old rows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from sqlalchemy import Connection

from qubix_server import access, heartbeats
from qubix_server.errors import ApiError
from qubix_server.services import Services
from qubix_server.store import audit, enrollments, tries
from qubix_server.thinning import Thinning

log = logging.getLogger(__name__)

ASSIGNED_AT_ONCE = 200
"""Of the workers that wait, so many are looked at in one write: other writes come between."""
BETWEEN_WRITES_SECONDS = 0.02
PRUNED_EVERY_SECONDS = 60
PROVEN_EVERY_SECONDS = 5


async def give_out_jobs(services: Services) -> None:
    """Gives jobs to held heartbeats as soon as there are some; for ever."""
    while True:
        waiting = await services.waiting.until_jobs_wait()
        for at in range(0, len(waiting), ASSIGNED_AT_ONCE):
            some = waiting[at : at + ASSIGNED_AT_ONCE]
            left = await services.commit(heartbeats.assign_waiting, some, services.clock())
            if not left:
                break


async def lose_the_silent(services: Services) -> None:
    """Marks as offline who is not heard, and takes their jobs back; for ever.

    Nobody is silent before the server itself has listened for that long.
    """
    after = services.settings.offline_after_seconds
    every = min(5.0, services.settings.heartbeat_interval_seconds / 4)
    await asyncio.sleep(after)
    while True:
        await lose_all_silent(services)
        services.waiting.jobs_wait()
        await asyncio.sleep(every)


async def lose_all_silent(services: Services) -> None:
    """However many there are: all at once, where the server was cut off. They are taken a few at a
    time, so that those who come back meanwhile are heard."""
    while True:
        now = services.clock()
        since = now - services.settings.offline_after_seconds * 1000
        found = await services.database.read(heartbeats.find_silent, since)
        if not found:
            return
        await services.commit(heartbeats.lose_the_silent, found, since, now)
        await asyncio.sleep(BETWEEN_WRITES_SECONDS)


async def prune(services: Services) -> None:
    """Forgets what is older than it is useful; for ever."""
    thinning = Thinning(services.database)
    while True:
        now = services.clock()
        await services.database.write(prune_once, now)
        await thinning.go_on(now)
        await asyncio.sleep(PRUNED_EVERY_SECONDS)


async def end_unproven(services: Services) -> None:
    """Ends the readers whose credential was taken back, by whichever server; for ever."""
    while True:
        await asyncio.sleep(PROVEN_EVERY_SECONDS)
        if proofs := services.hub.proofs():
            services.hub.end_unproven(await services.database.read(access.unproven, proofs))


def start(services: Services) -> list[asyncio.Task[None]]:
    """Begins all of it; whoever starts it cancels it."""
    duties = (give_out_jobs, lose_the_silent, prune, end_unproven)
    return [asyncio.create_task(_keep_on(duty, services), name=duty.__name__) for duty in duties]


async def _keep_on(
    duty: Callable[[Services], Coroutine[Any, Any, None]], services: Services
) -> None:
    while True:
        try:
            await duty(services)
        except ApiError as error:
            log.warning("%s: %s", duty.__name__, error.sentence)
        except Exception:
            log.exception("%s failed and is begun again", duty.__name__)
        await asyncio.sleep(1)
        services.waiting.jobs_wait()


def prune_once(connection: Connection, now: int) -> None:
    enrollments.forget_old(connection, now)
    audit.forget_old(connection, now)
    tries.forget_full(connection, now)
