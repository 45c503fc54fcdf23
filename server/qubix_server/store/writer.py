"""One thread that writes, and one commit for all who wait at that moment.

The cost of a durable commit (a flush of the disk) is shared by every write that was queued while
the one before was flushed. Each write stands in a savepoint of its own, so that one that is
refused leaves the others be; an answer is given only after the commit. Where the database itself
fails (full disk, lock that is not freed), the whole batch is undone and each of its callers is
told to come again; the thread goes on. Where it is certain that nothing was kept and likely that
the next try will do (PostgreSQL broke a circle of locks, or the connection was an old one), the
batch is run again first: a write function must come to the same when it is run twice.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from qubix_server.errors import ApiError
from qubix_server.measures import Commits
from qubix_server.store.outage import Rarely

log = logging.getLogger(__name__)

Item = TypeVar("Item")
T = TypeVar("T")
CAPACITY = 4096
BATCH = 256
TRIES = 3
PAUSE_SECONDS = 0.05
"""Before a batch is run again, at most; so long that two who met do not meet again."""
_CERTAINLY_UNDONE = ("40001", "40P01")
"""A serialization failure and a deadlock:
https://www.postgresql.org/docs/current/errcodes-appendix.html"""


def database_unavailable() -> ApiError:
    return ApiError(
        503, "database_unavailable", "The server cannot reach its database. Try again.", 5
    )


