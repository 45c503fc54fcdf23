"""`logs`: the worker's log, from the files themselves, so that no worker need be there to ask.

The log is rotated (see `log_files`). No file is kept open between two looks: on Windows that would
keep the worker from rotating it.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qubix_worker.cli.interrupt import INTERRUPTED
from qubix_worker.cli.output import Output, Row, Style
from qubix_worker.errors import QubixError
from qubix_worker.log_files import newest_first
from qubix_worker.paths import Paths

LEVELS = ("debug", "info", "warning", "error")
FOLLOW_SECONDS = 0.25

_ENTRY = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ([A-Z]+) (\S+): (.*)", re.DOTALL)
_STYLES: dict[str, Style] = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


@dataclass(frozen=True)
class Entry:
    """One thing that was written down: a line, and the lines of a traceback that belong to it."""

    text: str
    time: str | None = None
    level: str | None = None
    name: str | None = None
    message: str | None = None

    @classmethod
    def of(cls, text: str) -> Entry:
        found = _ENTRY.fullmatch(text)
        return cls(text, *found.groups()) if found else cls(text)


class Reader:
    """The entries of at least `level` that each call of `new` finds since the last one."""

    def __init__(self, log: Path, level: str = "debug") -> None:
        self._files = newest_first(log)[::-1]
        self._level = LEVELS.index(level)
        self._wanted = True
        """Whether the last entry was; lines of a traceback that come later go with it."""
        self._file = 0
        self._offset = 0
        self._begun = b""

    def new(self) -> Iterator[Entry]:
        held: list[str] = []
        for line in self._lines():
            if held and _ENTRY.match(line):
                yield from self._sieved(held)
                held = []
            held.append(line)
        if held:
            yield from self._sieved(held)

    def _sieved(self, lines: list[str]) -> Iterator[Entry]:
        entry = Entry.of("\n".join(lines))
        if entry.level:
            name = entry.level.lower()
            self._wanted = name not in LEVELS or LEVELS.index(name) >= self._level
        if self._wanted:
            yield entry

    def _lines(self) -> Iterator[str]:
        """The whole lines that are new, oldest first."""
        *lines, self._begun = (self._begun + b"".join(self._parts())).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace").rstrip("\r")

    def _parts(self) -> Iterator[bytes]:
        found = [(file, number) for file in self._files if (number := _number(file)) is not None]
        known = [at for at, (_, number) in enumerate(found) if number == self._file]
        # One that has been rotated away altogether: go on with the oldest that is left.
        for file, number in found[known[0] if known else 0 :]:
            try:
                with file.open("rb") as opened:
                    size = opened.seek(0, 2)
                    start = self._offset if number == self._file and self._offset <= size else 0
                    opened.seek(start)
                    part = opened.read()
            except FileNotFoundError:  # it was rotated just now: the next look finds it
                return
            except OSError as error:
                raise _unreadable(file, error) from error
            self._file, self._offset = number, start + len(part)
            yield part


def logs(arguments: argparse.Namespace, output: Output) -> int:
    log = Paths.of_user().log
    reader = Reader(log, arguments.level)
    shown = deque(reader.new(), maxlen=arguments.lines)
    for entry in shown:
        _show(entry, output)
    if not arguments.follow:
        if not shown and arguments.lines:
            output.note(f"There is nothing of that kind in {log} yet.")
        return 0
    try:
        while True:
            for entry in reader.new():
                _show(entry, output)
            time.sleep(FOLLOW_SECONDS)
    except KeyboardInterrupt:
        return INTERRUPTED  # the way to end it: nothing to say


def _show(entry: Entry, output: Output) -> None:
    if output.json:
        output.value(entry, "")
        return
    style = _STYLES.get(entry.level or "", "")
    rows: list[Row] = [(line, style) for line in entry.text.split("\n")]
    output.rows(rows)


def _number(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> QubixError:
    return QubixError(
        "log_unreadable",
        f"The log in {file} cannot be read ({error.strerror}).",
        "Use the account that shares this computer; if it is that one, look at what stands there.",
    )
