"""The heartbeats of a real worker while jobs do their worst beside it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import LiveServer
from tests.live_worker import LiveWorker

INTERVAL_SECONDS = 1
ON_TIME_SECONDS = 3.0
"""What the server takes for silence is three intervals."""
LOOK_SECONDS = 0.1


@dataclass
class Heartbeats:
    """When each was answered, in seconds since the epoch."""

    at: list[float] = field(default_factory=list)

    @property
    def gaps(self) -> list[float]:
        return [later - earlier for earlier, later in itertools.pairwise(self.at)]


@contextmanager
def frequent_server(folder: Path) -> Iterator[LiveServer]:
    """A server that asks for a heartbeat so often that one that is missing shows soon."""
    server = LiveServer(folder, interval_seconds=INTERVAL_SECONDS)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def watched(worker: LiveWorker) -> Iterator[Heartbeats]:
    """The heartbeats of the worker while the context lasts; to be looked at after it."""
    beats = Heartbeats()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            at = worker.status().last_heartbeat_at
            if at and (not beats.at or beats.at[-1] != at):
                beats.at.append(at)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield beats
    finally:
        over.set()
        watcher.join()


def all_ended(server: LiveServer, jobs: set[str]) -> dict[str, tuple[str, str]]:
    """Each job's status and error, when all of `jobs` have ended; else nothing."""
    answer = server.ask("GET", "/api/jobs?limit=500", credential=server.token).json()
    states = {job["id"]: (job["status"], job.get("error") or "") for job in answer["jobs"]}
    over = {id: state for id, state in states.items() if state[0] in ("COMPLETED", "FAILED")}
    return over if jobs <= over.keys() else {}
