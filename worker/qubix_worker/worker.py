"""The worker: one owner of the state, fed by one queue.

Heartbeats, jobs, deliveries, commands and signals arrive as values in the queue; the main thread
takes them one by one and publishes a new frozen `Status`. Other threads only read that value.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import queue
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from qubix_worker import __version__, amalgamation
from qubix_worker.client import READ_SECONDS, ServerClient
from qubix_worker.control_server import ControlServer
from qubix_worker.courier import Courier, Delivered
from qubix_worker.identity import Identity
from qubix_worker.jobs import JobEnded, JobProgressed, JobRunner
from qubix_worker.kinds import Limits
from qubix_worker.link import Beat, BeatFailed, Link
from qubix_worker.paths import Paths
from qubix_worker.pause import Pause
from qubix_worker.pause import load as load_pause
from qubix_worker.pause import save as save_pause
from qubix_worker.protocol import (
    Heartbeat,
    HeartbeatAnswer,
    Job,
    JobProgress,
    WorkerState,
)
from qubix_worker.settings import Settings
from qubix_worker.spool import Spool
from qubix_worker.status import CurrentJob, FinishedJob, State, Status, Trouble
from qubix_worker.usage import Sampler
from qubix_worker.wire import to_wire

log = logging.getLogger(__name__)

RECENT_JOBS = 20
PAUSE_SECONDS_MOST = 366 * 24 * 3600.0
LOG_LINES_MOST = 5000
LOG_BYTES_MOST = 512 * 1024


@dataclass(frozen=True)
class Asked:
    """A command of the control channel, and where its answer goes."""

    message: dict[str, Any]
    answer: Future[dict[str, Any]]


@dataclass(frozen=True)
class Stop:
    """End cleanly."""

    why: str


Event = Beat | BeatFailed | JobProgressed | JobEnded | Delivered | Asked | Stop


class Worker:
    """The running worker. The state folder's lock must be held by the caller."""

    def __init__(
        self,
        paths: Paths,
        identity: Identity,
        settings: Settings,
        job_command: Sequence[str],
    ) -> None:
        self._paths = paths
        self._identity = identity
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._sampler = Sampler()
        self._spool = Spool(paths.spool)
        self._stopping = False
        limits = Limits(settings.memory_limit_mb)
        self._jobs = JobRunner(paths, job_command, limits, self._fetch_module)
        self._link = Link(self._client, self._report, self._events.put, interval_seconds=30)
        self._courier = Courier(self._client, self._spool, self._events.put)
        self._pause = load_pause(paths.pause)
        self.status = Status(
            state="starting",
            since=time.time(),
            name=identity.name,
            server=identity.server,
            server_name=identity.server_name,
            worker_id=identity.worker_id,
            version=__version__,
            pid=os.getpid(),
            unsent_results=len(self._spool.job_ids()),
            paused_until=self._pause.until if self._pause else None,
            paused_by=self._pause.by if self._pause else None,
        )
        self._settle()

    def stop(self, why: str) -> None:
        """Asks the worker to end; safe from a signal handler and from any thread."""
        self._events.put(Stop(why))

    def run(self) -> None:
        """Works until it is asked to stop. Raises OSError where the state folder is unusable."""
        self._jobs.clean()
        control = ControlServer(self._paths, self._command)
        log.info("worker %s of %s starts", self._identity.worker_id, self._identity.server)
        try:
            self._link.start()
            self._courier.start()
            while not self._stopping:
                try:
                    event = self._events.get(timeout=self._seconds_to_resume())
                except queue.Empty:
                    if self._pause and self._pause.is_over(time.time()):
                        self._set_pause(None, "it was for this long")
                    continue
                self._handle(event)
        finally:
            self._jobs.stop()
            self._spool_what_ended()
            self._courier.stop()
            self._link.stop()
            control.close()
            log.info("worker ends")

    # --- What happens --------------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        match event:
            case Beat():
                self._acknowledged(event)
            case BeatFailed():
                self._unacknowledged(event)
            case JobProgressed():
                self._progressed(event)
            case JobEnded():
                self._ended(event)
            case Delivered():
                self._delivered(event)
            case Asked():
                self._answer(event)
            case Stop():
                log.info("stopping: %s", event.why)
                self._stopping = True

    def _acknowledged(self, beat: Beat) -> None:
        self._publish(
            trouble=None,
            retry_at=None,
            last_heartbeat_at=beat.at,
            unsent_results=len(self._spool.job_ids()),
        )
        self._settle()
        self._take(beat.answer)

    def _unacknowledged(self, failure: BeatFailed) -> None:
        problem = failure.problem
        self._publish(
            trouble=Trouble(problem.code, problem.happened, problem.todo),
            retry_at=failure.retry_at,
        )
        self._settle(attention=failure.forgotten)

    def _take(self, answer: HeartbeatAnswer) -> None:
        unsent = self._spool.job_ids()
        for job_id in answer.cancelled_jobs:
            self._jobs.cancel(job_id)
        for job in answer.pending_jobs:
            # One at a time; a job that is at work or whose result is on its way is known already.
            if self.status.job is None and not unsent and self.status.state == "online":
                self._begin(job)

    def _begin(self, job: Job) -> None:
        log.info("job %s (%s) begins, attempt %d", job.id, job.kind, job.attempt)
        self._publish(jobs=(CurrentJob(job.id, job.kind, time.time()),))
        self._settle()
        self._jobs.start(job, self._events.put)
        self._link.beat_soon()

    def _progressed(self, progress: JobProgressed) -> None:
        job = self.status.job
        if job is None or job.id != progress.job_id:
            return
        self._publish(jobs=(dataclasses.replace(job, progress_percent=progress.percent),))
        self._courier.progress(job.id, JobProgress(progress.percent, progress.operation))

    def _ended(self, ended: JobEnded) -> None:
        job = self.status.job
        kind = job.kind if job and job.id == ended.job_id else ""
        outcome = "cancelled" if ended.cancelled else ended.completion.status
        log.info("job %s %s after %.1f s", ended.job_id, outcome, ended.seconds)
        finished = FinishedJob(
            ended.job_id, kind, outcome, time.time(), ended.seconds, ended.completion.error
        )
        recent = (finished, *self.status.recent_jobs)[:RECENT_JOBS]
        if not ended.cancelled:
            self._keep(ended)
        self._publish(jobs=(), recent_jobs=recent, unsent_results=len(self._spool.job_ids()))
        self._settle()
        if ended.cancelled:
            self._link.beat_soon()

    def _keep(self, ended: JobEnded) -> None:
        self._spool.put(ended.job_id, ended.completion)
        self._courier.result_is_there()

    def _delivered(self, delivered: Delivered) -> None:
        self._publish(unsent_results=len(self._spool.job_ids()))
        self._link.beat_soon()

    # --- Pause and resume ----------------------------------------------------------------------

    def _set_pause(self, pause: Pause | None, why: str) -> None:
        """Begins or ends a pause. A job at work is given back: the person wants quiet now."""
        log.info("%s: %s", "paused" if pause else "resumed", why)
        self._pause = pause
        try:
            save_pause(self._paths.pause, pause)
        except OSError:
            log.exception("the pause could not be kept; it holds until the worker ends")
        self._publish(
            paused_until=pause.until if pause else None, paused_by=pause.by if pause else None
        )
        if pause and (job := self.status.job):
            self._jobs.cancel(job.id)
        self._settle()
        self._link.beat_soon()

    def _seconds_to_resume(self) -> float | None:
        if self._pause is None or self._pause.until is None:
            return None
        # The clock may be set meanwhile: look again now and then.
        return min(max(0.0, self._pause.until - time.time()), 60.0)

    # --- Commands ------------------------------------------------------------------------------

    def _command(self, message: dict[str, Any]) -> dict[str, Any]:
        """Answers a control request, on the connection's own thread."""
        command = message.get("command")
        if command == "status":
            return self._with_usage()
        if command == "logs":
            return {"logs": self._log_lines(message.get("lines"))}
        answer: Future[dict[str, Any]] = Future()
        self._events.put(Asked(message, answer))
        return answer.result(timeout=3)

    def _answer(self, asked: Asked) -> None:
        try:
            match asked.message:
                case {"command": "pause", "seconds": None | int() | float() as seconds}:
                    self._set_pause(_pause_for(seconds), "asked to")
                case {"command": "resume"}:
                    self._set_pause(None, "asked to")
                case {"command": "stop"}:
                    self.stop("asked to")
                case _:
                    raise ValueError("unknown command")
        except ValueError as error:
            asked.answer.set_exception(error)
        else:
            asked.answer.set_result(self._with_usage())

    def _with_usage(self) -> dict[str, Any]:
        return {"status": to_wire(dataclasses.replace(self.status, usage=self._sampler.sample()))}

    def _log_lines(self, lines: Any) -> list[str]:
        if not isinstance(lines, int) or isinstance(lines, bool) or not 0 < lines <= LOG_LINES_MOST:
            raise ValueError(f"lines must be a whole number from 1 to {LOG_LINES_MOST}")
        with self._paths.log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - LOG_BYTES_MOST))
            return file.read().decode("utf-8", "replace").splitlines()[-lines:]

    # --- The state -----------------------------------------------------------------------------

    def _publish(self, **changes: Any) -> None:
        self.status = dataclasses.replace(self.status, **changes)

    def _settle(self, *, attention: bool = False) -> None:
        """Derives the state from the facts, and notes when it has changed."""
        status = self.status
        state: State
        if attention:
            state = "attention"
        elif status.paused_by:
            state = "paused"
        elif status.trouble:
            state = "attention" if status.state == "attention" else "offline"
        elif status.job:
            state = "working"
        elif status.last_heartbeat_at is None:
            state = "starting"
        else:
            state = "online"
        if state != status.state:
            log.info("%s -> %s", status.state, state)
            self._publish(state=state, since=time.time())

    def _report(self) -> Heartbeat:
        """The heartbeat that fits the state now; called on the heartbeat's thread."""
        status, unsent = self.status, self._spool.job_ids()
        state: WorkerState = "online"
        if self._stopping:
            state = "offline"
        elif status.paused_by:
            state = "paused"
        elif status.job or unsent:
            state = "busy"
        # While stopping, a job that was at work is given back by not naming it any more.
        at_work = status.job.id if status.job and not self._stopping else None
        current = at_work or next(iter(sorted(unsent)), None)
        return Heartbeat(
            state, self._sampler.sample(), current, __version__, amalgamation.sha256() or None
        )

    def _client(self, patience_seconds: float = READ_SECONDS) -> ServerClient:
        return ServerClient(
            self._identity.server,
            worker_id=self._identity.worker_id,
            secret=self._identity.secret,
            patience_seconds=patience_seconds,
        )

    def _fetch_module(self, sha256: str) -> bytes:
        client = self._client()
        try:
            return client.module(sha256)
        finally:
            client.close()

    def _spool_what_ended(self) -> None:
        """Keeps results that arrived while the worker was already stopping."""
        while True:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return
            if isinstance(event, JobEnded) and not event.cancelled:
                self._keep(event)
            elif isinstance(event, Asked):
                event.answer.set_result(self._with_usage())


def _pause_for(seconds: float | None) -> Pause:
    if seconds is None:
        return Pause("you")
    if not 0 < seconds <= PAUSE_SECONDS_MOST:
        raise ValueError("seconds must be more than 0 and at most a year")
    return Pause("you", time.time() + seconds)
