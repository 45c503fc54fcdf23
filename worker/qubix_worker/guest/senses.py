"""What the rules are told of a moment, and only what they ask for.

Every sense can fail by itself: then its answer is None, as where a system does not tell, and the
log has it once, not at every look. How each system tells is in `system/senses_*.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol

from qubix_worker.system.senses import Body

log = logging.getLogger(__name__)

Question = Literal["battery", "metered", "use", "heat"]


@dataclass(frozen=True)
class Heat:
    what: str
    """As it stands in a sentence, such as `the processor`."""
    celsius: float
    uuid: str | None = None
    """A card's, to tell it from its twin."""


@dataclass(frozen=True)
class Moment:
    """What is None was not asked for, or is not known."""

    local: datetime
    """The time on this computer's clock on the wall."""
    on_battery: bool | None = None
    metered: bool | None = None
    """Whether the connection is paid by what is sent."""
    idle_seconds: float | None = None
    """Since somebody touched this computer last; infinite where nobody can be at it."""
    heats: tuple[Heat, ...] = ()


class Temperature(Protocol):
    """One of `hardware.temperatures()`."""

    @property
    def name(self) -> str:
        """Empty for a card that must not be told of."""
        ...

    @property
    def celsius(self) -> float: ...
    @property
    def uuid(self) -> str | None: ...


class Senses:
    """Asks this computer; to be used by one thread only. `temperatures` are those that count: not
    of cards that are left out."""

    def __init__(self, body: Body, temperatures: Callable[[], Iterable[Temperature]]) -> None:
        self._body = body
        self._temperatures = temperatures
        self._failed: set[Question] = set()

    def learn(self, moment: Moment, asked: Collection[Question]) -> Moment:
        """`moment`, with the answers to what is asked."""
        ways: dict[Question, tuple[str, Callable[[], Any]]] = {
            "battery": ("on_battery", self._body.on_battery),
            "metered": ("metered", self._body.metered),
            "use": ("idle_seconds", self._body.idle_seconds),
            "heat": ("heats", self._heats),
        }
        answers = {
            name: self._ask(question, sense)
            for question, (name, sense) in ways.items()
            if question in asked
        }
        known = {name: answer for name, answer in answers.items() if answer is not None}
        return replace(moment, **known)

    def close(self) -> None:
        self._body.close()

    def _heats(self) -> tuple[Heat, ...]:
        told = self._temperatures()
        return tuple(Heat(_in_a_sentence(one.name), one.celsius, one.uuid) for one in told)

    def _ask(self, question: Question, sense: Callable[[], Any]) -> Any:
        try:
            answer = sense()
        except Exception:  # a sense's edge: whatever fails in there, the others still tell
            if question not in self._failed:
                self._failed.add(question)
                log.warning("asking about %s failed", question, exc_info=True)
            return None
        if answer is not None:
            self._failed.discard(question)
        return answer


def _in_a_sentence(name: str) -> str:
    if name == "processor":
        return "the processor"
    return f"the graphics card {name}" if name else "this computer"
