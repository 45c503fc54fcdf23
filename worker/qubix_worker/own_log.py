"""Where the log goes: a rotated file of the user's own, 5 MB in all, times in UTC."""

from __future__ import annotations

import io
import logging
import logging.handlers
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qubix_worker.discretion import without_credentials
from qubix_worker.log_files import OLD_FILES

FILE_BYTES = 1_000_000


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Sends this process's log to `path` while the context lasts. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = OwnFile(path, maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8")
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


class OwnFile(logging.handlers.RotatingFileHandler):
    """Each file that it begins, at first and after a rotation, is for nobody else to read."""

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
