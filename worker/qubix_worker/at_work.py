"""The jobs at work, as the worker counts them: how each begins, gets on, stands still and ends.

Belongs to the thread that owns the worker's state. That publishes `jobs` and `recent` after each
change; other threads see what it has published.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable

from qubix_worker.guest.watch import Watch
from qubix_worker.jobs import JobEnded, JobEvent, JobProgressed, JobRunner
from qubix_worker.pausing import FROZEN_SECONDS_MOST, Standstill
from qubix_worker.protocol import Job, JobProgress
from qubix_worker.report import Reporter
from qubix_worker.status import CurrentJob, FinishedJob

log = logging.getLogger(__name__)

RECENT_JOBS = 20


class AtWork:
    """`jobs` are at work; `recent` have ended, the last one first."""

    def __init__(
        self,
        runner: JobRunner,
        reporter: Reporter,
        watch: Watch,
        on_event: Callable[[JobEvent], None],
    ) -> None:
        self.jobs: tuple[CurrentJob, ...] = ()
        self.recent: tuple[FinishedJob, ...] = ()
        self._runner = runner
        self._reporter = reporter
        self._watch = watch
        self._on_event = on_event
        self._attempts: dict[str, int] = {}
        """The attempt as which the server counts each of `jobs`."""
        self._standstill = Standstill(runner)

    def begin(self, job: Job) -> bool:
        """False where it has been cancelled and is still ending: the server will bring it again."""
        log.info("job %s (%s) begins, attempt %d", job.id, job.kind, job.attempt)
        if not self._runner.start(job, self._on_event):
            return False
        self._attempts[job.id] = job.attempt
        self._reporter.began(job.id)
        self.jobs = (*self.jobs, CurrentJob(job.id, job.kind, time.time()))
        self._watch.jobs_at_work(True)
        return True

    def counts_anew(self, job: Job) -> bool:
        """Whether it is at work already. The server had lost it meanwhile, and gives it anew."""
        if job.id not in self._attempts:
            return False
        self._attempts[job.id] = job.attempt
        return True

    def progressed(self, progress: JobProgressed) -> JobProgress | None:
        """What the server is to be told; None where that job is not at work any more."""
        job = self._job(progress.job_id)
        if job is None:
            return None
        percent = job.progress_percent if progress.percent is None else progress.percent
        operation = progress.operation or job.operation
        now = dataclasses.replace(job, progress_percent=percent, operation=operation)
        self.jobs = tuple(now if each is job else each for each in self.jobs)
        return JobProgress(percent or 0.0, progress.operation, progress.lines)

    def end(self, ended: JobEnded) -> JobEnded:
        """The same, of the attempt as which the server counts it."""
        job = self._job(ended.job_id)
        attempt = self._attempts.pop(ended.job_id, ended.completion.attempt)
        completion = dataclasses.replace(ended.completion, attempt=attempt)
        self._reporter.ended(ended.job_id, given_back=ended.given_back)
        outcome = completion.status if ended.has_result else "cancelled"
        log.info("job %s %s after %.1f s", ended.job_id, outcome, ended.seconds)
        finished = FinishedJob(
            ended.job_id,
            job.kind if job else "",
            outcome,
            time.time(),
            ended.seconds,
            completion.error,
        )
        self.jobs = tuple(each for each in self.jobs if each is not job)
        self.recent = (finished, *self.recent)[:RECENT_JOBS]
        if not self.jobs:
            self._standstill.forget()
            self._watch.jobs_at_work(False)
        return dataclasses.replace(ended, completion=completion)

    def cancel(self, job_id: str) -> None:
        self._runner.cancel(job_id)

    def give_back(self) -> None:
        for job in self.jobs:
            self._runner.cancel(job.id)

    def stand_still(self) -> None:
        if self.jobs:
            self._standstill.begin()
            self._show_standstill(frozen=True)

    def go_on(self) -> None:
        if self._standstill.end():
            self._show_standstill(frozen=False)

    def seconds_left(self) -> float:
        """Until they have stood still for too long; infinite where none does."""
        return self._standstill.seconds_left()

    def look_at_the_clock(self) -> None:
        """Gives back those that have stood still for too long."""
        if self._standstill.seconds_left() <= 0:
            log.info("jobs that stood still for %.0f s are given back", FROZEN_SECONDS_MOST)
            self.give_back()
            self._standstill.end()

    def _job(self, job_id: str) -> CurrentJob | None:
        return next((job for job in self.jobs if job.id == job_id), None)

    def _show_standstill(self, *, frozen: bool) -> None:
        self.jobs = tuple(dataclasses.replace(job, frozen=frozen) for job in self.jobs)
        self._watch.jobs_at_work(not frozen)
