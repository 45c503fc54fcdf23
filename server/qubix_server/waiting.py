"""Heartbeats that are held until there is something to tell, and who is told.

Lives on the event loop, within this process. A worker has at most one held heartbeat: a newer
one (its client gave the older up) takes its place.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Held:
    """A heartbeat whose answer is held."""

    worker_id: str
    can_take: bool
    woken: Callable[[], None]
    """Called once, in a turn of the loop of its own, when it is to be answered."""
    is_woken: bool = False

    def wake(self) -> None:
        if not self.is_woken:
            self.is_woken = True
            asyncio.get_running_loop().call_soon(self.woken)


class Waiting:
    """The held heartbeats, the one that has waited longest first."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._jobs_wait = asyncio.Event()
        self.closed = False
        self.version = 0
        """Counts the moments at which a job began to wait: whoever saw an older figure before
        looking for a job, and found none, must let it be looked for again."""

    def hold(
        self, worker_id: str, woken: Callable[[], None], *, can_take: bool, seen_version: int
    ) -> Held:
        """Enters a heartbeat, until it is `let_go`."""
        held = Held(worker_id, can_take, woken)
        if older := self._held.pop(worker_id, None):
            older.wake()
        self._held[worker_id] = held
        if self.closed:
            held.wake()
        if can_take and self.version != seen_version:
            self._jobs_wait.set()
        return held

    def let_go(self, held: Held) -> None:
        if self._held.get(held.worker_id) is held:
            del self._held[held.worker_id]

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
                held.wake()

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
            if held.can_take and not held.is_woken
        )
        return tuple(itertools.islice(able, most))

    def close(self) -> None:
        """Has every held heartbeat answered now, and those to come at once."""
        self.closed = True
        for held in self._held.values():
            held.wake()
