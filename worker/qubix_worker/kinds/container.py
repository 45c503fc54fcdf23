"""The kind `container`: a program in a Linux image, held by Podman or Docker. Its specification:

    image          name@sha256:digest, with the registry in the name; never a tag
    entrypoint     the program, instead of the image's
    args           texts, given to it (default: the image's)
    env            variables, name to text; no other ones reach the program but the image's
    stdin          base64 (default: empty)
    files, outputs files that it is given and gives back: see `exchange`
    memoryMb       most memory in MiB (default: all that the provider gives a job)
    pids           most processes and threads (default: 512)
    network        true: it needs the network; only where the provider allows that
    gpu            true: it needs the graphics cards that the provider shares

Other keys are ignored. The program's own folder is `/files`, where it begins; the rest of what it
sees is read-only, or memory. This file also runs in the worker, and there only asks the engine to
pause and to remove.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qubix_worker.kinds import exchange
from qubix_worker.kinds.container_engine import (
    LABEL,
    VARIABLES,
    Engine,
    EngineError,
    Engines,
    end_begun,
    find_all,
)
from qubix_worker.kinds.kind import Limits, Outcome, SpecError, Task

if TYPE_CHECKING:
    import psutil

name = "container"
variables: tuple[str, ...] = VARIABLES
file_bytes: int | None = None
"""The image, which the child fetches, is larger than any file of a job."""

PATH_PART = "[a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*"
HOST_PART = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
IMAGE = re.compile(
    rf"(?P<registry>{HOST_PART}(?:[.]{HOST_PART})*(?::[0-9]{{1,5}})?)"
    rf"(?P<path>(?:/{PATH_PART})+)@sha256:(?P<digest>[0-9a-f]{{64}})"
)
"""A name with its registry, and a digest:
https://pkg.go.dev/github.com/distribution/reference#pkg-overview"""
NOT_ONLY_A_NAME = re.compile("[.:]|^localhost$")
"""What makes the first part of a name a registry."""
IMAGE_CHARACTERS = 255 + len("@sha256:") + 64
VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*")
"""https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html"""
TEXT_CHARACTERS = 32 * 1024
PIDS = 512
PIDS_MOST = 4096
MEMORY_MB_LEAST = 8
MEMORY_MB_MOST = 1 << 24
ASK_SECONDS = 5.0
BEGIN_SECONDS = 3.0
PROGRAM = "program"
"""In the job's folder: the number of the container's first process, as this computer sees it."""
CONTAINERS = "containers"
"""Beside the jobs' folder: what was fetched for containers. There once one was made."""

log = logging.getLogger(__name__)

_engines = Engines()
_left: set[tuple[Engine, str]] = set()
"""Containers that are still to be removed."""


def available() -> bool:
    """Whether there is a Podman or Docker that answers; asked anew after a while."""
    return _engines.best() is not None


def doubt() -> None:
    """See `Kind`."""
    _engines.doubt()


def check(spec: dict[str, Any], limits: Limits) -> None:
    """See `Kind`."""
    image(spec)
    entrypoint(spec)
    arguments(spec)
    environment(spec)
    stdin(spec)
    exchange.given(spec)
    exchange.wanted(spec)
    memory_mb(spec, limits)
    pids(spec)
    network(spec, limits)
    if not cards(spec, limits) and not limits.processor:
        raise SpecError("This computer shares only its graphics cards, and the job asks for none.")


def module_sha256(spec: dict[str, Any]) -> str | None:
    """See `Kind`. An image is fetched by the engine."""
    return None


def run(task: Task) -> Outcome:
    """See `Kind`."""
    from qubix_worker.kinds import container_run  # noqa: PLC0415 - child process only

    return container_run.run(task)


