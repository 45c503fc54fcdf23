"""What a heartbeat tells of the worker: a pure function of what is so at one moment.

Heartbeats are made on the link's two threads, never on the one that owns the worker's state: hence
`Facts`, which holds nothing but values that nobody changes.
"""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from qubix_worker import __version__, amalgamation
from qubix_worker.allowance import LeftOut, Share
from qubix_worker.computer import is_same
from qubix_worker.protocol import Hardware, Heartbeat, Usage, WorkerState
from qubix_worker.status import Status
from qubix_worker.usage import Sampler, with_cards


@dataclass(frozen=True)
class Facts:
    """The worker at one moment."""

    status: Status
    unsent: frozenset[str]
    """The jobs whose results are still on their way."""
    free_slots: int
    share: Share
    stopping: bool = False


class Reporter:
    """Makes the heartbeats of one run of the worker; safe to call from several threads."""

    def __init__(self, facts: Callable[[], Facts], sampler: Sampler) -> None:
        self._facts = facts
        self._sampler = sampler
        self._session = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._made = 0
        self._unheard: dict[str, int] = {}
        """The jobs that the server may not know to be here, with the last report that was made
        before each of them began."""
        self._returned: set[str] = set()
        """Those of them that were given back. They are named until the server has heard of them:
        for the server they have not begun else, and would come here again and again."""
        self._unknown: frozenset[str] = frozenset()
        self._told: Hardware | None = None
        """What the server knows of the computer; None where that is not known."""
        self._told_in = 0
        """The last report that told it."""
        self._called: str | None = None
        """As what the server knows the computer; None where that is not known."""
        self._called_in = 0

    def report(self) -> Heartbeat:
        """The heartbeat that fits the state now. One with a higher number is never older."""
        usage = self._sampler.sample()  # takes its time: what is told beside it must not be old
        with self._lock:
            self._made += 1
            facts = self._facts()
            self._unknown = _unknown(facts, usage)
            report = heartbeat(
                facts,
                usage,
                session=self._session,
                number=self._made,
                told=self._told,
                called=self._called,
                returned=frozenset(self._returned),
            )
            if report.hardware:  # which may get lost
                self._told, self._told_in = None, self._made
            if report.name:
                self._called, self._called_in = None, self._made
            return report

    def acknowledged(self, report: Heartbeat) -> bool:
        """The server has it, or a later one; whether there is more to tell because of that.

        Of two heartbeats the one that was made later holds, whichever way each of them went: so
        hardware, and a name, is told until the last that told it is acknowledged. A job is in all
        of them from its beginning to its end: any of them will do.
        """
        with self._lock:
            if report.hardware and report.report == self._told_in:
                self._told = report.hardware
            if report.name and report.report == self._called_in:
                self._called = report.name
            for job_id in report.current_jobs or ():
                if self._unheard.get(job_id, math.inf) < (report.report or 0):
                    del self._unheard[job_id]
            heard = self._returned - self._unheard.keys()
            self._returned -= heard
            return bool(heard)

    def unknown_cards(self) -> frozenset[str]:
        """The cards, as a sensor calls them, that are in use but were not found: new ones."""
        with self._lock:
            return self._unknown

    def began(self, job_id: str) -> None:
        """That job is about to be in the facts."""
        with self._lock:
            self._unheard[job_id] = self._made
            self._returned.discard(job_id)

    def ended(self, job_id: str, *, given_back: bool) -> None:
        """That job is about to be in no more facts."""
        with self._lock:
            if given_back and job_id in self._unheard:
                self._returned.add(job_id)
            else:
                self._unheard.pop(job_id, None)


def heartbeat(
    facts: Facts,
    usage: Usage,
    *,
    session: str,
    number: int,
    told: Hardware | None = None,
    called: str | None = None,
    returned: frozenset[str] = frozenset(),
) -> Heartbeat:
    """Nothing of the cards that are left out is in it. `told`: what the server knows of the
    computer. `called`: as what it knows it. `returned`: jobs that it is to hear of although they
    are not here any more."""
    status, shared = facts.status, facts.share.hardware
    state = _state(facts)
    # While stopping, a job that was at work is given back by not naming it any more.
    at_work = [] if facts.stopping else [job.id for job in status.jobs]
    if facts.stopping:
        returned = frozenset()
    held = (*at_work, *sorted((facts.unsent | returned) - set(at_work)))
    return Heartbeat(
        state,
        _shared(usage, facts.share.left_out),
        held[0] if held else None,
        __version__,
        amalgamation.sha256() or None,
        current_jobs=held,
        free_slots=facts.free_slots,
        pause_reason=status.pause_reason if state == "paused" else None,
        capabilities=facts.share.kinds,
        session=session,
        report=number,
        hardware=None if shared is None or is_same(told, shared) else shared,
        name=None if status.name == called else status.name or None,
    )


def _state(facts: Facts) -> WorkerState:
    if facts.stopping:
        return "offline"
    if facts.status.paused_by:
        return "paused"
    return "busy" if facts.status.jobs or facts.unsent or not facts.free_slots else "online"


def _shared(usage: Usage, out: LeftOut) -> Usage:
    return with_cards(
        usage, tuple(card for card in usage.gpus if out.lets_tell(card.uuid, card.name))
    )


def _unknown(facts: Facts, usage: Usage) -> frozenset[str]:
    if facts.share.hardware is None:
        return frozenset()  # that is being found out
    return frozenset((card.uuid or card.name).lower() for card in usage.gpus) - facts.share.seen
