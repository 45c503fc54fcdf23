"""One thread that writes, and one commit for all who wait at that moment.

The cost of a durable commit (a flush of the disk) is shared by every write that was queued while
the one before was flushed. Each write stands in a savepoint of its own, so that one that is
refused leaves the others be; an answer is given only after the commit. Where the database itself
fails (full disk, lock that is not freed), the whole batch is undone and each of its callers is
told to come again; the thread goes on.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from qubix_server.errors import ApiError

log = logging.getLogger(__name__)

T = TypeVar("T")
CAPACITY = 4096
BATCH = 256
DATABASE_FAILURES = (OperationalError, InternalError, PoolTimeout)


def database_unavailable() -> ApiError:
    return ApiError(
        503, "database_unavailable", "The server cannot reach its database. Try again.", 5
    )


@dataclass
class _Entry:
    work: Callable[[Connection], Any]
    answer: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = None


class Writer:
    """Runs write functions of a connection, in order, in shared transactions."""

    def __init__(self, engine: Engine, *, capacity: int = CAPACITY, batch: int = BATCH) -> None:
        self._engine = engine
        self._batch = batch
        self._queue: queue.Queue[_Entry | None] = queue.Queue(capacity)
        self._thread = threading.Thread(target=self._run, name="database-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, once it is committed. What it raises undoes all it wrote.

        Raises ApiError 503 where too many wait or the database fails.
        """
        entry = _Entry(work, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(entry)
        except queue.Full:
            raise ApiError(503, "overloaded", "The server is busy. Try again.", 2) from None
        value: T = await entry.answer
        return value

    def close(self) -> None:
        """Commits what is queued, then ends the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            entries = self._next_batch()
            if not entries:
                return
            self._commit(entries)
            _tell(entries)

    def _next_batch(self) -> list[_Entry]:
        """Waits for an entry and takes what stands behind it; empty at the end."""
        entries: list[_Entry] = []
        while len(entries) < self._batch:
            try:
                entry = self._queue.get(block=not entries)
            except queue.Empty:
                break
            if entry is None:
                if entries:
                    self._queue.put(None)
                break
            entries.append(entry)
        return entries

    def _commit(self, entries: Sequence[_Entry]) -> None:
        try:
            with self._engine.begin() as connection:
                for entry in entries:
                    _apply(connection, entry)
        except DATABASE_FAILURES as error:
            reason = error.orig if isinstance(error, DBAPIError) else error
            log.warning("%d writes were not kept: %s", len(entries), reason)
            for entry in entries:
                entry.error = database_unavailable()
        except Exception as error:
            log.exception("%d writes were not kept", len(entries))
            for entry in entries:
                entry.error = error


def _apply(connection: Connection, entry: _Entry) -> None:
    savepoint = connection.begin_nested()
    try:
        entry.value = entry.work(connection)
    except DATABASE_FAILURES:
        raise  # SQLite may have undone the whole transaction already
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        savepoint.rollback()
        entry.error = error
    except Exception as error:  # noqa: BLE001 - it belongs to the caller, who gets it
        savepoint.rollback()
        entry.error = error
    else:
        savepoint.commit()


def _tell(entries: Sequence[_Entry]) -> None:
    for loop in {entry.answer.get_loop() for entry in entries}:
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, [e for e in entries if e.answer.get_loop() is loop])


def _resolve(entries: Sequence[_Entry]) -> None:
    for entry in entries:
        if entry.answer.done():
            continue  # whoever asked has gone
        if entry.error is not None:
            entry.answer.set_exception(entry.error)
        else:
            entry.answer.set_result(entry.value)
