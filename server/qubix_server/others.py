"""What is done here with what has happened at another server: readers told, heartbeats answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping

from qubix_server import heartbeats
from qubix_server.clock import rfc3339
from qubix_server.errors import ApiError
from qubix_server.events import MARKETPLACE, Event, provider_topic
from qubix_server.neighbours import Told
from qubix_server.services import Services
from qubix_server.store import providers
from qubix_server.store.outage import Rarely

log = logging.getLogger(__name__)

TRIES = 5
_STATUS = "PROVIDER_STATUS_CHANGED"


class Others:
    """Takes in what is told, on the event loop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._not_told = Rarely(log, "Readers were not told of all")
        self._reading: set[asyncio.Task[None]] = set()

    def take(self, told: Told) -> None:
        services = self._services
        if told.missed:
            services.hub.begin_anew()
        services.waiting.note_able(told.able)
        if told.jobs_wait:
            services.waiting.jobs_wait()
        services.waiting.wake(tuple(told.wake))
        listens = services.hub.listens
        changed: list[Event] = []
        for event in told.events:
            if event.type != _STATUS:
                services.hub.publish(event)
            elif any(map(listens, event.topics)):
                changed.append(event)
        heard = [one for one in told.heard if listens(provider_topic(one))]
        if changed or heard:
            task = asyncio.create_task(self._publish(changed, heard))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    async def close(self) -> None:
        for task in self._reading:
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)

    async def _publish(self, changed: Sequence[Event], heard: Collection[str]) -> None:
        """Tells what is so now: what was told may have been overtaken by a change from here."""
        wanted = {event.data["workerId"] for event in changed} | set(heard)
        try:
            rows = await self._read(wanted)
        except ApiError as error:
            self._not_told.warn(error)
            self._services.hub.begin_anew()
            return
        publish = self._services.hub.publish
        for event in changed:
            if row := rows.get(event.data["workerId"]):
                public = MARKETPLACE in event.topics
                publish(heartbeats.status_changed(_what(event, row), row, public=public))
        for worker_id in heard:
            if row := rows.get(worker_id):
                publish(_in_use(row))

    async def _read(self, worker_ids: Collection[str]) -> dict[str, RowMapping]:
        topics = {provider_topic(one) for one in worker_ids}
        with self._services.hub.noticing() as told:
            for _ in range(TRIES):
                told.clear()
                rows = await self._services.database.read(_rows, worker_ids)
                if not told & topics:  # else it may have changed here since it was read
                    break
        return rows


def _rows(connection: Connection, worker_ids: Collection[str]) -> dict[str, RowMapping]:
    found = (providers.find(connection, worker_id) for worker_id in worker_ids)
    return {row["worker_id"]: row for row in found if row is not None}


def _what(event: Event, row: RowMapping) -> str:
    """What has happened to a provider, unless the opposite has happened since."""
    told: str = event.data["event"]
    if row["is_online"]:
        return "PROVIDER_ONLINE"
    return "PROVIDER_OFFLINE" if told == "PROVIDER_ONLINE" else told


def _in_use(row: RowMapping) -> Event:
    usage: Any = msgspec.json.decode(row["usage"]) if row["usage"] else {}
    data = {
        "workerId": row["worker_id"],
        "timestamp": rfc3339(row["last_heartbeat_at"]),
        "usage": usage,
    }
    return Event("GPU_METRICS_UPDATE", data, (provider_topic(row["worker_id"]),))
