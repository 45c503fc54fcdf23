"""What a setup step is, and how a row of them is run, cancelled, retried and undone.

`Setup.run` is a generator of `Progress`: a face iterates it on whatever thread it likes and draws
what comes. A step that is done already is passed over, so running again is how one retries.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from qubix_worker.errors import Problem, QubixError
from qubix_worker.settings import Settings

if TYPE_CHECKING:
    from concurrent.futures import Future

    from qubix_worker.lock import Lock
    from qubix_worker.setup.folders import Folders

log = logging.getLogger(__name__)

T = TypeVar("T")

POLL_SECONDS = 0.1

Phase = Literal["prepare", "join"]
StepState = Literal["waiting", "running", "done", "failed", "undone"]


@dataclass(frozen=True)
class Choices:
    """What a person, a link or a script has decided before setup begins."""

    server: str
    settings: Settings
    enrollment: str = field(default="", repr=False)
    start: bool = True
    afresh: bool = False
    """A repair: settings that cannot be used are written anew, a worker that runs is restarted."""


@dataclass(frozen=True)
class Progress:
    """Where one step is. `done` of `total` in `unit`; None where that cannot be known."""

    step: str
    state: StepState
    note: str = ""
    done: float | None = None
    total: float | None = None
    unit: Literal["", "bytes", "packages", "seconds"] = ""
    problem: Problem | None = None


class Cancelled(Exception):  # noqa: N818 - a person's wish, not an error
    """A person asked to stop; raised inside a step at its next safe moment."""


class Step(Protocol):
    """One thing that setup does. `weight` is its usual share of the whole time, in seconds."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def phase(self) -> Phase: ...
    @property
    def weight(self) -> float: ...

    def is_done(self) -> bool:
        """Whether the machine is already as this step would leave it. Has no effect."""
        ...

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        """Does it. Yields progress while it lasts; raises QubixError where it can't be done, and
        Cancelled soon after `cancel` is set."""
        ...

    def undo(self) -> None:
        """Takes back what `run` did, also where it was cut short. Content when there is nothing."""
        ...


class Setup:
    """A row of steps, and which of them this run has begun (only those are undone)."""

    def __init__(
        self,
        steps: Sequence[Step],
        lock: Lock | None = None,
        folders: Folders | None = None,
        begun: Sequence[Step] = (),
    ) -> None:
        """`lock` is held while steps run: two setups in one place would undo each other. `folders`
        that this brings into being go again when all that was begun is undone, and so does what
        an earlier process has `begun`, to which this one is the rest."""
        self.steps = tuple(steps)
        self.titles = {step.key: step.title for step in (*begun, *steps)}
        self._lock = lock
        self._folders = folders
        self._begun: list[Step] = list(begun)

    def phase(self, phase: Phase) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.phase == phase)

    def look(self) -> None:
        """Notes what is there before anything is done; for a face that writes a log of it."""
        if self._folders:
            self._folders.look()

    def run(self, cancel: threading.Event, phase: Phase | None = None) -> Iterator[Progress]:
        """Runs the steps (of one phase, or all) in order, up to the first that fails.

        The last Progress is `failed` with its problem, `undone` after a cancel, else `done`.
        """
        steps = self.steps if phase is None else self.phase(phase)
        self.look()
        if self._lock is None or not steps:
            yield from self._run(steps, cancel)
            return
        try:
            self._lock.acquire()
        except QubixError as error:
            yield _failed(steps[0], error.problem)
            return
        except OSError as error:
            yield _failed(steps[0], problem_of(error))
            return
        undone = False
        try:
            for progress in self._run(steps, cancel):
                undone = progress.state == "undone"
                yield progress
        finally:
            self._lock.release()
            if undone:
                self.take_back()  # the lock's own file lay in one of the folders

    def _run(self, steps: Sequence[Step], cancel: threading.Event) -> Iterator[Progress]:
        for step in steps:
            if cancel.is_set():
                yield from self.undo()
                return
            try:
                yield from self._do(step, cancel)
            except Cancelled:
                yield from self.undo()
                return
            except QubixError as error:
                problem = error.problem
            except OSError as error:
                problem = problem_of(error)
            else:
                yield Progress(step.key, "done")
                continue
            failed = _failed(step, problem)
            if cancel.is_set():  # whoever wants to stop is not told that something failed meanwhile
                yield from self.undo()
                return
            yield failed
            return

    def _do(self, step: Step, cancel: threading.Event) -> Iterator[Progress]:
        if step.is_done():
            return
        yield Progress(step.key, "running")
        if step not in self._begun:
            self._begun.append(step)
        for progress in step.run(cancel):
            yield replace(progress, step=step.key)

    def undo(self) -> Iterator[Progress]:
        """Takes back the steps that this run has begun, the last one first."""
        while self._begun:
            step = self._begun.pop()
            try:
                step.undo()
            except (QubixError, OSError):
                log.warning("setup step %s could not be undone", step.key, exc_info=True)
            yield Progress(step.key, "undone")
        self.take_back()

    def take_back(self) -> None:
        """What is left of an undone setup beside its steps; again, once its log is closed."""
        if self._folders:
            self._folders.take_back()


def _failed(step: Step, problem: Problem) -> Progress:
    log.warning("setup step %s failed (%s): %s", step.key, problem.code, problem)
    return Progress(step.key, "failed", problem=problem)


def patiently(call: Callable[[], T], cancel: threading.Event) -> T:
    """What `call` gives, or raises; it runs on a thread of its own.

    Raises Cancelled soon after `cancel` is set; then `call` goes on by itself.
    """
    from concurrent.futures import Future, wait  # noqa: PLC0415 - not for a first window

    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, name="setup-call", daemon=True).start()
    while not future.done():
        if cancel.is_set():
            raise Cancelled
        wait([future], timeout=POLL_SECONDS)
    return future.result()


def problem_of(error: OSError) -> Problem:
    """The sentence for a failure of the file system."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (28, 122):  # ENOSPC, EDQUOT
        return Problem(
            "disk_full",
            f"There is no room left on the disk{where}.",
            "Free some space, then try again.",
        )
    if isinstance(error, (NotADirectoryError, FileExistsError)):
        return Problem(
            "not_a_folder",
            f"A file stands where a folder is needed{where}.",
            "Move that file away, or choose another folder (QUBIX_HOME), then try again.",
        )
    if isinstance(error, PermissionError):
        return Problem(
            "no_permission",
            f"This account may not write here{where}.",
            "Give this account the right to write there, then try again.",
        )
    return Problem(
        "file_system",
        f"A file could not be read or written{where}: {error.strerror or error}.",
        "Check that disk, then try again.",
    )
