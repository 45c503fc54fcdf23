"""All probes of this computer, each by itself: one that fails costs its own figures and no more."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from qubix_worker import system
from qubix_worker.errors import Problem, QubixError
from qubix_worker.hardware import nvidia
from qubix_worker.protocol import (
    Disk,
    GraphicsCard,
    Hardware,
    Memory,
    OperatingSystem,
    Processor,
)

log = logging.getLogger(__name__)

Part = Processor | Memory | Disk | GraphicsCard


@dataclass(frozen=True)
class Finding:
    """One thing as it is known. `key` is `processor`, `memory`, `disk`, `graphics:0`, ...

    Either `value` or `problem` is set.
    """

    key: str
    value: Part | None = None
    problem: Problem | None = None


def find(folder: Path | None = None) -> Iterator[Finding]:
    """What this computer has, each thing as soon as it is known.

    `folder` tells which disk: the one it lies on (default: the home folder's).
    """
    yield _finding("processor", processor)
    yield _finding("memory", memory)
    yield _finding("disk", lambda: disk(folder or Path.home()))
    try:
        for at, card in enumerate(nvidia.cards()):
            yield Finding(f"graphics:{at}", card)
    except QubixError as error:
        log.info("the graphics cards could not be read", exc_info=True)
        yield Finding("graphics:0", problem=error.problem)


def detect(folder: Path | None = None) -> Hardware:
    """What this computer has, all at once. Cards that can't be read are left out."""
    try:
        cards = tuple(nvidia.cards())
    except QubixError:
        log.warning("the graphics cards could not be read", exc_info=True)
        cards = ()
    try:
        storage = disk(folder or Path.home())
    except OSError:
        storage = None
    return Hardware(operating_system(), processor(), memory(), storage, cards)


def operating_system() -> OperatingSystem:
    here = system.current()
    return OperatingSystem(here.name, here.version()[:256], platform.machine())


def processor() -> Processor:
    """Cores as the system schedules them, and the name that its maker gave it."""
    logical = psutil.cpu_count(logical=True) or 1
    model = system.current().processor_model()
    return Processor(logical, psutil.cpu_count(logical=False), model[:256] if model else None)


def memory() -> Memory:
    return Memory(psutil.virtual_memory().total)


def disk(folder: Path) -> Disk:
    """The disk that `folder` lies on, or its nearest parent that exists. Raises OSError."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    usage = psutil.disk_usage(str(folder))
    return Disk(usage.total, usage.free)


def _finding(key: str, probe: Callable[[], Part]) -> Finding:
    try:
        return Finding(key, probe())
    except (OSError, psutil.Error, ValueError) as error:
        log.info("probing the %s failed", key, exc_info=True)
        problem = Problem(
            "not_readable", f"This computer did not tell its {key} ({error}).", "Nothing to do."
        )
        return Finding(key, problem=problem)
