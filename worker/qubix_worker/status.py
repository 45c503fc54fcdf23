"""The worker's state as one value: what the tray, the window and `qubix-worker status` show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from qubix_worker.protocol import Usage

State = Literal["starting", "online", "working", "paused", "offline", "attention"]


@dataclass(frozen=True)
class CurrentJob:
    id: str
    kind: str
    started_at: float
    """Seconds since the epoch."""
    progress_percent: float | None = None
    operation: str | None = None
    frozen: bool = False
    """It stands still while a pause lasts."""


@dataclass(frozen=True)
class FinishedJob:
    id: str
    kind: str
    outcome: Literal["completed", "failed", "cancelled"]
    finished_at: float
    seconds: float
    reason: str | None = None


@dataclass(frozen=True)
class Trouble:
    """Why the worker is offline or needs attention, in the words of its Problem."""

    code: str
    happened: str
    todo: str


@dataclass(frozen=True)
class Shared:
    """For how long this computer was there for the network. A week begins on Monday."""

    today_seconds: float = 0.0
    week_seconds: float = 0.0


@dataclass(frozen=True)
class Status:
    """Times are seconds since the epoch. What does not apply is None."""

    state: State
    since: float
    name: str
    server: str
    server_name: str
    worker_id: str
    version: str
    pid: int
    paused_until: float | None = None
    """None while paused means: until a person resumes."""
    paused_by: str | None = None
    """`you`, `schedule`, `use`, `battery`, `heat` or `metered`."""
    pause_reason: str | None = None
    """Why, as a sentence for a person."""
    retry_at: float | None = None
    trouble: Trouble | None = None
    jobs: tuple[CurrentJob, ...] = ()
    """The jobs at work, the one that began first at the front."""
    recent_jobs: tuple[FinishedJob, ...] = ()
    unsent_results: int = 0
    last_heartbeat_at: float | None = None
    forgotten: bool = False
    """The server has said that it does not know this computer, and not taken it back since: only
    its owner can mend that."""
    warning: Trouble | None = None
    """What its owner should mend on this computer, although the network can be reached."""
    usage: Usage = field(default_factory=Usage)
    shared: Shared = field(default_factory=Shared)

    @property
    def job(self) -> CurrentJob | None:
        """The job that began first, where one is at work."""
        return self.jobs[0] if self.jobs else None


def is_sharing(status: Status) -> bool:
    """Whether the network may give this computer work, or has: it counts as time shared."""
    heard = status.last_heartbeat_at is not None and not status.trouble
    return heard and not status.forgotten and not status.paused_by


def state_of(status: Status) -> State:
    """The state that follows from the facts in `status`."""
    if status.forgotten:
        return "attention"
    if status.paused_by:
        return "paused"
    if status.trouble:
        return "offline"
    if status.warning:
        return "attention"
    if status.jobs:
        return "working"
    return "starting" if status.last_heartbeat_at is None else "online"
