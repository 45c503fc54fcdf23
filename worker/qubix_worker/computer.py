"""What this computer has and which kinds of jobs it can run, as far as that is known by now.

To find out takes seconds, and a driver or an engine for containers may hang: it is done on a thread
of its own, which posts what is `Known`. Everything else belongs to the thread that owns the
worker's state; others are handed what is frozen.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from qubix_worker import kinds
from qubix_worker.allowance import Machine
from qubix_worker.hardware.detect import look
from qubix_worker.protocol import Hardware

log = logging.getLogger(__name__)

FIND_OUT_SECONDS = 600.0
"""How often it is asked anew what this computer has: a card may come and go with its cable, and an
engine for containers begin after the worker."""
UNSURE_SECONDS = 60.0
"""How soon, where a probe was silent, or something was gone that may have been only silent."""


@dataclass(frozen=True)
class Known:
    """What takes a while to find out: what there is to give, and the kinds of jobs."""

    hardware: Hardware | None
    """None where it could not be found out."""
    kinds: tuple[str, ...]
    sure: bool = True
    """Every probe of cards has answered: one that is not there is gone."""


def look_at_computer() -> Known:
    """May take some seconds."""
    try:
        hardware, sure = look()
    except Exception:  # a probe that no kind of failure was foreseen for: the worker works on
        log.exception("what this computer has could not be found out")
        hardware, sure = None, False
    return Known(hardware, kinds.available(), sure)


class Computer:
    """This computer. `post` takes what was found out, to be handed to `take_in`."""

    def __init__(
        self,
        post: Callable[[Known], None],
        look_at_computer: Callable[[], Known] = look_at_computer,
        find_out_seconds: float = FIND_OUT_SECONDS,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.machine = Machine(psutil.cpu_count() or 1, psutil.virtual_memory().total)
        self.hardware: Hardware | None = None
        self.kinds: tuple[str, ...] | None = None
        """None until it is known what it could do with a job."""
        self._post = post
        self._look = look_at_computer
        self._seconds = find_out_seconds
        self._monotonic = monotonic
        self._again_in = min(UNSURE_SECONDS, find_out_seconds)
        self._asked_at = 0.0
        self._looked_for: frozenset[str] = frozenset()

    def find_out(self) -> None:
        """Begins to, and returns at once."""
        self._asked_at = self._monotonic()
        threading.Thread(target=self._find_out, name="find-out", daemon=True).start()

    def find_out_if_due(self, unknown_cards: frozenset[str] = frozenset()) -> bool:
        """Whether it was: a card that no look has found yet is looked for at once, and only once
        as long as it is there."""
        new = unknown_cards - self._looked_for
        self._looked_for = unknown_cards
        due = bool(new) or self._monotonic() - self._asked_at >= self._again_in
        if due:
            self.find_out()
        return due

    def take_in(self, known: Known) -> bool:
        """Whether there is anything new in it."""
        hardware = self.hardware
        if known.hardware and (known.sure or not hardware):
            hardware = _with_what_was_known(known.hardware, hardware)
        lost = set(self.kinds or ()) - set(known.kinds)
        self._again_in = UNSURE_SECONDS if lost or not known.sure else self._seconds
        if hardware and is_same(self.hardware, hardware) and self.kinds == known.kinds:
            return False
        log.info(
            "it can run jobs of the kinds: %s; graphics cards: %s",
            ", ".join(known.kinds) or "none",
            ", ".join(card.name for card in (hardware.graphics_cards if hardware else ()))
            or "none",
        )
        self.hardware, self.kinds = hardware, known.kinds
        if hardware:
            told = Machine.of(hardware)
            memory = told.memory_bytes or self.machine.memory_bytes
            self.machine = dataclasses.replace(told, memory_bytes=memory)
        return True

    def _find_out(self) -> None:
        try:
            self._post(self._look())
        except Exception:  # the edge of a thread: it is asked again in a while
            log.exception("what this computer can run could not be found out")


def _with_what_was_known(now: Hardware, before: Hardware | None) -> Hardware:
    """`now`, with what cannot vanish but did not tell."""
    if before is None:
        return now
    return dataclasses.replace(
        now,
        processor=now.processor if now.processor.model else before.processor,
        memory=now.memory or before.memory,
        disk=now.disk or before.disk,
    )


def is_same(one: Hardware | None, other: Hardware) -> bool:
    """How much of the disk is free changes all the time, and is no news."""
    return one is not None and dataclasses.replace(one, disk=other.disk) == other
