"""Plays ten thousand workers that lose their server at one moment, and draws how they come back.

    python tools/reconnecting.py          writes docs/reconnecting.svg and prints the figures

It uses the worker's own Backoff with seeded draws, so the same sources give the same picture.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from qubix_worker.backoff import Backoff
from qubix_worker.link import lost_spread

WORKERS = 10_000
INTERVAL_SECONDS = 30
RETRY_AFTER_SECONDS = 5.0

DOCS = Path(__file__).resolve().parent.parent / "docs"


@dataclass(frozen=True)
class Outage:
    """A server that is away from 0 to `away_seconds`, and then takes so many a second; the rest
    are sent away with 503 and Retry-After."""

    away_seconds: float
    takes_per_second: int
    title: str


@dataclass(frozen=True)
class Course:
    """What happened, by the second."""

    outage: Outage
    tries: Counter[int]
    returns: Counter[int]

    @property
    def peak(self) -> int:
        """The most tries in one second once the server is there again."""
        there = int(self.outage.away_seconds)
        return max(count for second, count in self.tries.items() if second >= there)

    @property
    def last(self) -> int:
        """The second in which the last worker is back."""
        return max(self.returns)

    @property
    def half(self) -> int:
        """The second by which half are back."""
        back = 0
        for second in sorted(self.returns):
            back += self.returns[second]
            if back * 2 >= sum(self.returns.values()):
                return second
        raise AssertionError("half of them are always back before the last")


OUTAGES = (
    Outage(60, 500, "A minute"),
    Outage(2, 500, "A restart of two seconds"),
    Outage(600, 500, "Ten minutes"),
)


def play(outage: Outage, workers: int = WORKERS, seed: int = 1) -> Course:
    """All have a heartbeat held by the server when it goes, so all see it go at the same moment:
    the worst case there is."""
    spread = lost_spread(INTERVAL_SECONDS)
    backoffs = [Backoff(draw=random.Random(f"{seed}/{number}")) for number in range(workers)]  # noqa: S311 - a play
    due = [(backoff.failed(spread_seconds=spread), at) for at, backoff in enumerate(backoffs)]
    heapq.heapify(due)
    tries: Counter[int] = Counter()
    returns: Counter[int] = Counter()
    while due:
        now, worker = heapq.heappop(due)
        second = int(now)
        tries[second] += 1
        if now < outage.away_seconds:
            delay = backoffs[worker].failed(spread_seconds=spread)
        elif returns[second] < outage.takes_per_second:
            returns[second] += 1
            continue
        else:
            delay = backoffs[worker].failed(RETRY_AFTER_SECONDS, spread_seconds=spread)
        heapq.heappush(due, (now + delay, worker))
    return Course(outage, tries, returns)


def figures(courses: list[Course]) -> str:
    """A table in Markdown."""
    lines = [
        "| away for | busiest second once it is back | half are back after | all after |",
        "|---|---|---|---|",
    ]
    for course in courses:
        away = int(course.outage.away_seconds)
        lines.append(
            f"| {away} s | {course.peak} tries ({100 * course.peak / WORKERS:.1f} %) "
            f"| {course.half - away + 1} s | {course.last - away + 1} s |"
        )
    return "\n".join(lines)


WIDTH, PANEL, LEFT, TOP, ROOM = 760, 150, 60, 40, 60
"""Pixels: the picture's width, a panel's height, and what is left free around it."""


def draw(courses: list[Course]) -> str:
    height = TOP + len(courses) * (PANEL + ROOM)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'role="img" aria-label="Tries to reach the server by the second" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{WORKERS} workers lose their server at second 0: '
        "tries by the second</text>",
    ]
    for number, course in enumerate(courses):
        parts += _panel(course, TOP + number * (PANEL + ROOM))
    return "\n".join([*parts, "</svg>", ""])


def _panel(course: Course, top: int) -> list[str]:
    seconds = course.last + 2
    most = max(course.tries.values())
    across = (WIDTH - LEFT - 20) / seconds
    down = (PANEL - 20) / most
    base = top + PANEL
    away = course.outage.away_seconds * across

    def bars(counts: Counter[int], colour: str) -> str:
        drawn = "".join(
            f"M{LEFT + second * across:.1f} {base}v{-count * down:.1f}"
            f"h{max(across, 0.5):.1f}v{count * down:.1f}z"
            for second, count in sorted(counts.items())
        )
        return f'<path d="{drawn}" fill="{colour}"/>'

    return [
        f'<rect x="{LEFT}" y="{top}" width="{away:.1f}" height="{PANEL}" fill="#eee"/>',
        bars(course.tries, "#d9822b"),
        bars(course.returns, "#2b6cb0"),
        f'<path d="M{LEFT} {top}V{base}H{WIDTH - 20}" fill="none" stroke="#333"/>',
        f'<text x="{LEFT - 8}" y="{base - most * down + 4:.1f}" text-anchor="end">{most}</text>',
        f'<text x="{LEFT - 8}" y="{base}" text-anchor="end">0</text>',
        f'<text x="{WIDTH - 20}" y="{base + 16}" text-anchor="end">{seconds} s</text>',
        f'<text x="{LEFT}" y="{base + 16}">{course.outage.title} away (grey); '
        f"busiest second after: {course.peak}; all back by second {course.last}</text>",
        f'<text x="{LEFT}" y="{base + 32}" fill="#555">orange: tries; blue: those that got in '
        f"(at most {course.outage.takes_per_second} a second)</text>",
    ]


def main() -> None:
    courses = [play(outage) for outage in OUTAGES]
    (DOCS / "reconnecting.svg").write_text(draw(courses), encoding="utf-8", newline="\n")
    print(figures(courses))


if __name__ == "__main__":
    main()
