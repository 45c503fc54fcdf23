"""A probe of graphics cards, and how a question is put to something that may never answer.

A driver that hangs takes the thread with it that asked. So each question runs in a thread of its
own, which nobody waits for longer than a limit; and while one hangs, it is not asked again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from qubix_worker.errors import Problem, QubixError
from qubix_worker.protocol import GraphicsCard, GraphicsUsage

PROBE_SECONDS = 3.3
"""A little more than a tool's limit, so that it is the tool that is given up, not the probe."""

T = TypeVar("T")


GRAPHICS_SILENT = Problem(
    "graphics_silent",
    "This computer did not tell in time which graphics cards it has.",
    "Try again; if it lasts, restart this computer.",
)
_SILENT = Problem("probe_silent", "This computer did not tell this in time.", "Try again.")


class ProbeError(QubixError):
    """A driver or its tool is there, but did not tell."""


class SilentError(ProbeError):
    """There was no answer in time."""

    def __init__(self, silence: Problem) -> None:
        super().__init__(silence.code, silence.happened, silence.todo)


class GraphicsProbe(Protocol):
    """One way to learn of graphics cards. Either may raise ProbeError, and may take its time."""

    @property
    def name(self) -> str: ...

    @property
    def knows(self) -> frozenset[str]:
        """The vendors whose cards this probe tells of; none where it tells of every vendor's."""
        ...

    @property
    def fresh_seconds(self) -> float:
        """How long a usage is as good as new: longer where a process must be started for it."""
        ...

    @property
    def silence(self) -> Problem:
        """What is said to a person where it does not answer in time."""
        ...

    def cards(self) -> tuple[GraphicsCard, ...]: ...

    def usage(self) -> tuple[GraphicsUsage, ...]: ...


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What became of a question: a value, or what went wrong."""

    name: str
    value: T | None = None
    error: Exception | None = None


class Asker(Generic[T]):
    """Puts one question, again and again, to something that may hang.

    There is one thread at most: who asks while an answer is on its way gets that one.
    """

    def __init__(
        self,
        name: str,
        question: Callable[[], T],
        clock: Callable[[], float] = time.monotonic,
        silence: Problem = _SILENT,
    ) -> None:
        self.name = name
        self.silence = silence
        self._question = question
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_at = 0.0
        self._listeners: list[Callable[[Answer[T]], None]] | None = None
        """Who waits for the answer; None where nothing has been asked."""

    def ask(self, answer: Callable[[Answer[T]], None]) -> bool:
        """Answers from another thread; False where it hangs, and no answer is to be expected."""
        with self._lock:
            if self._listeners is not None:
                if self._clock() - self._asked_at > PROBE_SECONDS:
                    return False
                self._listeners.append(answer)
                return True
            self._listeners, self._asked_at = [answer], self._clock()
        threading.Thread(target=self._ask, name=f"probe {self.name}", daemon=True).start()
        return True

    def silent(self) -> Answer[T]:
        """What takes the place of an answer that did not come in time."""
        return Answer(self.name, error=SilentError(self.silence))

    def _ask(self) -> None:
        try:
            told: Answer[T] = Answer(self.name, value=self._question())
        except Exception as error:  # noqa: BLE001 - the thread's edge; whoever asked logs it
            told = Answer(self.name, error=error)
        with self._lock:
            listeners, self._listeners = self._listeners or [], None
        for listener in listeners:
            listener(told)
