"""The thread that looks now and then whether this computer should rest, and tells when it changes.

It has no wake-ups but its own timer. A look asks only what the settings need; see `rules`. Between
looks it glances at two clocks: they part where the computer has slept or its clock was set, and
then it looks at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from qubix_worker.clocks import GLANCE_SECONDS, Clocks
from qubix_worker.guest import rules
from qubix_worker.guest.awake import Awake
from qubix_worker.guest.rules import Hot, Rest
from qubix_worker.guest.senses import Moment, Question, Senses
from qubix_worker.settings import Settings
from qubix_worker.system.senses import Body

log = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
"""Between looks while something can change that the rules hang on."""

QUICK_SECONDS = 5.0
"""Between looks while a job is at work that must give way as soon as somebody is back."""

CALM_SECONDS = 60.0
"""Between looks while only the time can change the verdict: clocks and time zones jump."""


@dataclass(frozen=True)
class Rested:
    """The verdict, at the first look and whenever it has changed. None: share."""

    rest: Rest | None


class Watch:
    """Looks until `stop`. `settings` gives those that hold now; `post` takes each new verdict,
    on the thread of the watch."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        post: Callable[[Rested], None],
        senses: Senses,
        body: Body,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        local: Callable[[float], datetime] | None = None,
        glance_seconds: float = GLANCE_SECONDS,
    ) -> None:
        self._settings = settings
        self._post = post
        self._senses = senses
        self._awake = Awake(body)
        self._now = now
        self._monotonic = monotonic
        self._local = local or _local
        self._clocks = Clocks(now, monotonic)
        self._glance = glance_seconds
        self._told: Rested | None = None
        self._hot: tuple[Hot, ...] = ()
        self._at_work = False
        self._job_looked_at = -LOOK_SECONDS
        self._stopping = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guest", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, and lets the computer sleep."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def look_again(self) -> None:
        """The settings have changed; safe from any thread."""
        self._wake.set()

    def jobs_at_work(self, at_work: bool) -> None:
        """Whether a job is at work that the computer should stay awake for, where its owner
        wants that; safe from any thread."""
        self._at_work = at_work
        # A thousand short jobs must not become a thousand looks; and the end of a job can wait for
        # the next one, since often another job begins at once.
        at = self._monotonic()
        if at_work and self._settings().keep_awake and at - self._job_looked_at >= LOOK_SECONDS:
            self._job_looked_at = at
            self._wake.set()

    def look(self) -> float:
        """One look; returns the seconds until the next one is due."""
        settings, at = self._settings(), self._now()
        local = self._local(at)
        asked = rules.questions(settings, local)
        awake = self._at_work and settings.keep_awake
        first = rules.FIRST & (asked | ({"battery"} if awake else set()))
        moment = self._senses.learn(Moment(local), first)
        if rules.first_verdict(settings, moment) is None:
            moment = self._senses.learn(moment, asked - rules.FIRST)
        self._hot = rules.too_hot(settings, moment.heats, self._monotonic(), self._hot)
        rest = rules.verdict(settings, moment, self._hot)
        if self._told != Rested(rest):
            log.info("%s", rest.reason if rest else "no rule asks for a rest")
            self._told = Rested(rest)
            self._post(self._told)
        self._awake.keep(awake and rest is None and not moment.on_battery)
        delay = _seconds_to_next(settings, asked, moment, rest, at)
        gives_way = self._at_work and rest is None and "use" in asked
        return min(delay, QUICK_SECONDS) if gives_way else delay

    def _run(self) -> None:
        try:
            while not self._stopping:
                try:
                    delay = self.look()
                except Exception:  # the thread's edge: it must go on looking
                    log.exception("a look failed unexpectedly")
                    delay = LOOK_SECONDS
                self._wait(delay)
        finally:
            self._awake.keep(False)
            self._senses.close()

    def _wait(self, seconds: float) -> None:
        """Until it is time, or somebody asks, or the clocks part."""
        due = self._monotonic() + seconds
        while (left := due - self._monotonic()) > 0:
            if self._wake.wait(min(left, self._glance)):
                break
            if self._clocks.passed().jumped:
                log.info("the clock has jumped or this computer has slept; looking at once")
                break
        self._wake.clear()


def _seconds_to_next(
    settings: Settings, asked: frozenset[Question], moment: Moment, rest: Rest | None, at: float
) -> float:
    change = rules.next_change(settings, moment.local)
    to_change = max(1.0, change - at) if change is not None else CALM_SECONDS
    if not asked:
        return min(to_change, CALM_SECONDS)
    if rest and rest.by == "use" and moment.idle_seconds is not None:
        # It cannot have been left alone for long enough before that.
        left = settings.idle_minutes * 60 - moment.idle_seconds
        return min(max(left, LOOK_SECONDS), to_change, CALM_SECONDS)
    return min(to_change, LOOK_SECONDS)


def _local(at: float) -> datetime:
    """On the clock on the wall, also after a journey to another time zone."""
    if hasattr(time, "tzset"):  # the C library keeps the zone that it has read first (tzset(3))
        time.tzset()
    return datetime.fromtimestamp(at)
