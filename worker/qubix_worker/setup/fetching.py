"""What pip is fetching, how much of it has come and how fast.

It is read from the lines that pip prints, and from the file that grows in its temporary folder:
only pip 24.1 and newer would print bytes where there is no terminal.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TOLD_SECONDS = 0.5
"""How often the bytes of one file are told."""
TOLD_BYTES = 1_000_000
"""What is smaller is there at once."""
UNITS = {"bytes": 1, "kB": 1000, "MB": 1_000_000}
"""As pip writes them (pip/_internal/utils/misc.py, format_size)."""

_NEXT = re.compile(r"Collecting ([\w.-]+)|Processing (?:.*?[/\\])?([\w.]+)-[^/\\]*\.whl ")
_FILE = re.compile(r"\s*Downloading (\S+\.whl) \(([\d.]+) (bytes|kB|MB)\)")


@dataclass(frozen=True)
class News:
    """`done`: packages, with the part that has come of the one that is being fetched."""

    note: str
    done: float


class Fetching:
    def __init__(self, temporary: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """`temporary`: where pip writes what it fetches."""
        self._temporary = temporary
        self._clock = clock
        self._packages = 0
        self._name = ""
        self._file = ""
        self._size = 0.0
        self._began = self._told = 0.0

    def after(self, line: str) -> News | None:
        """What is new after that line; an empty one stands for a while in which none came."""
        if found := _NEXT.match(line):
            self._packages += 1
            self._name, self._file = found[1] or found[2].replace("_", "-"), ""
            return News(self._name, self._packages - 1)
        if found := _FILE.match(line):
            self._file, self._size = found[1], float(found[2]) * UNITS[found[3]]
            self._began = self._told = self._clock()
            return None
        if line.startswith("Installing"):
            self._file = ""
        if not self._file or self._size < TOLD_BYTES or self._clock() - self._told < TOLD_SECONDS:
            return None
        self._told = self._clock()
        sizes: list[int] = []
        with contextlib.suppress(OSError):  # it may be taken away at any moment
            sizes += [file.stat().st_size for file in self._temporary.rglob(self._file)]
        if not sizes:
            return None
        came = min(*sizes, self._size)
        speed = came / (self._told - self._began) / 1e6
        note = f"{self._name}, {came / 1e6:.1f} of {self._size / 1e6:.1f} MB, {speed:.1f} MB/s"
        return News(note, self._packages - 1 + came / self._size)
