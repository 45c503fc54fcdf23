"""What the terminal shows: progress and results as lines for people, or as JSON, one a line.

Bars are drawn only on a terminal that understands it; elsewhere each step is one plain line.
NO_COLOR is honoured. What comes from elsewhere (a server, a driver, a file) loses its control
characters on the way, so that no name can steer the terminal.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TextIO

from qubix_worker import system
from qubix_worker.discretion import without_credentials
from qubix_worker.errors import Problem, QubixError
from qubix_worker.setup.steps import Progress, Setup
from qubix_worker.wire import to_wire

BAR_CELLS = 24
BAR_CELLS_LEAST = 4
REDRAW_SECONDS = 0.1
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}

Style = Literal["", "bold", "dim", "red", "green", "yellow"]
Row = tuple[str, Style]
"""A line and how it looks where there are colours."""


@dataclass
class Output:
    """Where and how a command speaks. Results go to `out`, all else to `err`."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    outlives_reader: bool = False
    """Whether the command goes on in silence when nobody reads any more (`setup | head -1`)."""
    _drawn_at: float = 0.0
    _drawn_rows: int = 0
    _told: str = ""

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Output:
        return cls(
            getattr(arguments, "json", False),
            getattr(arguments, "quiet", False),
            getattr(arguments, "verbose", False),
        )

    @property
    def live(self) -> bool:
        """Whether lines can be drawn again in their place."""
        return not self.json and not self.quiet and _can_move(self.out)

    @property
    def width(self) -> int:
        return max(1, shutil.get_terminal_size().columns)

    def line(self, text: str = "") -> None:
        """A line for a person; nothing in JSON mode or when quiet."""
        if not self.json and not self.quiet:
            self._write(self.out, text + "\n")

    def note(self, text: str) -> None:
        """A remark beside the result, which it must not be mixed with."""
        if not self.json and not self.quiet:
            self._write(self.err, plain(text) + "\n")

    def rows(self, rows: Sequence[Row], *, again: bool = False) -> None:
        """Lines with their looks; `again`: in the place of those before, on a live terminal."""
        if self.json or self.quiet:
            return
        if not self.live:
            self._write(self.out, "".join(plain(text) + "\n" for text, _ in rows))
            return
        shown = list(rows)
        if again:
            # What does not fit could not be drawn over: it has left the screen.
            room = max(1, shutil.get_terminal_size().lines - 1)
            shown = shown if len(shown) <= room else [*shown[: room - 1], ("...", "dim")]
        text = f"\033[{self._drawn_rows}A" if again and self._drawn_rows else ""
        for words, style in shown:
            words = cut(plain(words), self.width - 1) if again else plain(words)  # noqa: PLW2901
            text += f"\r\033[K{self.styled(words, style)}\n"
        self._write(self.out, text + ("\033[J" if again else ""))
        self._drawn_rows = len(shown) if again else 0

    def value(self, value: Any, text: str) -> None:
        """A result: `value` as a JSON line, or `text` for a person."""
        if self.json:
            self._write(self.out, json.dumps(to_wire(value)) + "\n")
        elif not self.quiet:
            self._write(self.out, "".join(plain(line) + "\n" for line in text.split("\n")))

    def problem(self, problem: Problem) -> None:
        happened, todo = map(without_credentials, (problem.happened, problem.todo))
        if self.json:
            said = Problem(problem.code, happened, todo)
            self._write(self.out, json.dumps({"error": to_wire(said)}) + "\n")
        else:
            name = self.styled("qubix-worker:", "red", self.err)
            self._write(self.err, f"{name} {plain(happened)} {plain(todo)}\n")

    def follow(self, setup: Setup, progress: Iterable[Progress]) -> bool:
        """Shows progress until it ends. Returns whether all of it succeeded."""
        succeeded = True
        for at in progress:
            succeeded = succeeded and at.state not in ("failed", "undone")
            self.show(setup.titles[at.step], at)
        return succeeded

    def show(self, title: str, at: Progress) -> None:
        """Shows where one step is."""
        if self.json:
            self._write(self.out, json.dumps(to_wire(at)) + "\n")
            return
        if at.state == "running":
            if self.verbose and not self.quiet:
                self._tell_once(plain(f"  .. {title}{_note(at)}"))
            elif self.live and time.monotonic() - self._drawn_at >= REDRAW_SECONDS:
                self._drawn_at = time.monotonic()
                text = cut(plain(f"  .. {title}{_bar(at)}{_note(at)}"), self.width - 1)
                self._write(self.out, f"\r\033[K{text}")
            return
        start = "\r\033[K" if self.live else ""
        if at.state == "done" and not self.quiet:
            self._write(self.out, f"{start}  {self.styled('ok', 'green')} {title}\n")
        elif at.state == "undone" and not self.quiet:
            self._write(self.out, f"{start}  {self.styled('--', 'yellow')} {title}: taken back\n")
        elif at.state == "failed":
            self._write(self.out, f"{start}  {self.styled('no', 'red')} {title}\n")
            if at.problem:
                self.problem(at.problem)

    def _tell_once(self, text: str) -> None:
        """A line of its own for all that a step does, however often it is told."""
        if text != self._told:
            self._told = text
            self._write(self.out, f"{text}\n")

    def styled(self, text: str, style: Style, stream: TextIO | None = None) -> str:
        if not style or os.environ.get("NO_COLOR") or not _can_move(stream or self.out):
            return text
        return f"\033[{_STYLES[style]}m{text}\033[0m"

    def _write(self, stream: TextIO, text: str) -> None:
        try:
            try:
                stream.write(text)
            except UnicodeEncodeError:
                encoding = stream.encoding or "ascii"
                stream.write(text.encode(encoding, "replace").decode(encoding))
            stream.flush()
        except BrokenPipeError:
            silence(stream)
            if not self.outlives_reader:
                raise
        except OSError as error:
            silence(stream)
            raise QubixError(
                "output_failed",
                f"The output of this command could not be written ({error.strerror}).",
                "What it was asked to do may be done all the same; send its output elsewhere.",
            ) from error


def bar(share: float, cells: int = BAR_CELLS) -> str:
    """`[######..................]`, `share` from 0 to 1."""
    full = round(min(max(share, 0.0), 1.0) * cells)
    return f"[{'#' * full}{'.' * (cells - full)}]"


def plain(text: str) -> str:
    """`text` without what would steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def cut(text: str, width: int) -> str:
    """As much of `text` as fits into `width` cells of a terminal."""
    used = 0
    for at, character in enumerate(text):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > width:
            return text[:at]
    return text


def fill_closed_streams() -> None:
    """A standard stream that was closed (`>&-`) becomes the null device: else the next file that
    is opened would get its number, and be written into."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free is this one.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def silence(stream: TextIO) -> None:
    """Nobody reads `stream`: what it still holds, and what comes, goes nowhere. Else Python would
    complain at its end that it could not be written."""
    try:
        number = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)


def _can_move(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that understands how to move about and colour."""
    if not stream.isatty():
        return False
    kind = os.environ.get("TERM", "")
    return kind != "dumb" and bool(kind or system.current().name == "windows")


def _bar(at: Progress) -> str:
    if at.done is None or not at.total:
        return ""
    share = min(max(at.done / at.total, 0.0), 1.0)
    return f" {bar(share)} {share:4.0%}"


def _note(at: Progress) -> str:
    return f" {at.note}" if at.note else ""
