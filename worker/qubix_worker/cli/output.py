"""What the terminal shows: progress and results as lines for people, or as JSON, one a line.

A bar is drawn only on a terminal; elsewhere each step is one plain line. NO_COLOR is honoured.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TextIO

from qubix_worker.errors import Problem
from qubix_worker.setup.steps import Progress, Setup
from qubix_worker.wire import to_wire

BAR_CELLS = 24
REDRAW_SECONDS = 0.1
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


@dataclass
class Output:
    """Where and how a command speaks. Results go to `out`, all else to `err`."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    _drawn_at: float = 0.0

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Output:
        return cls(
            getattr(arguments, "json", False),
            getattr(arguments, "quiet", False),
            getattr(arguments, "verbose", False),
        )

    def line(self, text: str = "") -> None:
        """A line for a person; nothing in JSON mode or when quiet."""
        if not self.json and not self.quiet:
            self._write(self.out, text + "\n")

    def value(self, value: Any, text: str) -> None:
        """A result: `value` as a JSON line, or `text` for a person."""
        if self.json:
            self._write(self.out, json.dumps(to_wire(value)) + "\n")
        elif not self.quiet:
            self._write(self.out, text + "\n")

    def problem(self, problem: Problem) -> None:
        if self.json:
            self._write(self.out, json.dumps({"error": to_wire(problem)}) + "\n")
        else:
            name = self.styled("qubix-worker:", "red", self.err)
            self._write(self.err, f"{name} {problem.happened} {problem.todo}\n")

    def follow(self, setup: Setup, progress: Iterable[Progress]) -> bool:
        """Shows progress until it ends. Returns whether all of it succeeded."""
        titles = {step.key: step.title for step in setup.steps}
        succeeded = True
        for at in progress:
            succeeded = succeeded and at.state not in ("failed", "undone")
            self.show(titles[at.step], at)
        return succeeded

    def show(self, title: str, at: Progress) -> None:
        """Shows where one step is."""
        if self.json:
            self._write(self.out, json.dumps(to_wire(at)) + "\n")
            return
        live = self.out.isatty() and not self.quiet
        if at.state == "running":
            if live and time.monotonic() - self._drawn_at >= REDRAW_SECONDS:
                self._drawn_at = time.monotonic()
                self._write(self.out, f"\r\033[K  .. {title}{_bar(at)}{_note(at)}"[:118])
            return
        start = "\r\033[K" if live else ""
        if at.state == "done" and not self.quiet:
            self._write(self.out, f"{start}  {self.styled('ok', 'green')} {title}\n")
        elif at.state == "undone" and not self.quiet:
            self._write(self.out, f"{start}  {self.styled('--', 'yellow')} {title}: taken back\n")
        elif at.state == "failed":
            self._write(self.out, f"{start}  {self.styled('no', 'red')} {title}\n")
            if at.problem:
                self.problem(at.problem)

    def styled(self, text: str, style: str, stream: TextIO | None = None) -> str:
        stream = stream or self.out
        if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return text
        return f"\033[{_STYLES[style]}m{text}\033[0m"

    def _write(self, stream: TextIO, text: str) -> None:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()


def _bar(at: Progress) -> str:
    if at.done is None or not at.total:
        return ""
    share = min(max(at.done / at.total, 0.0), 1.0)
    full = round(share * BAR_CELLS)
    return f" [{'#' * full}{'.' * (BAR_CELLS - full)}] {share:4.0%}"


def _note(at: Progress) -> str:
    return f" {at.note}" if at.note else ""
