"""SQLite's log of what was written, copied into the database beside the writer.

By default a commit does that now and then, and those who wait for it wait for thousands of pages at
random places: with a million providers, for a good part of the time. Here a thread does it every
moment. The one thing to know before changing it: the log begins anew only when nothing of it is
left to copy, and beside the writer there is always something. So the writer copies the last of it,
which is little by then; where it never is, `LOG_PAGES` (`engine`) bounds the log all the same.

SQLite has the disk take the database when the last of the log is copied, and with it all that was
copied before: for the writer, up to 0.2 s. So the thread has it taken first, by a descriptor of its
own. That is closed only when no connection to the file is left, since to close it takes away the
locks that this process has on it (https://www.sqlite.org/howtocorrupt.html, 2.2).

Source: https://www.sqlite.org/wal.html#ckpt
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import threading

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
PASSES = 4
"""What was written while the thread copied is copied again at once, so many times at most."""
LITTLE = 500
"""So many pages the writer may copy, and have the disk take: some 10 ms."""


class Checkpoints:
    """A thread that copies, until it is closed."""

    def __init__(self, engine: Engine, every_seconds: float = EVERY_SECONDS) -> None:
        self._engine = engine
        self._every_seconds = every_seconds
        self._written = threading.Event()
        self._little_is_left = threading.Event()
        self._is_closed = threading.Event()
        self._file = _opened(engine.url.database)
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def note(self) -> None:
        """Called by the writer, between two of its transactions, when something was written."""
        if self._little_is_left.is_set():
            self._little_is_left.clear()
            self._copy()
        self._written.set()

    def end(self) -> None:
        """Ends the thread. Does not copy what is left: closing the database does."""
        self._is_closed.set()
        self._written.set()
        self._thread.join()

    def close(self) -> None:
        """To be called when all connections to the database are closed."""
        self.end()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _run(self) -> None:
        while self._written.wait() and not self._is_closed.wait(self._every_seconds):
            self._written.clear()
            if self._is_closed.is_set():  # what was cleared was the wish to end
                return
            copied = 0
            for _ in range(PASSES):
                before, (pages, copied) = copied, self._copy()
                if pages - before <= LITTLE:
                    self._little_is_left.set()
                    break
                self._flush()

    def _flush(self) -> None:
        """Has the disk take what was copied."""
        if self._file is not None:
            try:
                os.fsync(self._file)
            except OSError as error:
                # SQLite does so too before the log begins anew, and minds how it ends.
                log.debug("The database was not flushed: %s", error)

    def _copy(self) -> tuple[int, int]:
        """Copies what there is; how many pages the log has, and how many of them are copied."""
        try:
            # Not by a `Connection`, which would begin a transaction.
            connection = self._engine.raw_connection()
            try:
                statement = connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
                _, pages, copied = statement.fetchone()
            finally:
                connection.close()
        except (sqlite3.Error, SQLAlchemyError) as error:
            # The writer meets the same trouble, and says so; nothing is lost by waiting.
            log.debug("The log was not copied: %s", error)
            return sys.maxsize, 0
        return int(pages), int(copied)


def _opened(database: str | None) -> int | None:
    try:
        return os.open(database, os.O_RDWR) if database else None
    except OSError:  # it is not there yet
        return None
