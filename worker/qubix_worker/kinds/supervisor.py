"""Supervises the child process of one job: watches it, steers it, ends it, says how it went.

Nothing that the job does can hold this up: every wait has a limit, and what was written by the
job is read up to a limit. Whatever happens here, the child does not outlive the call. All that
concerns a job comes through one inbox: orders of its owner, and what its child says; in between, at
fixed times, the job is looked at. The job's time is counted here and nowhere else, so that time in
which it stands still does not count.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from qubix_worker.kinds import KINDS, exchange, folder
from qubix_worker.kinds.artefacts import read_offered
from qubix_worker.kinds.children import Child, Exited, Said
from qubix_worker.kinds.confine import HERE
from qubix_worker.kinds.disk import Disk
from qubix_worker.kinds.harmless import one_line, tail
from qubix_worker.kinds.kind import (
    NO_ROOM,
    OUTPUT_BYTES,
    Cause,
    Limits,
    Outcome,
    Task,
    flooded,
    timed_out,
)
from qubix_worker.kinds.progress import News, ProgressTail
from qubix_worker.kinds.throttle import Throttle
from qubix_worker.protocol import JobCompletion

LOOK_SECONDS = 0.1
DISK_LOOK_SECONDS = 0.5
GRACE_SECONDS = 1.0
"""The child ends an overdue program itself; this long after its limit it is ended with it."""
OVERHEAD_MB = 384
"""What Python, wasmtime and a compilation take beside the program's own memory."""
FLOOD_BYTES = 64 * 1024
"""How much is kept of output that is too much."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cancel:
    """End the job; it has no result."""


@dataclass(frozen=True)
class Freeze:
    """Let the job stand still."""


@dataclass(frozen=True)
class Thaw:
    """Let it go on."""


Order = Cancel | Freeze | Thaw | Limits


class Reins:
    """What the owner of a job steers it with, from any thread, whether it has begun or not."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self._lock = threading.Lock()
        self._inbox: queue.SimpleQueue[Order | Said | Exited] = queue.SimpleQueue()

    def order(self, order: Order) -> None:
        if isinstance(order, Cancel):
            self.cancelled.set()
        self._inbox.put(order)

    def hear(self, message: Said | Exited) -> None:
        self._inbox.put(message)

    def next(self, seconds: float | None) -> Order | Said | Exited | None:
        """What has come in; None where nothing does for so long."""
        with contextlib.suppress(queue.Empty):
            return self._inbox.get(timeout=None if seconds is None else max(0.0, seconds))
        return None


@dataclass(frozen=True)
class GivenBack:
    """This computer could not do the job, for a reason that is not the job's."""

    why: str
    """A sentence."""
    cause: Cause


@dataclass(frozen=True)
class Told:
    """What is told of a job while it is at work, on the thread that supervises it."""

    news: Callable[[News], None]
    compiled: Callable[[bytes], None]
    """Its module's artefact, compiled before any program began."""
    running: Callable[[], None]


def supervise(
    child: Child,
    place: Path,
    task: Task,
    reins: Reins,
    tell: Told,
) -> JobCompletion | GivenBack | None:
    """Has `child` run `task`, whose folder `place` has been made. None: it was cancelled."""
    try:
        job = _Job(child, place, task, reins, tell)
        code = job.watch()
    finally:
        child.end()
    if job.cancelled:
        return None
    job.last_news()
    if code == NO_ROOM and not job.reason:
        if not job.ran:
            why = "This computer has no room on its disk to begin the job."
            return GivenBack(why, "no_room")
        job.reason = "This computer's disk was full when the program ended."
    outcome = _outcome(code, child, place, job.reason or job.excess())
    if outcome.given_back:
        return GivenBack(one_line(outcome.error or "", 1024), outcome.given_back)
    return _completion(outcome, task, place, job.seconds)