def freeze(place: Path, child: psutil.Process) -> None:
    """See `Kind`. Where it cannot be paused it is ended: its computer is needed now."""
    child.suspend()  # and begins nothing any more
    programs = child.children(recursive=True)
    if engine := Engine.load(place):
        container = container_name(place)
        until = time.monotonic() + BEGIN_SECONDS
        # One that is being begun just now is let begin: an engine's program that stands still in
        # the middle of that keeps its lock, and the container goes on all the same.
        while not _paused(engine, container) and _begins(programs) and time.monotonic() < until:
            time.sleep(0.05)
        if _at_work(engine, container):
            log.warning("The container of a job could not be paused; it is ended")
            engine.remove(container)
    for program in programs:
        with contextlib.suppress(_no_such_process()):
            program.suspend()


def thaw(place: Path, child: psutil.Process) -> None:
    """See `Kind`."""
    if engine := Engine.load(place):
        with contextlib.suppress(EngineError):  # it was not running
            engine.call("unpause", container_name(place))
    for process in [*child.children(recursive=True), child]:
        with contextlib.suppress(_no_such_process()):
            process.resume()


def programs(place: Path, child: psutil.Process) -> list[int] | None:
    """See `Kind`. The first process is known once the job's child has asked the engine for it."""
    import psutil  # noqa: PLC0415 - a job's child does without it

    try:
        first = psutil.Process(int((place / PROGRAM).read_bytes()))
    except (OSError, ValueError, psutil.Error):
        return None
    return [first.pid, *(process.pid for process in first.children(recursive=True))]


def tidy(place: Path) -> None:
    """See `Kind`. Docker's service, and Podman's monitor, outlive the child and its children. What
    an engine that has ended could not remove is tried again after the next job."""
    end_begun()
    before = tuple(_left)
    if engine := Engine.load(place):
        container = container_name(place)
        if not engine.remove(container):
            _left.add((engine, container))
    for left in before:
        if left[0].remove(left[1], ASK_SECONDS):
            _left.discard(left)


def sweep(jobs: Path) -> None:
    """See `Kind`. Found by their label, so that the folders of the jobs may be gone."""
    if not (jobs.parent / CONTAINERS).exists():
        return
    for engine in find_all():
        with contextlib.suppress(EngineError):
            found = engine.call(
                "ps", "--all", "--quiet", "--no-trunc", f"--filter=label={label(jobs)}"
            )
            for container in found.split():
                engine.remove(container)


def forget(state: Path) -> None:
    """Removes what the engines still have of the worker with that `state`: at an uninstall."""
    from qubix_worker.kinds import container_images  # noqa: PLC0415 - not wanted in a worker

    sweep(state / "jobs")
    if (state / CONTAINERS).exists():
        for engine in find_all():
            container_images.forget(engine, state / CONTAINERS)


def container_name(place: Path) -> str:
    """The name of the container of the job in `place`: no other job's, on no other worker."""
    place = place.resolve()
    readable = re.sub("[^A-Za-z0-9_.-]", "_", place.name)[:64]
    return f"qubix-{readable}-{_hash(place)}"


def label(jobs: Path) -> str:
    """What marks the containers of the worker whose jobs have their folders in `jobs`."""
    return f"{LABEL}={_hash(jobs.resolve())}"


def image(spec: dict[str, Any]) -> re.Match[str]:
    """The image, with its `registry`, `path` and `digest`."""
    value = spec.get("image")
    if not isinstance(value, str):
        raise SpecError("The job's spec must have an 'image'.")
    found = IMAGE.fullmatch(value)
    if found and len(value) <= IMAGE_CHARACTERS and NOT_ONLY_A_NAME.search(found["registry"]):
        return found
    if "@" not in value:
        raise SpecError(
            "The job's 'image' must be named by its digest (name@sha256:...): a tag may mean"
            " another image tomorrow."
        )
    raise SpecError(
        "The job's 'image' must be named with its registry and its digest, and nothing else, as in"
        " registry.example/library/busybox@sha256:(64 hexadecimal digits)."
    )


def entrypoint(spec: dict[str, Any]) -> str | None:
    """The program to be run instead of the image's."""
    value = spec.get("entrypoint")
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > TEXT_CHARACTERS:
        raise SpecError(
            "The job's 'entrypoint' must be a text: the path of a program in the image."
        )
    return _clean(value, "entrypoint")


