"""What a kind of job is: the types that a kind, its child process and its supervisor share.

A kind is a module with these names. `check` and `module_sha256` run in the worker and only
look at the specification; `run` runs in the job's own child process, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import psutil  # a job's child does without it

OUTPUT_BYTES = 16 * 1024 * 1024
"""Most that a job may write to its standard output or error, and leave in files. It is
protocol.RESULT_BYTES, said once more since a job's child does without that."""
DISK_BYTES = 256 * 1024 * 1024
"""Most that a job may keep in its own folder."""
FILES_MOST = 10_000
"""Most files that a job may keep in its own folder."""
MODULE_BYTES = 16 * 1024 * 1024
"""protocol.RESULT_BYTES too."""
NO_ROOM = 75
"""The exit code of a child that found no room on the disk to begin: the job is given back."""

Priority = Literal["idle", "low", "normal"]
Cause = Literal["no_room", "no_engine", "no_registry", "other"]
"""Why a job is given back: the disk is full; the program that holds containers does not answer, or
has ended; the registry of an image is out of reach, or has no time for this computer."""


class SpecError(Exception):
    """A job's specification cannot be used; the message is a sentence for who submitted it."""


class NotHereError(Exception):
    """This computer cannot do a job now, and nothing of that is the job's fault: it is given back,
    for another one to do. The message is a sentence for a person."""

    def __init__(self, why: str, cause: Cause = "other") -> None:
        super().__init__(why)
        self.cause: Cause = cause


@dataclass(frozen=True)
class Limits:
    """What the provider gives a job."""

    memory_mb: int
    cores: float = 1.0
    """Processor cores' worth of time: 0.5 is half of one core's."""
    priority: Priority = "idle"
    cards: tuple[str, ...] = ()
    """The UUIDs of the graphics cards that a job may use."""
    network: bool = False
    """Whether a job that asks for the network may have it, where its kind knows of one."""
    processor: bool = True
    """Whether there may be a job that uses no graphics card."""


@dataclass(frozen=True)
class Task:
    """What the child process is asked to do: job.json in the job's folder."""

    kind: str
    spec: dict[str, Any]
    timeout_seconds: int
    limits: Limits
    module_file: str | None = None
    """The name of the fetched module in the job's folder, where the spec names one by hash."""
    compiled_file: str | None = None
    """The name of the compiled module in the job's folder, where it was compiled before."""


@dataclass(frozen=True)
class Outcome:
    """How the child's work ended: result.json in the job's folder. `error` is a sentence."""

    status: Literal["completed", "failed"]
    exit_code: int | None = None
    error: str | None = None
    memory_mb: float | None = None
    """What the program held in the end."""
    fuel_used: int | None = None
    given_back: Cause | None = None
    """Set where that is no end of the job: this computer could not do it. `error` says why."""


class Kind(Protocol):
    """One kind of job."""

    name: str
    variables: tuple[str, ...]
    """What its child process needs of the worker's environment, beside what Python does."""
    file_bytes: int | None
    """The largest file that its child process may write; None: the child only manages a program
    that has bounds of its own, and is not bounded itself."""

    def available(self) -> bool:
        """Whether this computer can run such jobs. Cheap: loads no library."""
        ...

    def check(self, spec: dict[str, Any], limits: Limits) -> None:
        """Raises SpecError where `spec` cannot be run within `limits`. Runs nothing of the job."""
        ...

    def doubt(self) -> None:
        """A job was given back since this computer could not do any: what `available` remembers
        is not believed any more."""
        ...

    def module_sha256(self, spec: dict[str, Any]) -> str | None:
        """The hash of the module that must be fetched for a `spec` that passed `check`, if any."""
        ...

    def run(self, task: Task) -> Outcome:
        """Runs the job; the working folder is the job's. Only ever called in its child process.
        Raises SpecError where the job is at fault, NotHereError where this computer is."""
        ...

    def freeze(self, place: Path, child: psutil.Process) -> None:
        """Lets the job in the folder `place` stand still, with all its processes. In the worker."""
        ...

    def thaw(self, place: Path, child: psutil.Process) -> None:
        """Lets it go on."""
        ...

    def programs(self, place: Path, child: psutil.Process) -> list[int] | None:
        """The processes of the job in `place`, for their open files to be looked at. None: they
        cannot be seen from here. In the worker."""
        ...

    def tidy(self, place: Path) -> None:
        """Ends and removes what the job in `place` left outside of its folder and child process.
        In the worker, once for each job, after its child has ended in whatever way."""
        ...

    def sweep(self, jobs: Path) -> None:
        """The same for all jobs of a killed worker, whose jobs had their folders in `jobs`; they
        may be gone. In the worker, at its start, before any job."""
        ...


def timed_out(seconds: int) -> str:
    """The sentence for a job that had to be stopped, whether the child or its supervisor did it."""
    return f"The job ran for its whole time limit of {seconds} s and was stopped."


def flooded(stream: Literal["stdout", "stderr"]) -> str:
    """The sentence for a job that wrote too much."""
    name = {"stdout": "standard output", "stderr": "standard error"}[stream]
    return f"The program wrote more than {OUTPUT_BYTES >> 20} MiB to its {name}."
