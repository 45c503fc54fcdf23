"""When this computer rests: one pure function from the settings and the moment to a verdict.

Where several rules ask for a rest, the one that is told is the one that lasts longest as it is, so
that the reason seldom changes: the hours, then the battery, the connection, the use, the heat.
What is not known never makes it rest, but for one case: who shares only while nobody uses the
computer was promised not to be disturbed, so where that cannot be told it rests, and says how to
change it. A machine without a screen, where nobody can sit, is not such a case (see `senses`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from qubix_worker.guest.hours import Plan
from qubix_worker.guest.senses import Heat, Moment, Question
from qubix_worker.settings import Settings

COOLER_CELSIUS = 5
"""How far below the limit it must have cooled before it goes on, so that it does not flutter."""
SILENT_SECONDS = 180.0
"""How long what was too hot is taken to be so still while nothing tells of it: a sensor fails now
and then, and while another rule asks for a rest nobody asks about heat."""


@dataclass(frozen=True)
class Rest:
    """Why this computer rests now."""

    by: Literal["schedule", "use", "battery", "heat", "metered"]
    reason: str
    """A sentence for a person."""
    until: float | None = None
    """Seconds since the epoch, where that is known."""


@dataclass(frozen=True)
class Hot:
    """What was too hot and has not been known to have cooled since."""

    heat: Heat
    """As it was when it became too hot, so that the reason stays the same."""
    told_at: float
    """When it was last told to be hot; seconds on a clock that nobody sets."""


FIRST: frozenset[Question] = frozenset({"battery", "metered"})
"""What is asked before the rest: it costs least, and often the rest need not be asked."""


def questions(settings: Settings, local: datetime) -> frozenset[Question]:
    """What `verdict` needs to know of a moment, beyond the time that it is."""
    if not _plan(settings.hours).allows(local):
        return frozenset()
    asked: dict[Question, bool] = {
        "battery": not settings.on_battery,
        "metered": not settings.on_metered,
        "use": settings.only_when_idle,
        "heat": settings.stop_above_celsius > 0,
    }
    return frozenset(question for question, wanted in asked.items() if wanted)


def verdict(settings: Settings, moment: Moment, hot: tuple[Hot, ...] = ()) -> Rest | None:
    """Whether to rest at `moment`; None: share. `hot` is what `too_hot` says of the moment."""
    return first_verdict(settings, moment) or _by_use(settings, moment) or _by_heat(hot)


def too_hot(
    settings: Settings, heats: Iterable[Heat], uptime: float, before: tuple[Hot, ...]
) -> tuple[Hot, ...]:
    """What is too hot now; `before`: what was. It ends by a figure far enough below the limit, or
    after SILENT_SECONDS without any; a figure of something else says nothing of it."""
    limit = settings.stop_above_celsius
    if not limit:
        return ()
    told: dict[str, Heat] = {}
    for heat in heats:
        told[_key(heat)] = max(heat, told.get(_key(heat), heat), key=lambda one: one.celsius)
    found = []
    for hot in before:
        now = told.pop(_key(hot.heat), None)
        if now is None:
            if uptime - hot.told_at < SILENT_SECONDS:
                found.append(hot)
        elif now.celsius >= limit - COOLER_CELSIUS:
            # What it is called may change: a card that must not be named any more has no name.
            called = replace(hot.heat, what=now.what)
            found.append(Hot(called, uptime))
    fresh = sorted(told.values(), key=lambda heat: -heat.celsius)
    found += [Hot(heat, uptime) for heat in fresh if heat.celsius > limit]
    return tuple(found)


def first_verdict(settings: Settings, moment: Moment) -> Rest | None:
    """The verdict as far as the time and the answers to `FIRST` go. A rest stands, whatever the
    other answers are; so a laptop on battery has no card woken only to ask how hot it is."""
    return (
        _by_schedule(settings, moment)
        or _by_battery(settings, moment)
        or _by_metered(settings, moment)
    )


def next_change(settings: Settings, local: datetime) -> float | None:
    """When the plan of hours changes its mind next (seconds since the epoch)."""
    change = _plan(settings.hours).next_change(local)
    return change.timestamp() if change else None


def _by_schedule(settings: Settings, moment: Moment) -> Rest | None:
    if _plan(settings.hours).allows(moment.local):
        return None
    return Rest(
        "schedule",
        "Resting outside the hours in which this computer shares.",
        next_change(settings, moment.local),
    )


def _by_battery(settings: Settings, moment: Moment) -> Rest | None:
    if settings.on_battery or not moment.on_battery:
        return None
    return Rest("battery", "Resting while this computer runs on battery.")


def _by_metered(settings: Settings, moment: Moment) -> Rest | None:
    if settings.on_metered or not moment.metered:
        return None
    return Rest("metered", "Resting while the connection is one that is paid by use.")


def _by_use(settings: Settings, moment: Moment) -> Rest | None:
    if not settings.only_when_idle:
        return None
    if moment.idle_seconds is None:
        return Rest(
            "use",
            "Resting, since this computer does not tell whether somebody uses it. "
            "Sharing also while it is in use can be allowed in the settings.",
        )
    if moment.idle_seconds < settings.idle_minutes * 60:
        return Rest("use", "Resting while somebody uses this computer.")
    return None


def _key(heat: Heat) -> str:
    return heat.uuid or heat.what


def _by_heat(hot: tuple[Hot, ...]) -> Rest | None:
    """Names what has been too hot for longest."""
    if not hot:
        return None
    first = hot[0].heat
    return Rest(
        "heat",
        f"Resting until {first.what} has cooled down: it was at {first.celsius:.0f} \u00b0C.",
    )


@functools.lru_cache(maxsize=4)
def _plan(hours: tuple[str, ...]) -> Plan:
    return Plan.of(hours)
