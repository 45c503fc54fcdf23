"""Hours to share as a person edits them: some days, from a time to another; lines of the settings
are made of that, and read back.

No Qt in here.
"""

from __future__ import annotations

from dataclasses import dataclass

from qubix_worker.guest.hours import DAY_MINUTES, DAYS, Plan

EVERY_DAY = frozenset(range(len(DAYS)))
"""0 is Monday."""


@dataclass(frozen=True)
class Span:
    """On `days`, from `begin` to `end`, in minutes of a day. An end that is not after the begin is
    on the next day; where both are the same, it is the whole day."""

    days: frozenset[int] = EVERY_DAY
    begin: int = 20 * 60
    end: int = 7 * 60

    @property
    def line(self) -> str:
        """As it stands in the settings."""
        if not self.days:
            raise ValueError("hours without a day")
        if self.begin == self.end:
            return _days(self.days)
        clock = f"{_clock(self.begin)}-{_clock(self.end)}"
        return clock if self.days == EVERY_DAY else f"{_days(self.days)} {clock}"


def spans(lines: tuple[str, ...]) -> tuple[Span, ...]:
    """What the lines of the settings say. Raises ValueError for one that is none."""
    found = []
    for line in lines:
        parts = Plan.of([line]).spans
        days = frozenset(begin // DAY_MINUTES for begin, _ in parts)
        begin, end = (edge % DAY_MINUTES for edge in parts[0])
        found.append(Span(days, begin, end))
    return tuple(found)


def lines(chosen: tuple[Span, ...]) -> tuple[str, ...]:
    return tuple(span.line for span in chosen)


def _days(days: frozenset[int]) -> str:
    """`mon-fri`, `sat,sun`, `mon,wed,fri-sun`."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        f"{DAYS[run[0]]}-{DAYS[run[-1]]}" if len(run) > 2 else ",".join(DAYS[d] for d in run)
        for run in runs
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