def is_database_failure(error: BaseException) -> bool:
    """Whether the database is at fault, and not what it was asked."""
    if isinstance(error, (OperationalError, InternalError, PoolTimeout)):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def connection_was_lost(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def alone(connection: Connection, work: Callable[[Connection], T]) -> T | Exception:
    """What `work` returns or raises; what it raises undoes all it wrote, and no more than that.

    Raises where the database fails, or with it the whole transaction.
    """
    value = _alone(connection, work)
    if isinstance(value, IntegrityError):
        # Another server has just put there what this one did not find: now it finds it.
        value = _alone(connection, work)
    return value


def _alone(connection: Connection, work: Callable[[Connection], T]) -> T | Exception:
    savepoint = connection.begin_nested()
    try:
        value = work(connection)
    except Exception as error:
        if is_database_failure(error):
            raise  # SQLite may have undone the whole transaction already
        savepoint.rollback()
        return error
    savepoint.commit()
    return value


@dataclass(slots=True)
class _Entry:
    """A write that waits; or as many as `items`, which `together` does at once with its like."""

    done: Callable[[Any], None]
    """Called on `loop` with what it came to, or the exception that it raised."""
    loop: asyncio.AbstractEventLoop
    work: Callable[[Connection], Any] | None = None
    together: Callable[[Connection, Sequence[Any]], Sequence[Any]] | None = None
    items: Sequence[Any] = (None,)
    value: Any = None


class Writer:
    """Runs write functions of a connection, in order, in shared transactions."""

    def __init__(
        self,
        engine: Engine,
        committed: Callable[[], None] | None = None,
        *,
        capacity: int = CAPACITY,
        batch: int = BATCH,
    ) -> None:
        """`committed` is called in the writer's thread when those who waited for a commit were
        told."""
        self._engine = engine
        self._committed = committed or (lambda: None)
        self._connection: Connection | None = None
        self._batch = batch
        self._is_committing = False
        self._failures = Rarely(log, "Writes were not kept, and are to come again")
        self.commits = Commits()
        self._capacity = capacity
        # Each is counted by one thread alone.
        self._accepted = 0
        self._taken = 0
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="database-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, once it is committed. What it raises undoes all it wrote.

        Raises ApiError 503 where too many wait or the database fails.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._put(_Entry(partial(settle, answer), loop, work))
        return await answer

    def run_together(
        self,
        work: Callable[[Connection, Sequence[Item]], Sequence[T | Exception]],
        items: Sequence[Item],
        done: Callable[[Sequence[T | Exception] | Exception], None],
    ) -> None:
        """Calls `done` on this event loop with what `work` gives for each of `items`, once that is
        committed: `work` is called with the items of all that wait one behind the other, and gives
        or refuses each. Raises, or calls `done` with, the same as `run` raises. A future for each
        item would cost a tenth of a heartbeat."""
        self._put(_Entry(done, asyncio.get_running_loop(), together=work, items=items))

    def _put(self, entry: _Entry) -> None:
        if self._accepted - self._taken >= self._capacity:
            raise ApiError(503, "overloaded", "The server is busy. Try again.", 2)
        self._accepted += len(entry.items)
        self._queue.put(entry)

    def close(self) -> None:
        """Commits what is queued, then ends the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            entries = self._next_batch()
            if not entries:
                self._disconnect()
                return
            began = time.perf_counter()
            self._commit(entries)
            self.commits.note(time.perf_counter() - began, sum(len(one.items) for one in entries))
            _tell(entries)
            self._committed()

    def _next_batch(self) -> list[_Entry]:
        """Waits for an entry and takes what stands behind it; empty at the end."""
        entries: list[_Entry] = []
        taken = 0
        while taken < self._batch:
            try:
                entry = self._queue.get(block=not entries)
            except queue.Empty:
                break
            if entry is None:
                if entries:
                    self._queue.put(None)
                break
            entries.append(entry)
            taken += len(entry.items)
        self._taken += taken
        return entries

    def _commit(self, entries: Sequence[_Entry]) -> None:
        for tries_left in reversed(range(TRIES)):
            self._is_committing = False
            try:
                connection = self._connected()
                with connection.begin():
                    for together, run in itertools.groupby(entries, lambda entry: entry.together):
                        _apply(connection, together, list(run))
                    self._is_committing = True
            except Exception as error:  # noqa: BLE001 - logged where it is final
                self._disconnect()
                if tries_left and self._may_try_again(error):
                    time.sleep(random.uniform(0, PAUSE_SECONDS))  # noqa: S311 - no secret
                    continue
                self._refuse(entries, error)
            return

    def _connected(self) -> Connection:
        """Always the same one: to borrow it for each commit cost a tenth of it."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _may_try_again(self, error: Exception) -> bool:
        if isinstance(error, DBAPIError) and (
            getattr(error.orig, "sqlstate", None) in _CERTAINLY_UNDONE
        ):
            return True
        # Where it is lost while it commits, nobody knows whether it did.
        return connection_was_lost(error) and not self._is_committing

    def _refuse(self, entries: Sequence[_Entry], error: Exception) -> None:
        refusal = error
        if is_database_failure(error):
            reason = error.orig if isinstance(error, DBAPIError) and error.orig else error
            self._failures.warn(reason)
            refusal = database_unavailable()
        else:
            log.error("%d writes were not kept", len(entries), exc_info=error)
        for entry in entries:
            entry.value = refusal


def settle(answer: asyncio.Future[T], value: T | Exception) -> None:
    """Gives the future its result, or its exception."""
    if answer.done():
        return  # whoever asked has gone
    if isinstance(value, Exception):
        answer.set_exception(value)
    else:
        answer.set_result(value)


def _apply(
    connection: Connection,
    together: Callable[[Connection, Sequence[Any]], Sequence[Any]] | None,
    entries: Sequence[_Entry],
) -> None:
    if together:
        values = together(connection, [item for entry in entries for item in entry.items])
        end = 0
        for entry in entries:
            begin, end = end, end + len(entry.items)
            entry.value = values[begin:end]
        return
    for entry in entries:
        assert entry.work
        entry.value = alone(connection, entry.work)


def _tell(entries: Sequence[_Entry]) -> None:
    for loop in {entry.loop for entry in entries}:
        if not loop.is_closed():
            loop.call_soon_threadsafe(_finish, [one for one in entries if one.loop is loop])


def _finish(entries: Sequence[_Entry]) -> None:
    for entry in entries:
        try:
            entry.done(entry.value)
        except Exception:  # the others have nothing to do with it
            log.exception("what follows from a write failed")
