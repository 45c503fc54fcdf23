"""Runs jobs, each in a child process of its own with a thread that supervises it.

The owner of a runner gets events, always from a supervising thread: progress, and in the end
exactly one JobEnded for each job that was started, whatever happened to it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from qubix_worker.errors import ServerError
from qubix_worker.kinds import KINDS, Limits, SpecError, Task, folder
from qubix_worker.kinds.modules import ModuleCache
from qubix_worker.kinds.progress import Progress
from qubix_worker.kinds.supervisor import end_tree, supervise
from qubix_worker.paths import Paths
from qubix_worker.protocol import RESULT_BYTES, Job, JobCompletion

FETCH_WAITS_SECONDS = (1.0, 2.0, 4.0)
"""The pauses between tries to fetch a module from a server that is away or overloaded."""

CANCELLED = "The job was cancelled."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobProgressed:
    job_id: str
    percent: float
    operation: str | None


@dataclass(frozen=True)
class JobEnded:
    """A job has ended; its child process and its files are gone."""

    job_id: str
    completion: JobCompletion
    seconds: float
    cancelled: bool
    """It was ended by `cancel` or `stop`: there is no result to be sent."""


JobEvent = JobProgressed | JobEnded


class JobRunner:
    """Runs any number of jobs at once; how many is for its owner to decide."""

    def __init__(
        self,
        paths: Paths,
        command: Sequence[str],
        limits: Limits,
        fetch_module: Callable[[str], bytes] | None = None,
        *,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """`command` begins this program; `run-job` and a folder are put behind it. `fetch_module`
        gives the module with a hash, or raises ServerError."""
        self._folder = paths.jobs
        self._command = tuple(command)
        self._limits = limits
        self._fetch_module = fetch_module
        self._environment = environment
        self._modules = ModuleCache(paths.data / "modules")
        self._lock = threading.Lock()
        self._running: dict[str, threading.Event] = {}
        """The jobs that have not ended, each with the event that cancels it."""
        self._threads: set[threading.Thread] = set()

    @property
    def running(self) -> tuple[str, ...]:
        """The jobs that have not ended."""
        with self._lock:
            return tuple(self._running)

    def start(self, job: Job, on_event: Callable[[JobEvent], None]) -> bool:
        """Begins `job` and returns at once; False where a job of that id is running already."""
        cancelled = threading.Event()
        thread = threading.Thread(
            target=self._run, args=(job, on_event, cancelled), name=f"job-{job.id}", daemon=True
        )
        with self._lock:
            if job.id in self._running:
                return False
            self._running[job.id] = cancelled
            self._threads.add(thread)
            thread.start()
        return True

    def cancel(self, job_id: str) -> bool:
        """Ends that job, within a second; False where it is not running."""
        with self._lock:
            cancelled = self._running.get(job_id)
        if cancelled is None:
            return False
        cancelled.set()
        return True

    def stop(self) -> None:
        """Ends all jobs and waits until they have ended and their JobEnded has been told."""
        with self._lock:
            threads = self._threads - {threading.current_thread()}
            for cancelled in self._running.values():
                cancelled.set()
        for thread in threads:
            thread.join()

    def clean(self) -> None:
        """Removes what a killed worker left: files and, should one have stayed, children. Called
        at the start, before any job, by the one worker that holds the lock."""
        places = _folders(self._folder)
        if not places:
            return
        names = {os.fspath(place) for place in places}
        for process in psutil.process_iter(["cmdline"]):
            if names.intersection(process.info["cmdline"] or ()):
                log.warning("A job of a worker before was still running; it is ended")
                end_tree(process)
        for place in places:
            _remove(place)

    def _run(
        self, job: Job, on_event: Callable[[JobEvent], None], cancelled: threading.Event
    ) -> None:
        began = time.monotonic()
        place = self._folder / f"{job.id}-{job.attempt}"

        def tell(event: JobEvent) -> None:
            try:
                on_event(event)
            except Exception:  # the job goes on, whatever became of the news of it
                log.exception("An event of the job %s could not be handled", job.id)

        def report(progress: Progress) -> None:
            tell(JobProgressed(job.id, progress.percent, progress.operation))

        try:
            completion = self._complete(job, place, cancelled, report)
        except Exception:  # the edge of a thread
            log.exception("The job %s could not be run", job.id)
            completion = _failed("The worker met an unexpected error; its log has the details.")
        _remove(place)
        with self._lock:
            del self._running[job.id]
        tell(
            JobEnded(
                job.id,
                replace(completion or _failed(CANCELLED), attempt=job.attempt),
                time.monotonic() - began,
                cancelled=completion is None,
            )
        )
        with self._lock:
            self._threads.discard(threading.current_thread())

    def _complete(
        self,
        job: Job,
        place: Path,
        cancelled: threading.Event,
        report: Callable[[Progress], None],
    ) -> JobCompletion | None:
        """Runs the job to its end. None: it was cancelled."""
        kind = KINDS.get(job.kind)
        if kind is None or not kind.available():
            return _failed(f"This computer cannot run jobs of the kind '{job.kind}'.")
        try:
            kind.check(job.spec, self._limits)
            sha256 = kind.module_sha256(job.spec)
            module = self._module(sha256, job.timeout_seconds, cancelled) if sha256 else None
        except SpecError as error:
            return _failed(str(error))
        if cancelled.is_set():
            return None
        task = Task(
            kind=job.kind,
            spec=job.spec,
            timeout_seconds=job.timeout_seconds,
            limits=self._limits,
            module_file=folder.MODULE if module is not None else None,
        )
        try:
            _remove(place)
            folder.create(place, task, module)
            return supervise(
                self._command,
                place,
                task,
                environment=self._environment,
                cancelled=cancelled,
                on_progress=report,
            )
        except OSError as error:
            log.warning("The job %s could not be begun: %s", job.id, error)
            return _failed(f"This computer could not begin the job: {error.strerror or error}.")

    def _module(
        self, sha256: str, timeout_seconds: float, cancelled: threading.Event
    ) -> bytes | None:
        """The module with that hash; None where the job was cancelled meanwhile."""
        module = self._modules.get(sha256)
        if module is not None:
            return module
        if self._fetch_module is None:
            raise SpecError("This worker has no server to fetch the job's module from.")
        module = _fetch(self._fetch_module, sha256, timeout_seconds, cancelled)
        if module is None:
            return None
        if len(module) > RESULT_BYTES or hashlib.sha256(module).hexdigest() != sha256:
            raise SpecError("The server gave another module than the one that the job names.")
        self._modules.put(sha256, module)
        return module


def _fetch(
    fetch_module: Callable[[str], bytes],
    sha256: str,
    timeout_seconds: float,
    cancelled: threading.Event,
) -> bytes | None:
    """Fetches on a thread of its own, so that neither a cancel nor the time limit waits for a
    server that is slow. Raises SpecError."""
    answers: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

    def fetch() -> None:
        try:
            answers.put(_fetch_patiently(fetch_module, sha256, cancelled))
        except Exception as error:  # noqa: BLE001 - carried over to the other thread
            answers.put(error)

    threading.Thread(target=fetch, name="fetch-module", daemon=True).start()
    deadline = time.monotonic() + timeout_seconds
    while not cancelled.is_set():
        with contextlib.suppress(queue.Empty):
            answer = answers.get(timeout=0.1)
            if isinstance(answer, bytes):
                return answer
            if isinstance(answer, ServerError):
                happened = answer.problem.happened
                raise SpecError(f"The job's module could not be fetched. {happened}") from answer
            raise answer
        if time.monotonic() > deadline:
            raise SpecError("The job's module could not be fetched within the job's time limit.")
    return None


def _fetch_patiently(
    fetch_module: Callable[[str], bytes], sha256: str, cancelled: threading.Event
) -> bytes:
    for seconds in FETCH_WAITS_SECONDS:
        try:
            return fetch_module(sha256)
        except ServerError as error:
            for_ever = error.status is not None and error.status < 500 and error.status != 429
            if for_ever or cancelled.wait(error.retry_after_seconds or seconds):
                raise
    return fetch_module(sha256)


def _failed(sentence: str) -> JobCompletion:
    return JobCompletion("failed", error=sentence)


def _folders(parent: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError):
        return list(parent.iterdir())
    return []


def _remove(place: Path) -> None:
    """Removes a job's folder, never through a link, however deep the job has nested its own."""
    if not place.exists():
        return
    try:
        waiting = [place]
        moved = 0
        while waiting:
            current = waiting[-1]
            deeper = []
            with os.scandir(current) as entries:
                found = list(entries)
            for entry in found:
                if not entry.is_dir(follow_symlinks=False):
                    Path(entry.path).unlink()
                elif current == place:
                    deeper.append(Path(entry.path))
                else:
                    # Raised to the top, so that no path becomes longer than the system takes.
                    moved += 1
                    deeper.append(Path(entry.path).rename(place / f"removed-{moved}"))
            waiting += deeper
            if not deeper:
                current.rmdir()
                waiting.pop()
    except OSError as error:
        log.warning("The files of a job could not be removed: %s", error)
