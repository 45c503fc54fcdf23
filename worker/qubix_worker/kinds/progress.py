"""How a job tells how far it is: our one convention, open to programs in any language.

A line `progress: 42` on standard error, or `progress: 42.5% drawing the left half`, is the part
of the work that is done, in percent, and in words. Other lines are the program's own; they are
passed on as its log, up to a limit that keeps a chatty program from flooding anybody.
"""

from __future__ import annotations

import json
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
LINES_AT_ONCE = 40
LINES_BYTES_AT_ONCE = 16 * 1024
"""As JSON, in which some characters take many bytes."""
LINES_IN_ALL = 5000


@dataclass(frozen=True)
class News:
    """What a job has told since the last time."""

    percent: float | None = None
    """None where it has never told."""
    operation: str | None = None
    lines: tuple[str, ...] = ()


class ProgressTail:
    """Follows a growing file; has one owner. `poll` gives what is new, at most once a second."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._offset = 0
        self._rest = b""
        self._percent: float | None = None
        self._operation: str | None = None
        self._changed = False
        self._lines: list[str] = []
        self._bytes = 0
        self._left_out = 0
        self._told = 0
        self._given_at = float("-inf")

    def poll(self) -> News | None:
        """The newest progress, which never falls, and the new lines; None where nothing is new."""
        for line in self._new_lines():
            self._take(line)
        if self._clock() - self._given_at < INTERVAL_SECONDS:
            return None
        return self._news()

    def last(self) -> News | None:
        """What is left when the job has ended, once; not for what is much too much."""
        for line in [*self._new_lines(), self._rest]:
            self._take(line)
        self._rest = b""
        return self._news()

    def _news(self) -> News | None:
        if not (self._changed or self._lines or self._left_out):
            return None
        lines = self._lines
        if self._left_out:
            lines = [*lines, f"({self._left_out} more lines are left out here)"]
        self._changed, self._lines, self._bytes, self._left_out = False, [], 0, 0
        self._given_at = self._clock()
        return News(self._percent, self._operation, tuple(lines))

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
            self._keep(one_line(line[:LINE_BYTES].decode("utf-8", "replace")))
            return
        percent = float(match[1])
        if percent > 100 or percent < (self._percent or 0):
            return
        words = one_line((match[2] or b"").decode("utf-8", "replace"), TEXT_LENGTH) or None
        if (percent, words) != (self._percent, self._operation):
            self._percent, self._operation, self._changed = percent, words, True

    def _keep(self, line: str) -> None:
        if not line or self._told > LINES_IN_ALL:
            return
        size = len(json.dumps(line))
        if len(self._lines) >= LINES_AT_ONCE or self._bytes + size > LINES_BYTES_AT_ONCE:
            self._left_out += 1
            return
        self._told += 1
        self._lines.append(line if self._told <= LINES_IN_ALL else "(no more lines are passed on)")
        self._bytes += size
