"""SQLite's log of what was written, copied into the database beside the writer.

By default a commit does that now and then, and those who wait for it wait for hundreds of pages at
random places: with a million providers, for half of the time. Here a thread does it every moment.
The one thing to know before changing it: such a copy never waits for the writer, so while it works
there is always more; what is left over is the writer's, once the log has `LOG_PAGES` (`engine`).

Source: https://www.sqlite.org/wal.html#ckpt
"""

from __future__ import annotations

import logging
import sqlite3
import threading

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0


class Checkpoints:
    """A thread that copies, until it is closed."""

    def __init__(self, engine: Engine, every_seconds: float = EVERY_SECONDS) -> None:
        self._engine = engine
        self._every_seconds = every_seconds
        self._written = threading.Event()
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def note(self) -> None:
        """Something was written: there is something to copy."""
        self._written.set()

    def close(self) -> None:
        """Does not copy what is left: closing the database does."""
        self._is_closed.set()
        self._written.set()
        self._thread.join()

    def _run(self) -> None:
        while self._written.wait() and not self._is_closed.wait(self._every_seconds):
            self._written.clear()
            try:
                self._copy()
            except (sqlite3.Error, SQLAlchemyError) as error:
                # The writer meets the same trouble, and says so; nothing is lost by waiting.
                log.debug("The log was not copied: %s", error)

    def _copy(self) -> None:
        # Not by a `Connection`, which would begin a transaction.
        connection = self._engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        finally:
            connection.close()
