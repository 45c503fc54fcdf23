"""The database as the rest of the server uses it: `write` and `read` functions of a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from qubix_server.store.checkpoints import Checkpoints
from qubix_server.store.engine import READERS, is_postgresql, reading_engine, writing_engine
from qubix_server.store.writer import (
    Writer,
    connection_was_lost,
    database_unavailable,
    is_database_failure,
)

P = ParamSpec("P")
Item = TypeVar("Item")
T = TypeVar("T")


class Database:
    """Made when the server starts, closed when it ends. The tables must be there (`migrate`)."""

    def __init__(self, url: str) -> None:
        self._writing = writing_engine(url)
        self._reading = reading_engine(url)
        self._checkpoints = None if is_postgresql(url) else Checkpoints(self._reading)
        self._writer = Writer(
            self._writing, committed=self._checkpoints.note if self._checkpoints else None
        )
        self.commits = self._writer.commits
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="database-reader")

    async def write(
        self,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What `work(connection, …)` returns, once all that it wrote is on the disk."""
        return await self._writer.run(lambda connection: work(connection, *args, **kwargs))

    def write_together(
        self,
        work: Callable[[Connection, Sequence[Item]], Sequence[T | Exception]],
        items: Sequence[Item],
        done: Callable[[Sequence[T | Exception] | Exception], None],
    ) -> None:
        """Calls `done` with what `work(connection, …)` gives for each of `items`, once it is on the
        disk: see `Writer.run_together`."""
        self._writer.run_together(work, items, done)

    async def read(
        self,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What `work(connection, …)` finds, in one consistent view of the data."""
        call = partial(self._read, lambda connection: work(connection, *args, **kwargs))
        return await asyncio.get_running_loop().run_in_executor(self._readers, call)

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            try:
                return self._read_once(work)
            except Exception as error:
                if not connection_was_lost(error):
                    raise
                return self._read_once(work)  # by a new one
        except Exception as error:
            if not is_database_failure(error):
                raise
            raise database_unavailable() from error

    def _read_once(self, work: Callable[[Connection], T]) -> T:
        with self._reading.begin() as connection:
            return work(connection)

    def close(self) -> None:
        self._writer.close()
        if self._checkpoints:
            self._checkpoints.end()
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._reading.dispose()
        self._writing.dispose()
        if self._checkpoints:
            self._checkpoints.close()
