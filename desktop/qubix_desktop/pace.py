"""How quick a download is, and how long all of it still takes: a time that does not jump.

No Qt in here, and no clock: whoever looks says when that was. A look is due every second or so,
also while nothing comes, since only that shows that nothing does.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from qubix_desktop.checklist import Checklist, Row

WINDOW_SECONDS = 8.0
"""The speed is that of so long a time: shorter, and it would flicker."""
STALLED_SECONDS = 8.0
"""A download that has brought nothing for so long stands still."""
LEAST_SECONDS = 1.0
"""In less than that no speed can be seen."""
EASE_SECONDS = 10.0
"""So long it takes, about, until what is shown has come to what is thought now."""
RISE_MOST = 5.0
"""Seconds that the time left may grow in a second."""
FALL_SHARE_MOST = 0.1
"""How much of itself it may lose in a second, beside that second."""

Sample = tuple[float, float]
"""When, and how many bytes were there by then."""


@dataclass(frozen=True)
class Pace:
    """What was seen up to the last look."""

    seconds_left: float | None = None
    """None where nobody can know: before the first look, and while a download stands still."""
    bytes_per_second: float | None = None
    stalled: bool = False
    _step: str = ""
    _samples: tuple[Sample, ...] = ()
    _grew_at: float = 0.0
    _looked_at: float | None = None
    _began_at: float | None = None

    def seen(self, now: float, state: Checklist) -> Pace:
        """After a look at `now`, in seconds of a clock that only goes forward."""
        row = state.running
        watched = self._watched(now, row)
        if watched.stalled:
            return dataclasses.replace(
                watched, seconds_left=None, _began_at=self._began_at, _looked_at=now
            )
        thought = _thought(state, watched.bytes_per_second)
        began_at = now if self._began_at is None else self._began_at
        before, looked_at = self.seconds_left, self._looked_at
        left = thought
        # At the very beginning, what is done already is passed over in no time.
        if before is not None and looked_at is not None and now - began_at >= LEAST_SECONDS:
            left = _eased(before, thought, now - looked_at)
        return dataclasses.replace(watched, seconds_left=left, _looked_at=now, _began_at=began_at)

    def _watched(self, now: float, row: Row | None) -> Pace:
        if row is None or row.unit != "bytes" or row.done is None:
            return Pace(self.seconds_left)
        samples, grew_at = self._samples, self._grew_at
        begins = row.key != self._step or not samples or row.done < samples[-1][1]
        grows = begins or row.done > samples[-1][1]
        if begins or (grows and self.stalled):
            samples = ()  # what was before the standstill says nothing of the speed now
        samples = (*(one for one in samples if now - one[0] <= WINDOW_SECONDS), (now, row.done))
        grew_at = now if grows else grew_at
        seconds = now - samples[0][0]
        return Pace(
            self.seconds_left,
            (row.done - samples[0][1]) / seconds if seconds >= LEAST_SECONDS else None,
            now - grew_at >= STALLED_SECONDS,
            row.key,
            samples,
            grew_at,
        )


def _thought(state: Checklist, bytes_per_second: float | None) -> float:
    """By the steps' usual length, and, for what is being fetched, by how fast it comes."""
    row = state.running
    if row is None or row.done is None or not row.total or not bytes_per_second:
        return state.seconds_left
    usual = (1 - row.fraction) * row.weight_seconds
    return state.seconds_left - usual + max(0.0, row.total - row.done) / bytes_per_second


def _eased(shown: float, thought: float, seconds: float) -> float:
    """A little nearer to what is thought now; where both agree it goes as the clock does."""
    expected = shown - seconds
    left = expected + (thought - expected) * (1 - math.exp(-seconds / EASE_SECONDS))
    most, least = shown + RISE_MOST * seconds, expected - FALL_SHARE_MOST * shown * seconds
    return max(0.0, min(max(left, least), most))
