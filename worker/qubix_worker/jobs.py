"""Runs jobs, each in a child process of its own with a thread that supervises it.

The owner of a runner gets events: progress, and in the end exactly one JobEnded for each job that
was started, whatever happened to it. They come from a supervising thread; only where there is none
to be had, from within `start`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
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
from qubix_worker.failures import NOT_OURS
from qubix_worker.kinds import KINDS, Kind, Limits, SpecError, Task, exchange, folder, wasm
from qubix_worker.kinds.artefacts import Artefacts
from qubix_worker.kinds.children import SPARE_SECONDS, Nursery, end_tree
from qubix_worker.kinds.kind import Cause, NotHereError
from qubix_worker.kinds.modules import ModuleCache
from qubix_worker.kinds.progress import News
from qubix_worker.kinds.removal import remove
from qubix_worker.kinds.supervisor import Cancel, Freeze, GivenBack, Reins, Thaw, Told, supervise
from qubix_worker.paths import Paths
from qubix_worker.protocol import RESULT_BYTES, Job, JobCompletion

FETCH_WAITS_SECONDS = (1.0, 2.0, 4.0)
"""The pauses between tries to fetch a module from a server that is away or overloaded."""
NO_SUCH_MODULE = (400, 404, 410, 422)
"""The statuses with which the server says that another computer would not get it either."""

REMOVE_SECONDS = 0.5
"""How long the news of a job's end waits for its files to be gone."""

CANCELLED = "The job was cancelled."
NO_THREAD = "This computer could not begin the job: it has no thread left for it."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobProgressed:
    """News of a job at work, at most once a second."""

    job_id: str
    percent: float | None
    """None where it has not told; it never falls."""
    operation: str | None
    lines: tuple[str, ...] = ()
    """What it has written to its standard error since the last time, made harmless and cut."""