def arguments(spec: dict[str, Any]) -> list[str]:
    """The program's arguments, without its name."""
    args = spec.get("args", [])
    if not isinstance(args, list) or not all(isinstance(arg, str) for arg in args):
        raise SpecError("The job's 'args' must be a list of texts.")
    if sum(len(arg) + 1 for arg in args) > TEXT_CHARACTERS:
        raise SpecError(f"The job's 'args' must be at most {TEXT_CHARACTERS} characters in all.")
    return [_clean(arg, "args") for arg in args]


def environment(spec: dict[str, Any]) -> dict[str, str]:
    """The job's own variables."""
    env = spec.get("env", {})
    if not isinstance(env, dict) or not all(isinstance(value, str) for value in env.values()):
        raise SpecError("The job's 'env' must be an object of texts.")
    for key in env:
        if not VARIABLE.fullmatch(key):
            raise SpecError(
                "The names in the job's 'env' must be of letters, digits and underscores, and not"
                " begin with a digit."
            )
    if sum(len(key) + len(value) + 2 for key, value in env.items()) > TEXT_CHARACTERS:
        raise SpecError(f"The job's 'env' must be at most {TEXT_CHARACTERS} characters in all.")
    return {key: _clean(value, "env") for key, value in env.items()}


def stdin(spec: dict[str, Any]) -> bytes:
    """What the program reads from its standard input."""
    return exchange.decoded(spec.get("stdin", ""), "The job's 'stdin'")


def memory_mb(spec: dict[str, Any], limits: Limits) -> int:
    """The most memory that all of the program's processes may take, in MiB."""
    if "memoryMb" not in spec:
        return limits.memory_mb
    value = _number(spec, "memoryMb", MEMORY_MB_LEAST, MEMORY_MB_MOST)
    if value > limits.memory_mb:
        raise SpecError(
            f"The job asks for {value} MiB of memory; this computer gives a job"
            f" at most {limits.memory_mb} MiB."
        )
    return value


def pids(spec: dict[str, Any]) -> int:
    """The most processes and threads that the program may have."""
    return _number(spec, "pids", 1, PIDS_MOST) if "pids" in spec else PIDS


def network(spec: dict[str, Any], limits: Limits) -> bool:
    """Whether the program has the network."""
    if not _flag(spec, "network"):
        return False
    if not limits.network:
        raise SpecError("The job asks for the network, which this computer gives to no job.")
    return True


def cards(spec: dict[str, Any], limits: Limits) -> tuple[str, ...]:
    """The UUIDs of the graphics cards that the program has."""
    if not _flag(spec, "gpu"):
        return ()
    if not limits.cards:
        raise SpecError("The job asks for a graphics card, and this computer gives it none.")
    return limits.cards


def _paused(engine: Engine, container: str) -> bool:
    """Pauses it, if it has begun."""
    try:
        engine.call("pause", container, seconds=ASK_SECONDS)
    except EngineError:
        return False
    return True


def _begins(programs: Sequence[psutil.Process]) -> bool:
    """Whether one of an engine's `programs` is the one that begins a container."""
    for program in programs:
        with contextlib.suppress(_no_such_process()):
            if "start" in program.cmdline() and program.is_running():
                return True
    return False


def _at_work(engine: Engine, container: str) -> bool:
    try:
        state = engine.inspect(container, "State", ASK_SECONDS)
    except (EngineError, ValueError):
        return False  # it is not there
    return bool(state.get("Running")) and not state.get("Paused")


def _no_such_process() -> type[Exception]:
    import psutil  # noqa: PLC0415 - a job's child does without it

    return psutil.NoSuchProcess


def _hash(path: Path) -> str:
    return hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _clean(text: str, key: str) -> str:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise SpecError(f"The job's '{key}' must not contain zero characters or lone surrogates.")
    return text


def _number(spec: dict[str, Any], key: str, least: int, most: int) -> int:
    value = spec[key]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise SpecError(f"The job's '{key}' must be a whole number from {least} to {most}.")
    return value


def _flag(spec: dict[str, Any], key: str) -> bool:
    value = spec.get(key, False)
    if not isinstance(value, bool):
        raise SpecError(f"The job's '{key}' must be true or false.")
    return value
