"""All probes of this computer, side by side, each by itself: one that fails or hangs costs its own
figures and no more, and no more than PROBE_SECONDS."""

from __future__ import annotations

import contextlib
import functools
import logging
import platform
import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

from qubix_worker import system
from qubix_worker.errors import Problem, QubixError
from qubix_worker.hardware import graphics, machine, processors
from qubix_worker.hardware import place as places
from qubix_worker.hardware.place import Place
from qubix_worker.hardware.probe import PROBE_SECONDS, Answer, Asker, GraphicsProbe
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
Cards = tuple[GraphicsCard, ...]
T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """One thing as it is known. `key` is `processor`, `memory`, `disk`, `graphics:0`, ...

    Either `value` or `problem` is set.
    """

    key: str
    value: Part | None = None
    problem: Problem | None = None


class Detector:
    """The probes of one computer. Kept as long as the program runs, so that a probe that hangs is
    not asked once more for every detection."""

    def __init__(
        self,
        place: Place,
        seconds: float = PROBE_SECONDS,
        probes: tuple[GraphicsProbe, ...] | None = None,
    ) -> None:
        self._seconds = seconds
        self._probes = graphics.probes(place) if probes is None else probes
        self._cards: list[Asker[Cards]] = [
            Asker(probe.name, probe.cards, silence=probe.silence) for probe in self._probes
        ]
        self._processor = Asker("processor", lambda: processors.processor(place))
        self._memory = Asker("memory", lambda: machine.memory(place))
        self._inside = Asker("kind of machine", lambda: _inside(place))
        self._disks: dict[Path, Asker[Disk]] = {}

    def detect(self, folder: Path) -> Hardware:
        """Everything, all at once. What cannot be read is left out."""
        return self.look(folder)[0]

    def look(self, folder: Path) -> tuple[Hardware, bool]:
        """The same; and whether every probe of cards has answered, so that one that is not there
        is gone."""
        until = time.monotonic() + self._seconds
        answers: queue.SimpleQueue[Answer[tuple[str | None, str | None]]] = queue.SimpleQueue()
        asked = self._inside.ask(answers.put)
        findings = list(self.find(folder))
        values = [finding.value for finding in findings if finding.value]
        machine_kind = container = None
        if asked:
            with contextlib.suppress(queue.Empty):
                told = answers.get(timeout=max(0.0, until - time.monotonic()))
                machine_kind, container = told.value or (None, None)
        cards = [value for value in values if isinstance(value, GraphicsCard)]
        hardware = Hardware(
            os=operating_system(),
            processor=_one(Processor, values) or Processor(psutil.cpu_count(logical=True) or 1),
            memory=_one(Memory, values),
            disk=_one(Disk, values),
            graphics_cards=graphics.merge([cards]),
            virtual_machine=machine_kind,
            container=container,
        )
        silent = [finding.key for finding in findings if finding.problem]
        return hardware, not any(key.startswith("graphics:") for key in silent)

    def find(self, folder: Path) -> Iterator[Finding]:
        """Each thing as soon as it is known. `folder` tells which disk: the one it lies on."""
        disk_of = self._disks.setdefault(folder, Asker("disk", lambda: disk(folder)))
        parts: tuple[Asker[Any], ...] = (self._processor, self._memory, disk_of)
        answers: queue.SimpleQueue[Answer[Any]] = queue.SimpleQueue()
        waiting = {asker.name: asker for asker in (*parts, *self._cards)}
        for asker in waiting.values():
            if not asker.ask(answers.put):
                answers.put(asker.silent())
        table = _Table(self._probes)
        until = time.monotonic() + self._seconds
        while waiting:
            try:
                answer = answers.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                answer = next(iter(waiting.values())).silent()
            if waiting.pop(answer.name, None) is None:
                continue
            if answer.name in (asker.name for asker in parts):
                yield _finding(answer)
            else:
                yield from table.take(answer)


@dataclass
class _Table:
    """The cards as the probes' answers come in; hands out each card once it will not change."""

    probes: tuple[GraphicsProbe, ...]
    told: dict[str, Cards] = field(default_factory=dict)
    given: list[GraphicsCard] = field(default_factory=list)
    problems: int = 0

    def take(self, answer: Answer[Cards]) -> Iterator[Finding]:
        if answer.error is not None:
            yield self._failed(answer)
        self.told[answer.name] = answer.value or ()
        waiting = [probe for probe in self.probes if probe.name not in self.told]
        free = list(self.given)
        for card in graphics.merge([self.told.get(probe.name, ()) for probe in self.probes]):
            known = next((other for other in free if graphics.same(other, card)), None)
            if known is not None:
                free.remove(known)
            elif not graphics.held_back(card, waiting):
                finding = Finding(self._key(), card)
                self.given.append(card)
                yield finding

    def _failed(self, answer: Answer[Cards]) -> Finding:
        log.info("the graphics cards could not be read", exc_info=answer.error)
        key = self._key()
        self.problems += 1
        if isinstance(answer.error, QubixError):
            return Finding(key, problem=answer.error.problem)
        return Finding(
            key,
            problem=Problem(
                "not_readable",
                f"What {answer.name} told could not be understood.",
                "Nothing to do.",
            ),
        )

    def _key(self) -> str:
        return f"graphics:{len(self.given) + self.problems}"


def find(folder: Path | None = None) -> Iterator[Finding]:
    """What this computer has, each thing as soon as it is known.

    `folder` tells which disk: the one it lies on (default: the home folder's).
    """
    return _here().find(folder or Path.home())


def detect(
    folder: Path | None = None, *, place: Place | None = None, seconds: float = PROBE_SECONDS
) -> Hardware:
    """What this computer has, all at once. What cannot be read is left out.

    `place` and `seconds` are for another computer than this one, in a test.
    """
    detector = Detector(place, seconds) if place else _here()
    return detector.detect(folder or Path.home())


def look() -> tuple[Hardware, bool]:
    """What this computer has, and whether every probe of cards has answered."""
    return _here().look(Path.home())


def operating_system() -> OperatingSystem:
    here = system.current()
    return OperatingSystem(here.name, here.version()[:256], platform.machine())


def disk(folder: Path) -> Disk:
    """The disk that `folder` lies on, or its nearest parent that exists. Raises OSError."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    usage = psutil.disk_usage(str(folder))
    return Disk(usage.total, usage.free)


@functools.cache
def _here() -> Detector:
    return Detector(places.here(), probes=graphics.here())


def _inside(place: Place) -> tuple[str | None, str | None]:
    """The virtual machine and the container that this program runs in."""
    return machine.virtual_machine(place), machine.container(place)


def _one(kind: type[T], values: list[Part]) -> T | None:
    return next((value for value in values if isinstance(value, kind)), None)


def _finding(answer: Answer[Any]) -> Finding:
    if answer.error is None:
        return Finding(answer.name, answer.value)
    log.info("probing the %s failed", answer.name, exc_info=answer.error)
    if isinstance(answer.error, QubixError):
        return Finding(answer.name, problem=answer.error.problem)
    return Finding(
        answer.name,
        problem=Problem(
            "not_readable",
            f"This computer did not tell its {answer.name} ({answer.error}).",
            "Nothing to do.",
        ),
    )
