"""Where the log goes: a rotated file of the user's own, 5 MB in all, times in UTC."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from qubix_worker.discretion import without_credentials
from qubix_worker.log_files import newest_first

FILE_BYTES = 1_000_000


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Sends this process's log to `path` while the context lasts. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = OwnFile(path, FILE_BYTES)
    path.chmod(0o600)
    formatter = OneLine("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    logging.raiseExceptions = False  # a full disk must not turn each line into a traceback
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


class OwnFile(logging.FileHandler):
    """Begins a new file before a line would make this one larger than `most_bytes`, and keeps the
    former ones by the names of `log_files`. All are for nobody else to read.

    Not by logging.handlers, which brings pickles, queues and sockets into every process that has a
    log: the first window would wait for them, and the tray hold them.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        super().__init__(path, encoding="utf-8")
        self._most_bytes = most_bytes

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self._would_be_full(record):
                self._rotate()
        except (OSError, ValueError):  # what cannot be moved grows on
            self.handleError(record)
        super().emit(record)

    def _would_be_full(self, record: logging.LogRecord) -> bool:
        if self.stream is None:
            self.stream = self._open()
        kept = self.stream.seek(0, io.SEEK_END)
        line = len(self.format(record).encode(errors="replace")) + 1
        # Only a file is rotated: not, say, a terminal.
        return kept > 0 and kept + line > self._most_bytes and Path(self.baseFilename).is_file()

    def _rotate(self) -> None:
        if self.stream:
            self.stream.close()
        self.stream = None  # opened by the next line, also where a file could not be moved
        for newer, older in reversed(list(pairwise(newest_first(Path(self.baseFilename))))):
            with contextlib.suppress(FileNotFoundError):
                newer.replace(older)

    def _open(self) -> io.TextIOWrapper:
        def opener(name: str, flags: int) -> int:
            return os.open(name, flags, 0o600)

        return open(
            self.baseFilename, "a", encoding=self.encoding, errors=self.errors, opener=opener
        )


class OneLine(logging.Formatter):
    """No message can begin a line that looks like another's, and none can hold a password."""

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = self.formatTime(record, self.datefmt)
        lines = [_shown(self.formatMessage(record))]
        if record.exc_info:
            # Indented, so that no text of an exception can pass for an entry of the log.
            raised = self.formatException(record.exc_info).splitlines()
            lines += [f"  {_shown(line)}" for line in raised]
        return "\n".join(lines)


def _shown(text: str) -> str:
    kept = without_credentials(text)
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in kept)
