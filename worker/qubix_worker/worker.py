"""The worker: one owner of the state, fed by one queue.

Heartbeats, jobs, deliveries, commands, rests and signals arrive as values in the queue; the main
thread takes them one by one and publishes a new frozen `Status`. Other threads only read what is
frozen: the link's `_facts`, the watch's `_temperatures` and the settings, the control channel's
`_with_usage` and the time that was shared.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
import os
import queue
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qubix_worker import __version__
from qubix_worker.allowance import Share
from qubix_worker.at_work import AtWork
from qubix_worker.client import READ_SECONDS, ServerClient
from qubix_worker.commands import (
    Asked,
    Change,
    Commands,
    End,
    LookAtFile,
    SetPause,
    SetSettings,
)
from qubix_worker.computer import FIND_OUT_SECONDS, Computer, Known, look_at_computer
from qubix_worker.control_server import ControlServer
from qubix_worker.courier import Courier, Delivered
from qubix_worker.errors import SettingsError
from qubix_worker.guest.senses import Senses
from qubix_worker.guest.watch import Rested, Watch
from qubix_worker.hardware import Temperature, temperatures
from qubix_worker.hold import Hold
from qubix_worker.identity import Identity, save
from qubix_worker.jobs import JobEnded, JobProgressed, JobRunner
from qubix_worker.kinds.kind import Cause
from qubix_worker.link import Beat, BeatFailed, Link
from qubix_worker.paths import Paths
from qubix_worker.pausing import Pausing, stands_still
from qubix_worker.protocol import Heartbeat, HeartbeatAnswer
from qubix_worker.report import Facts, Reporter
from qubix_worker.settings import Settings
from qubix_worker.settings_file import SettingsFile
from qubix_worker.shared_time import SharedTime
from qubix_worker.spool import Spool
from qubix_worker.status import (
    Status,
    Trouble,
    is_sharing,
    state_of,
)
from qubix_worker.system import senses
from qubix_worker.usage import Sampler

log = logging.getLogger(__name__)

UNSENT_MOST = 64
"""With so many results on their way, no more are made."""


@dataclass(frozen=True)
class Stop:
    """End cleanly."""

    why: str


Event = Beat | BeatFailed | JobProgressed | JobEnded | Delivered | Rested | Known | Asked | Stop


class Worker:
    """The running worker. The state folder's lock must be held by the caller."""

    def __init__(
        self,
        paths: Paths,
        identity: Identity,
        settings: Settings,
        job_command: Sequence[str],
        *,
        look_at_computer: Callable[[], Known] = look_at_computer,
        find_out_seconds: float = FIND_OUT_SECONDS,
        sampler: Sampler | None = None,
    ) -> None:
        self._paths = paths
        self._identity = identity
        self._file = SettingsFile(
            paths.settings, settings, identity, lambda who: save(paths.identity, who)
        )
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._sampler = sampler or Sampler()
        self._spool = Spool(paths.spool)
        self._stopping = False
        self._computer = Computer(self._events.put, look_at_computer, find_out_seconds)
        self._share = Share.of(settings, self._computer.machine)
        limits = self._share.allowance.limits
        self._jobs = JobRunner(paths, job_command, limits, self._fetch_module)
        self._reporter = Reporter(self._facts, self._sampler)
        self._link = Link(
            self._client,
            self._reporter.report,
            self._events.put,
            self._heard,
            interval_seconds=30,
        )
        self._courier = Courier(self._client, self._spool, self._events.put)
        body = senses.current()
        self._watch = Watch(
            lambda: self._file.settings, self._events.put, Senses(body, self._temperatures), body
        )
        self._at_work = AtWork(self._jobs, self._reporter, self._watch, self._events.put)
        self._pausing = Pausing(paths.pause)
        self._hold = Hold()
        self._shared_time = SharedTime(paths.shared_time)
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
        )
        self._show_pause()

    def stop(self, why: str) -> None:
        """Asks the worker to end; safe from a signal handler and from any thread."""
        self._events.put(Stop(why))

    def run(self) -> None:
        """Works until it is asked to stop. Raises OSError where the state folder is unusable."""
        self._jobs.clean()
        commands = Commands(
            self._paths.log, self._with_usage, lambda: self._file.settings, self._events.put
        )
        control = ControlServer(self._paths, commands.answer)
        log.info("worker %s of %s starts", self._identity.worker_id, self._identity.server)
        self._computer.find_out()
        try:
            self._watch.start()
            self._link.start()
            self._courier.start()
            while not self._stopping:
                try:
                    event = self._events.get(timeout=self._seconds_to_wait())
                except queue.Empty:
                    self._look_at_the_time()
                    continue
                self._handle_safely(event)
        finally:
            # Whatever one of them meets, the others are still to be ended, the last one first.
            with contextlib.ExitStack() as ending:
                for end in (
                    control.close,
                    self._link.stop,
                    self._courier.stop,
                    self._spool_what_ended,
                    self._jobs.stop,
                    self._watch.stop,
                    self._shared_time.end,
                ):
                    ending.callback(end)
            log.info("worker ends")

    def _handle_safely(self, event: Event) -> None:
        """Nobody starts a worker again before the next sign-in: one event that it cannot take in
        must not be the end of it."""
        try:
            self._handle(event)
        except Exception:  # the edge between one event and the next
            log.exception("an event could not be handled: %s", type(event).__name__)

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
            case Rested():
                self._pausing.rest(event.rest)
                self._show_pause()
            case Known():
                if self._computer.take_in(event):
                    self._share_anew()
            case Asked():
                self._do(event)
            case Stop():
                log.info("stopping: %s", event.why)
                self._stopping = True

    def _acknowledged(self, beat: Beat) -> None:
        self._publish(
            forgotten=False,
            trouble=None,
            retry_at=None,
            last_heartbeat_at=beat.at,
            unsent_results=len(self._spool.job_ids()),
        )
        self._look_at_the_disk()
        self._computer.find_out_if_due(self._reporter.unknown_cards())
        self._take(beat.answer)

    def _unacknowledged(self, failure: BeatFailed) -> None:
        problem = failure.problem
        self._publish(
            forgotten=failure.forgotten or self.status.forgotten,
            trouble=Trouble(problem.code, problem.happened, problem.todo),
            retry_at=failure.retry_at,
        )
        self._look_at_the_disk()

    def _take(self, answer: HeartbeatAnswer) -> None:
        for job_id in answer.cancelled_jobs:
            self._at_work.cancel(job_id)
        known = {job.id for job in self.status.jobs} | self._spool.job_ids()
        for job in answer.pending_jobs:
            if self._at_work.counts_anew(job) or job.id in known:
                continue
            if self._free_slots(self.status) > 0 and self._at_work.begin(job):
                self._show_jobs()
                self._link.beat_soon()

    def _progressed(self, progress: JobProgressed) -> None:
        if told := self._at_work.progressed(progress):
            self._show_jobs()
            self._courier.progress(progress.job_id, told)

    def _ended(self, ended: JobEnded) -> None:
        ended = self._at_work.end(ended)
        if ended.has_result:
            self._keep(ended)
        self._show_jobs(unsent_results=len(self._spool.job_ids()))
        if ended.given_back:
            self._could_not_begin(ended)
        if not ended.has_result:
            self._link.beat_soon()

    def _keep(self, ended: JobEnded) -> None:
        self._spool.put(ended.job_id, ended.completion)
        if self._spool.trouble:
            self._take_none(
                "no_room", "The disk does not take a result; it is kept in memory meanwhile."
            )
        self._courier.result_is_there()

    def _delivered(self, delivered: Delivered) -> None:
        self._publish(unsent_results=len(self._spool.job_ids()))
        if problem := delivered.problem:
            self._publish(warning=Trouble(problem.code, problem.happened, problem.todo))
        self._link.beat_soon()

    def _show_pause(self) -> None:
        """Publishes the pause that holds now. When one begins, jobs at work are given back or stand
        still: somebody wants quiet now."""
        before, now = self.status.paused_by, self._pausing.holds
        self._publish(
            paused_by=now.by if now else None,
            paused_until=now.until if now else None,
            pause_reason=now.reason if now else None,
        )
        if bool(now) == bool(before):
            return
        log.info("%s", f"paused: {now.reason}" if now else "resumed")
        if now is None:
            self._at_work.go_on()
        elif stands_still(now, self._file.settings, time.time()):
            self._at_work.stand_still()
        else:
            self._at_work.give_back()
        self._show_jobs()
        self._link.beat_soon()

    def _show_jobs(self, **changes: Any) -> None:
        self._publish(jobs=self._at_work.jobs, recent_jobs=self._at_work.recent, **changes)

    def _seconds_to_wait(self) -> float | None:
        """Until the next moment at which something happens without an event."""
        left = min(
            self._pausing.seconds_left(),
            self._at_work.seconds_left(),
            self._shared_time.seconds_left(),
        )
        return None if left == math.inf else max(0.0, left)

    def _look_at_the_time(self) -> None:
        self._shared_time.note(sharing=is_sharing(self.status))
        if self._pausing.look_at_the_clocks():
            self._show_pause()
        self._at_work.look_at_the_clock()

    def _do(self, asked: Asked) -> None:
        """A change that a person asked for."""
        try:
            self._change(asked.change)
        except (OSError, ValueError) as error:  # the disk's, or a text that no file can hold
            asked.done.set_exception(error)
        else:
            asked.done.set_result(None)

    def _change(self, change: Change) -> None:
        match change:
            case SetPause():
                self._pausing.ask(change.pause)
                self._show_pause()
            case SetSettings():
                self._file.change(change.changes)
                if "name" in change.changes:
                    self._publish(name=self._file.settings.name)
                self._settings_changed()
            case LookAtFile():
                self._look_at_the_disk()
            case End():
                self.stop("asked to")

    def _look_at_the_disk(self) -> None:
        """Takes up a settings.toml that was edited. What cannot be used changes nothing."""
        if self._hold.is_over(self.status.warning):
            self._publish(warning=None)
        try:
            if self._file.take_up():
                self._settings_changed()
        except SettingsError as error:
            problem = error.problem
            log.warning("the settings stay as they were (%s): %s", problem.code, problem)
            self._publish(warning=Trouble(problem.code, problem.happened, problem.todo))

    def _settings_changed(self) -> None:
        log.info("the settings have changed")
        self._publish(warning=None)
        self._share_anew()
        self._watch.look_again()

    def _share_anew(self) -> None:
        computer = self._computer
        self._share = Share.of(
            self._file.settings, computer.machine, computer.hardware, computer.kinds
        )
        self._jobs.set_limits(self._share.allowance.limits)
        self._link.beat_soon()

    def _free_slots(self, status: Status) -> int:
        """How many more jobs could begin now."""
        if self._share.kinds is None:
            return 0  # what it could do with a job is not known yet
        full = status.unsent_results >= UNSENT_MOST or self._hold.lasts
        if status.paused_by or self._stopping or full:
            return 0
        return max(0, self._share.allowance.slots - len(status.jobs))

    def _could_not_begin(self, ended: JobEnded) -> None:
        """Another computer may do it; this one takes none for a while, or it would use up the few
        times that a job is given out."""
        reason = ended.completion.error or "It could not be begun."
        log.warning("a job was given back: %s", reason)
        self._take_none(ended.cause, reason)
        if not ended.no_room:
            self._computer.find_out()  # an engine for containers may have ended

    def _take_none(self, cause: Cause | None, reason: str) -> None:
        if warning := self._hold.begin(cause, reason):
            self._publish(warning=warning)

    def _publish(self, **changes: Any) -> None:
        """Replaces the status by one with `changes`, in the state that follows from it."""
        status: Status = dataclasses.replace(self.status, **changes)
        state = state_of(status)
        if state != status.state:
            log.info("%s -> %s", status.state, state)
            status = dataclasses.replace(status, state=state, since=time.time())
        self.status = status
        self._shared_time.note(sharing=is_sharing(status))

    def _with_usage(self) -> Status:
        return dataclasses.replace(
            self.status, usage=self._sampler.sample(), shared=self._shared_time.shown()
        )

    def _facts(self) -> Facts:
        """For the heartbeats; called on the threads that speak to the server."""
        # Before the spool: a job that ends meanwhile is then in both, and never in neither.
        status = self.status
        return Facts(
            status,
            frozenset(self._spool.job_ids()),
            self._free_slots(status),
            self._share,
            self._stopping,
        )

    def _heard(self, report: Heartbeat) -> None:
        """On the threads that speak to the server."""
        if self._reporter.acknowledged(report):
            self._link.beat_soon()

    def _temperatures(self) -> tuple[Temperature, ...]:
        """Those that count; for the thread of the watch."""
        return self._share.left_out.heat(temperatures())

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
            if isinstance(event, JobEnded) and event.has_result:
                self._keep(event)
            elif isinstance(event, Asked):
                event.done.set_result(None)