@dataclass(frozen=True)
class JobEnded:
    """A job has ended; its child process is gone, and its files are, unless they are so many that
    nobody should wait for it."""

    job_id: str
    completion: JobCompletion
    seconds: float
    cancelled: bool
    """It was ended by `cancel` or `stop`: there is no result to be sent."""
    cause: Cause | None = None
    """Set where it was given back: this computer could not do it, as with a full disk, or a server
    that does not give the module now; another one may. Its completion says why, should nobody take
    it back."""

    @property
    def has_result(self) -> bool:
        """Whether there is one to be sent."""
        return not (self.cancelled or self.given_back)

    @property
    def given_back(self) -> bool:
        """Whether it has no result since this computer could not do it."""
        return self.cause is not None

    @property
    def no_room(self) -> bool:
        """Whether it was given back since the disk is full."""
        return self.cause == "no_room"


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
        spare_seconds: float = SPARE_SECONDS,
    ) -> None:
        """`command` begins this program; `run-job` and a folder are put behind it. `fetch_module`
        gives the module with a hash, or raises ServerError. `spare_seconds` is how long a child is
        kept ready after a job; see `Nursery`."""
        self._folder = paths.jobs
        self._limits = limits
        self._frozen = False
        self._fetch_module = fetch_module
        self._nursery = Nursery(command, paths.jobs, environment, spare_seconds=spare_seconds)
        self._modules = ModuleCache(paths.data / "modules")
        self._artefacts = Artefacts(paths.data / "compiled")
        self._lock = threading.Lock()
        self._running: dict[str, Reins] = {}
        """The jobs that have not ended."""
        self._threads: set[threading.Thread] = set()
        self._stopping = threading.Event()

    @property
    def running(self) -> tuple[str, ...]:
        """The jobs that have not ended."""
        with self._lock:
            return tuple(self._running)

    def start(self, job: Job, on_event: Callable[[JobEvent], None]) -> bool:
        """Begins `job` and returns at once; False where a job of that id is running already. A job
        that could not be begun has been given back by `on_event` when this returns True."""
        reins = Reins()
        thread = threading.Thread(
            target=self._run, args=(job, on_event, reins), name=f"job-{job.id}", daemon=True
        )
        with self._lock:
            if job.id in self._running:
                return False
            if self._frozen:
                reins.order(Freeze())
            try:
                thread.start()
            except RuntimeError as error:  # as where the account may have no more threads
                log.warning("The job %s could not be begun: %s", job.id, error)
            else:
                # Its thread cannot have taken them out again: that needs the lock.
                self._running[job.id] = reins
                self._threads.add(thread)
                return True
        completion = replace(_failed(NO_THREAD), attempt=job.attempt)
        on_event(JobEnded(job.id, completion, 0.0, cancelled=False, cause="other"))
        return True

    def cancel(self, job_id: str) -> bool:
        """Ends that job, within a second; False where it is not running."""
        with self._lock:
            reins = self._running.get(job_id)
        if reins is None:
            return False
        reins.order(Cancel())
        return True

    def freeze(self) -> None:
        """Lets all jobs stand still, until `thaw` or the last one's end, also those that begin
        meanwhile. Time in which they do does not count towards their time limits; they can be
        cancelled."""
        with self._lock:
            self._frozen = bool(self._running)
            for reins in self._running.values():
                reins.order(Freeze())
        self._nursery.empty()

    def thaw(self) -> None:
        """Lets them go on."""
        with self._lock:
            self._frozen = False
            for reins in self._running.values():
                reins.order(Thaw())

    def set_limits(self, limits: Limits) -> None:
        """For jobs that begin later; of those at work, the priority and the processor's share."""
        with self._lock:
            before, self._limits = self._limits, limits
            for reins in self._running.values():
                reins.order(limits)
        if limits.priority != before.priority:
            self._nursery.empty()  # a priority that was once lowered cannot be raised again

    def stop(self) -> None:
        """Ends all jobs and waits until they have ended and their JobEnded has been told. None is
        to be started any more."""
        self._stopping.set()
        with self._lock:
            threads = self._threads - {threading.current_thread()}
            for reins in self._running.values():
                reins.order(Cancel())
        for thread in threads:
            thread.join()
        self._nursery.close()

    def clean(self) -> None:
        """Removes what a killed worker left: files, what its jobs left elsewhere, and, should one
        have stayed, children. Called at the start, before any job, by the one worker that holds the
        lock."""
        places = _folders(self._folder)
        if places:
            names = {os.fspath(place) for place in (self._folder, *places)}
            for process in psutil.process_iter(["cmdline"]):
                words = itertools.pairwise(process.info["cmdline"] or ())
                # Not whatever has such a folder open: an editor, a file manager of the owner.
                if any(word == "run-job" and name in names for word, name in words):
                    log.warning("A job of a worker before was still running; it is ended")
                    end_tree(process)
        for kind in KINDS.values():
            try:
                kind.sweep(self._folder)
            except Exception:  # whatever a kind meets there must not keep the worker from starting
                log.exception("What jobs of the kind '%s' had left could not be removed", kind.name)
        for place in places:
            remove(place)

    def _run(self, job: Job, on_event: Callable[[JobEvent], None], reins: Reins) -> None:
        began = time.monotonic()
        place = self._folder / f"{job.id}-{job.attempt}"

        def tell(event: JobEvent) -> None:
            try:
                on_event(event)
            except Exception:  # the job goes on, whatever became of the news of it
                log.exception("An event of the job %s could not be handled", job.id)

        def report(news: News) -> None:
            tell(JobProgressed(job.id, news.percent, news.operation, news.lines))

        cause: Cause | None = None
        ending: JobCompletion | None
        try:
            ending = self._complete(job, place, reins, report)
        except SpecError as error:
            ending = _failed(str(error))
        except NotHereError as error:
            cause, ending = error.cause, _failed(str(error))
        except Exception:  # the edge of a thread
            log.exception("The job %s could not be run", job.id)
            ending = _failed("The worker met an unexpected error; its log has the details.")
        waited = time.monotonic() + REMOVE_SECONDS
        whole = remove(place, lambda: time.monotonic() > waited)
        with self._lock:
            del self._running[job.id]
            self._frozen = self._frozen and bool(self._running)
        tell(
            JobEnded(
                job.id,
                replace(ending or _failed(CANCELLED), attempt=job.attempt),
                time.monotonic() - began,
                cancelled=ending is None,
                cause=cause,
            )
        )
        if not whole:
            remove(place, self._stopping.is_set)  # what is left then goes at the next start
        with self._lock:
            self._threads.discard(threading.current_thread())

    def _complete(
        self, job: Job, place: Path, reins: Reins, report: Callable[[News], None]
    ) -> JobCompletion | None:
        """Runs the job to its end. None: it was cancelled. Raises SpecError where it is the job's
        fault that it cannot be begun, NotHereError where it is not."""
        limits = self._limits
        kind = KINDS.get(job.kind)
        if kind is None or not kind.available():
            raise NotHereError(f"This computer cannot run jobs of the kind '{job.kind}'.")
        kind.check(job.spec, limits)
        exchange.wanted(job.spec)
        sha256 = kind.module_sha256(job.spec)
        module = self._module(sha256, job.timeout_seconds, reins.cancelled) if sha256 else None
        if reins.cancelled.is_set():
            return None
        key = self._artefact_key(job, module)
        compiled = self._artefacts.get(key) if key else None
        task = Task(
            kind=job.kind,
            spec=job.spec,
            timeout_seconds=job.timeout_seconds,
            limits=limits,
            module_file=folder.MODULE if module is not None else None,
            compiled_file=folder.COMPILED if compiled is not None else None,
        )

        def keep(artefact: bytes) -> None:
            if key:
                self._artefacts.put(key, artefact)

        def prepare() -> None:
            self._prepare(job.kind)

        try:
            remove(place)
            folder.create(place, task, module, compiled)
            child = self._nursery.begin(job.kind, limits.priority)
        except RecursionError as error:
            raise SpecError("The job's spec is nested too deeply.") from error
        except OSError as error:
            log.warning("The job %s could not be begun: %s", job.id, error)
            why = f"This computer could not begin the job: {error.strerror or error}."
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise NotHereError(why, "no_room" if full else "other") from error
        try:
            ending = supervise(child, place, task, reins, Told(report, keep, prepare))
        finally:
            self._tidy(kind, place)
            prepare()
        if isinstance(ending, GivenBack):
            if ending.cause == "no_engine":
                kind.doubt()
            raise NotHereError(ending.why, ending.cause)
        return ending

    def _artefact_key(self, job: Job, module: bytes | None) -> str | None:
        if job.kind != wasm.name:
            return None
        data = wasm.module(job.spec) if module is None else module
        return self._artefacts.key(hashlib.sha256(data).hexdigest(), wasm.variant(job.spec))

    def _prepare(self, kind: str) -> None:
        with self._lock:  # or one would be made ready after `freeze` has seen to it that none is
            if not self._frozen:
                self._nursery.prepare(kind, self._limits.priority)

    def _tidy(self, kind: Kind, place: Path) -> None:
        try:
            kind.tidy(place)
        except Exception:  # what is left is swept at the next start
            log.exception("What the job in %s has left could not be removed", place.name)

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
    server that is slow. Raises SpecError where there is no such module, else NotHereError."""
    answers: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

    def fetch() -> None:
        try:
            answers.put(_fetch_patiently(fetch_module, sha256, cancelled))
        except Exception as error:  # noqa: BLE001 - carried over to the other thread
            answers.put(error)

    try:
        threading.Thread(target=fetch, name="fetch-module", daemon=True).start()
    except RuntimeError as error:
        raise NotHereError(NO_THREAD) from error
    deadline = time.monotonic() + timeout_seconds
    while not cancelled.is_set():
        with contextlib.suppress(queue.Empty):
            answer = answers.get(timeout=0.1)
            if isinstance(answer, bytes):
                return answer
            if isinstance(answer, ServerError):
                sentence = f"The job's module could not be fetched. {answer.problem.happened}"
                raise (SpecError if _is_unknown(answer) else NotHereError)(sentence) from answer
            raise answer
        if time.monotonic() > deadline:
            raise NotHereError("The job's module could not be fetched within the job's time limit.")
    return None


def _is_unknown(error: ServerError) -> bool:
    """Whether the server itself says that it does not have the module."""
    return error.status in NO_SUCH_MODULE and error.problem.code != NOT_OURS


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