class _Job:
    """The job at work. `watch` ends with its child's exit code, or with a `reason` to end it."""

    def __init__(
        self,
        child: Child,
        place: Path,
        task: Task,
        reins: Reins,
        tell: Told,
    ) -> None:
        self.reason: str | None = None
        self.cancelled = False
        self.ran = False
        """Whether its program has begun."""
        self._child = child
        self._place = place
        self._task = task
        self._kind = KINDS[task.kind]
        self._reins = reins
        self._tell = tell
        self._news = ProgressTail(place / folder.STDERR)
        self._disk = Disk(place / folder.FILES)
        self._throttle = Throttle(child.process)
        self._began = time.monotonic()
        self._frozen_since: float | None = None
        self._frozen_seconds = 0.0
        self._over = False
        self._next_look = self._began + LOOK_SECONDS
        self._next_disk = self._began
        child.tell("begin", task.kind, place.name)
        child.adopt(reins.hear)
        self._limit(task.limits)

    @property
    def seconds(self) -> float:
        """How long it has been at work: time in which it stood still does not count."""
        now = time.monotonic() if self._frozen_since is None else self._frozen_since
        return now - self._began - self._frozen_seconds

    def watch(self) -> int:
        while True:
            message = self._reins.next(self._until())
            match message:
                case Exited():
                    return message.code
                case Cancel():
                    self.cancelled = True
                case Freeze():
                    self._freeze()
                case Thaw():
                    self._thaw()
                case Limits():
                    self._child.set_priority(message.priority)
                    # What it was promised when it began it keeps: its memory.
                    self._limit(replace(message, memory_mb=self._task.limits.memory_mb))
                case Said("tied"):
                    self._stop_if_frozen()
                case Said("compiled"):
                    offered = read_offered(self._place / folder.COMPILED)
                    self._child.tell("go")
                    if offered is not None:
                        self._tell.compiled(offered)
                case Said("running"):
                    self.ran = True
                    self._disk.begins()
                    self._tell.running()
            self._look()
            if self.cancelled or self.reason:
                return -1

    def excess(self) -> str | None:
        """To be asked when the child has ended: what it left that is too much."""
        return self._output() or self._disk.excess()

    def last_news(self) -> None:
        if news := self._news.last():
            self._tell.news(news)

    @property
    def _held(self) -> bool:
        """Whether the program runs inside the child process, and is held by holding that."""
        return self._kind.file_bytes is not None

    def _until(self) -> float | None:
        """Seconds until something is to be done unasked."""
        if self._frozen_since is not None:
            return None
        now = time.monotonic()
        turn = self._throttle.seconds(now) if self._child.tied else math.inf
        return min(self._next_look - now, turn, self._left(now))

    def _left(self, now: float) -> float:
        """Seconds until the job's time is over, or, when it is, until its grace is."""
        return self._task.timeout_seconds + self._over * GRACE_SECONDS - self.seconds

    def _look(self) -> None:
        if self._frozen_since is not None:
            return
        now = time.monotonic()
        if self._child.tied:
            self._throttle.turn(now)
        if self._left(now) <= 0:
            if self._over:
                self.reason = timed_out(self._task.timeout_seconds)
            else:
                self._over = True
                self._throttle.set_cores(None)
                self._child.tell("over")
        if now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        self.reason = self.reason or self._output() or self._memory()
        if now >= self._next_disk:
            self.reason = self.reason or self._disk.excess(self._programs())
            self._next_disk = now + DISK_LOOK_SECONDS
        if news := self._news.poll():
            self._tell.news(news)

    def _limit(self, limits: Limits) -> None:
        if self._held:
            by_system = self._child.grip.limit(limits)
            self._throttle.set_cores(None if by_system else limits.cores)

    def _freeze(self) -> None:
        if self._frozen_since is not None:
            return
        self._throttle.hold()
        self._frozen_since = time.monotonic()
        self._stop_if_frozen()

    def _stop_if_frozen(self) -> None:
        if self._child.tied and self._frozen_since is not None:
            with _logged("frozen"):
                self._kind.freeze(self._place, self._child.process)

    def _thaw(self) -> None:
        if self._frozen_since is None:
            return
        with _logged("thawed"):
            self._kind.thaw(self._place, self._child.process)
        self._frozen_seconds += time.monotonic() - self._frozen_since
        self._frozen_since = None
        self._throttle.release()

    def _output(self) -> str | None:
        if folder.size(self._place / folder.STDOUT) > OUTPUT_BYTES:
            return flooded("stdout")
        if folder.size(self._place / folder.STDERR) > OUTPUT_BYTES:
            return flooded("stderr")
        return None

    def _programs(self) -> list[int] | None:
        try:
            return self._kind.programs(self._place, self._child.process)
        except (psutil.Error, OSError, ValueError):
            return None

    def _memory(self) -> str | None:
        most_mb = self._task.limits.memory_mb + OVERHEAD_MB
        try:
            rss = sum(process.memory_info().rss for process in HERE.processes(self._child.process))
        except psutil.Error:
            return None
        if rss <= most_mb << 20:
            return None
        return f"The job's process took more than {most_mb} MiB of memory and was stopped."


@contextlib.contextmanager
def _logged(what: str) -> Any:
    try:
        yield
    except (psutil.Error, OSError) as error:
        log.warning("A job could not be %s: %s", what, error)


def _outcome(code: int, child: Child, place: Path, reason: str | None) -> Outcome:
    try:
        outcome = folder.read_outcome(place) if code == 0 else None
    except (OSError, ValueError) as error:
        log.warning("A job's child process left no readable result: %s", error)
        outcome = None
    if reason:
        return Outcome("failed", error=reason, memory_mb=outcome.memory_mb if outcome else None)
    if outcome is None:
        how = HERE.describe_exit(code)
        log.warning("A job's child process ended with %s: %s", how, child.log())
        what = f"ended unexpectedly, with {how}" if code else "ended without a result"
        return Outcome("failed", error=f"The job's process {what}.")
    return outcome


def _completion(outcome: Outcome, task: Task, place: Path, seconds: float) -> JobCompletion:
    metrics = {"wallSeconds": round(seconds, 3)}
    if outcome.memory_mb is not None:
        metrics["memoryMb"] = outcome.memory_mb
    if outcome.fuel_used is not None:
        metrics["fuelUsed"] = outcome.fuel_used
    result = _result(outcome, place)
    names = exchange.wanted(task.spec)
    if outcome.status == "completed" and names:
        taken = folder.size(place / folder.STDOUT)
        try:
            result["files"] = exchange.read(place / folder.FILES, names, OUTPUT_BYTES - taken)
        except exchange.LeftError as error:
            outcome = replace(outcome, status="failed", error=str(error))
    return JobCompletion(
        outcome.status,
        result=result,
        error=one_line(outcome.error, 4096) if outcome.error else None,
        metrics=metrics,
    )


def _result(outcome: Outcome, place: Path) -> dict[str, Any]:
    result: dict[str, Any] = {} if outcome.exit_code is None else {"exitCode": outcome.exit_code}
    size = folder.size(place / folder.STDOUT)
    if size > OUTPUT_BYTES:
        result["stdoutCut"] = True
    if size:
        with (place / folder.STDOUT).open("rb") as file:
            data = file.read(FLOOD_BYTES if size > OUTPUT_BYTES else OUTPUT_BYTES)
    else:
        data = b""
    return {
        **result,
        "stdout": base64.b64encode(data).decode("ascii"),
        "stderr": tail(place / folder.STDERR),
    }
