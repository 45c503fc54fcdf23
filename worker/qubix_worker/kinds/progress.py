"""How a job tells how far it is: our one convention, open to programs in any language.

A line `progress: 42` on standard error, or `progress: 42.5% drawing the left half`, is the part
of the work that is done, in percent, and in words. Other lines are the program's own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qubix_worker.kinds.harmless import one_line
from qubix_worker.protocol import TEXT_LENGTH

LINE = re.compile(rb"progress:[ \t]*(\d{1,3}(?:\.\d{1,6})?)[ \t]*%?(?:[ \t]+(.*))?")
READ_BYTES = 256 * 1024
LINE_BYTES = 4096
INTERVAL_SECONDS = 1.0


@dataclass(frozen=True)
class Progress:
    percent: float
    operation: str | None = None


class ProgressTail:
    """Follows a growing file; has one owner. `poll` gives what is new, at most once a second."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._offset = 0
        self._rest = b""
        self._latest: Progress | None = None
        self._given: Progress | None = None
        self._given_at = float("-inf")

    def poll(self) -> Progress | None:
        """The newest progress, if it is not the one that was given last. It never falls."""
        for line in self._new_lines():
            self._take(line)
        if self._latest == self._given or self._clock() - self._given_at < INTERVAL_SECONDS:
            return None
        self._given, self._given_at = self._latest, self._clock()
        return self._given

    def _new_lines(self) -> list[bytes]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(READ_BYTES)
        except FileNotFoundError:
            return []
        self._offset += len(data)
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:LINE_BYTES]
        return lines

    def _take(self, line: bytes) -> None:
        match = LINE.fullmatch(line.rstrip(b"\r"))
        if match is None:
            return
        percent = float(match[1])
        if percent > 100 or (self._latest and percent < self._latest.percent):
            return
        words = one_line((match[2] or b"").decode("utf-8", "replace"), TEXT_LENGTH)
        self._latest = Progress(percent, words or None)
