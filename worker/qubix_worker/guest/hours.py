"""A weekly plan of hours: `mon-fri 20:00-07:00`, `sat,sun`, `22:00-06:00`.

A span whose end is not after its beginning reaches into the next day, and belongs to the day on
which it begins. Times are this computer's own, as its clock on the wall shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
SPANS_MOST = 64

_TIME = r"(\d{1,2}):(\d{2})"
_LINE = re.compile(rf"(?P<days>[a-z][a-z,\- ]*?)?\s*(?P<span>{_TIME}\s*-\s*{_TIME})?", re.ASCII)


@dataclass(frozen=True)
class Plan:
    """Spans of minutes since Monday 00:00, each `(begin, end)` with `end` up to a day beyond the
    week's own. No span at all: every hour is a time to share."""

    spans: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, lines: Iterable[str]) -> Plan:
        """The plan that `lines` describe. Raises ValueError, which names the line."""
        spans: list[tuple[int, int]] = []
        for line in lines:
            spans += _spans(line)
            if len(spans) > SPANS_MOST * len(DAYS):
                raise ValueError(f"hours must have at most {SPANS_MOST} lines")
        return cls(tuple(sorted(spans)))

    def allows(self, moment: datetime) -> bool:
        """Whether `moment`, in local time, is a time to share."""
        return not self.spans or any(self._inside(_minute(moment)))

    def next_change(self, moment: datetime) -> datetime | None:
        """When that changes next after `moment`; None where it never does."""
        allowed = self.allows(moment)
        then = self._next_on_the_wall(moment, allowed)
        if then is None:
            return None
        for shown in (then, then.replace(fold=1)):
            if _offset(shown) == _offset(moment) and _is_real(shown):
                return shown
        # The clock on the wall is set meanwhile (summer time): it may skip the edge, or show an
        # hour twice. Up to there the plan changes nothing; from there on it is asked anew.
        at = _clock_set(moment, then)
        return at if self.allows(at) != allowed else self.next_change(at)

    def _next_on_the_wall(self, moment: datetime, allowed: bool) -> datetime | None:
        """As if no clock were ever set."""
        from datetime import timedelta  # noqa: PLC0415 - settings are read without a time

        at = moment.replace(second=0, microsecond=0, fold=0)
        edges = {edge % WEEK_MINUTES for span in self.spans for edge in span}
        begun = _minute(at)
        for wait in sorted((edge - begun - 1) % WEEK_MINUTES + 1 for edge in edges):
            then = at + timedelta(minutes=wait)
            if self.allows(then) != allowed:
                return then
        return None

    def _inside(self, minute: int) -> Iterable[bool]:
        for begin, end in self.spans:
            yield begin <= minute < end or begin <= minute + WEEK_MINUTES < end


def _offset(moment: datetime) -> timedelta | None:
    """From UTC; a moment without a zone is in this computer's own."""
    return moment.utcoffset() if moment.tzinfo else moment.astimezone().utcoffset()


def _is_real(moment: datetime) -> bool:
    """Whether the clock on the wall ever shows it."""
    shown = moment.fromtimestamp(moment.timestamp(), moment.tzinfo)
    return shown.replace(fold=0) == moment.replace(fold=0)


def _clock_set(before: datetime, after: datetime) -> datetime:
    """The first minute between the two that is not in the offset of `before`."""
    first, last = int(before.timestamp() // 60), int(after.timestamp() // 60)
    while last - first > 1:
        middle = (first + last) // 2
        if _offset(before.fromtimestamp(middle * 60, before.tzinfo)) == _offset(before):
            first = middle
        else:
            last = middle
    return before.fromtimestamp(last * 60, before.tzinfo)


def _minute(moment: datetime) -> int:
    return moment.weekday() * DAY_MINUTES + moment.hour * 60 + moment.minute


def _spans(line: str) -> list[tuple[int, int]]:
    found = _LINE.fullmatch(line.strip().lower())
    if not found or not (found["days"] or found["span"]):
        raise ValueError(f"hours: {line!r} is not such as 'mon-fri 20:00-07:00' or 'sat,sun'")
    days = _days(found["days"] or "mon-sun", line)
    if not found["span"]:
        return [(day * DAY_MINUTES, (day + 1) * DAY_MINUTES) for day in days]
    begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups()[2:])
    begin, end = begin_hour * 60 + begin_minute, end_hour * 60 + end_minute
    if max(begin_minute, end_minute) > 59 or begin >= DAY_MINUTES or end > DAY_MINUTES:
        raise ValueError(f"hours: {line!r} has a time that no clock shows")
    if begin == end:
        raise ValueError(f"hours: {line!r} begins and ends at the same time")
    if end < begin:
        end += DAY_MINUTES
    return [(day * DAY_MINUTES + begin, day * DAY_MINUTES + end) for day in days]


def _days(text: str, line: str) -> list[int]:
    days: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"hours: {line!r} names a day that is none of {', '.join(DAYS)}")
        begin = DAYS.index(first)
        count = (DAYS.index(last) - begin) % 7 + 1 if last else 1
        days |= {(begin + step) % 7 for step in range(count)}
    return sorted(days)
