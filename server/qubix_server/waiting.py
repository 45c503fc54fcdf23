"""Heartbeats that are held until there is something to tell, and who is told.

Lives on the event loop, within this process. A worker has at most one held heartbeat: a newer
one (its client gave the older up) takes its place.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(eq=False)
class _Held:
    can_take: bool
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Waiting:
    """The held heartbeats, the one that has waited longest first."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._jobs_wait = asyncio.Event()
        self.closed = False
        self.version = 0
        """Counts the moments at which a job began to wait: whoever saw an older figure before
        looking for a job, and found none, must let it be looked for again."""

    @contextmanager
    def hold(self, worker_id: str, *, can_take: bool, seen_version: int) -> Iterator[asyncio.Event]:
        """Enters a heartbeat, until the end of the `with`; the event tells to answer it."""
        held = _Held(can_take)
        if older := self._held.pop(worker_id, None):
            older.woken.set()
        self._held[worker_id] = held
        if self.closed:
            held.woken.set()
        if can_take and self.version != seen_version:
            self._jobs_wait.set()
        try:
            yield held.woken
        finally:
            if self._held.get(worker_id) is held:
                del self._held[worker_id]

    def note(self, worker_id: str, *, can_take: bool, seen_version: int) -> None:
        """Something else than the held heartbeat has told whether this worker could take a job."""
        if held := self._held.get(worker_id):
            held.can_take = can_take
            if can_take and self.version != seen_version:
                self._jobs_wait.set()

    def note_able(self, worker_ids: Iterable[str]) -> None:
        """These could take a job by now: they are looked at when one waits."""
        for worker_id in worker_ids:
            if held := self._held.get(worker_id):
                held.can_take = True

    def wake(self, worker_ids: tuple[str, ...]) -> None:
        for worker_id in worker_ids:
            if held := self._held.get(worker_id):
                held.woken.set()

    def jobs_wait(self) -> None:
        """A job may be waiting: let it be looked for."""
        self.version += 1
        self._jobs_wait.set()

    async def until_jobs_wait(self) -> tuple[str, ...]:
        """Returns when `jobs_wait` was called: the workers that could take one."""
        await self._jobs_wait.wait()
        self._jobs_wait.clear()
        return self.ready()

    def ready(self, most: int | None = None) -> tuple[str, ...]:
        """The workers that could take a job now, at most so many of them."""
        able = (
            worker_id
            for worker_id, held in self._held.items()
            if held.can_take and not held.woken.is_set()
        )
        return tuple(itertools.islice(able, most))

    def close(self) -> None:
        """Has every held heartbeat answered now, and those to come at once."""
        self.closed = True
        for held in self._held.values():
            held.woken.set()
