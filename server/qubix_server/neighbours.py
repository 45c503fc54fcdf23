"""The other servers over the same PostgreSQL: what one has committed, the others are told.

By LISTEN and NOTIFY, from a connection and a thread each. What is told is collected for a moment
and goes out after the commit, not with it: PostgreSQL lets one transaction after the other notify,
and those that make facts durable shall not wait for that. So a message can be lost, where a server
or a connection dies in between; it never holds the only copy of a fact. The one thing to know
before changing it: where something may have been missed, all readers of events are closed, so that
they ask anew, rather than left with what is no longer so.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from qubix_server.events import Event, Outcome
from qubix_server.store.engine import conninfo, is_postgresql
from qubix_server.store.outage import Rarely

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

CHANNEL = "qubix"
COLLECT_SECONDS = 0.05
PIECE_CHARACTERS = 7800
"""A payload must be shorter than 8000 bytes, with what stands before the piece:
https://www.postgresql.org/docs/current/sql-notify.html"""
PIECES_MOST = 2000
EVENTS_MOST = 5000
OLD_SECONDS = 2.0
"""What could not be told for so long is told no more: it may be so no longer."""
LOOK_SECONDS = 0.5
RENEWED_AFTER_SECONDS = 0.2


class Told(Struct, omit_defaults=True):
    """What has happened at another server."""

    events: list[Event] = []
    heard: list[str] = []
    """The workers whose heartbeats were kept."""
    wake: list[str] = []
    able: list[str] = []
    jobs_wait: bool = False
    missed: bool = False
    """Some of what happened was not told."""


class Neighbours:
    """Nobody: what a server over a file of its own has."""

    def start(self, take: Callable[[Told], None]) -> None:
        """Calls `take` on the running loop with what others tell, until `close`."""

    def tell(self, outcome: Outcome[Any]) -> None:
        """Tells of a write that is committed."""

    def heard(self, worker_id: str) -> None:
        """Tells that a heartbeat is committed."""

    def close(self) -> None: ...


def neighbours(url: str) -> Neighbours:
    return _Postgresql(conninfo(url)) if is_postgresql(url) else Neighbours()


class _Postgresql(Neighbours):
    """Its public methods are called on the event loop."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        self._arguments = arguments
        self._me = secrets.token_hex(8)
        self._number = 0
        self._not_told = Rarely(log, "The other servers were not told of all")
        self._not_heard = Rarely(log, "The other servers are not heard")
        self._is_closed = threading.Event()
        self._lock = threading.Condition()
        # What is still to be told.
        self._events: list[Event] = []
        self._heard: set[str] = set()
        self._wake: set[str] = set()
        self._able: set[str] = set()
        self._jobs_wait = False
        self._missed = False
        self._threads: list[threading.Thread] = []

    def start(self, take: Callable[[Told], None]) -> None:
        loop = asyncio.get_running_loop()

        def pass_on(told: Told) -> None:
            if not self._is_closed.is_set():
                loop.call_soon_threadsafe(take, told)

        self._threads = [
            threading.Thread(target=self._tell_for_ever, name="neighbours-tell", daemon=True),
            threading.Thread(
                target=self._listen_for_ever, args=(pass_on,), name="neighbours-hear", daemon=True
            ),
        ]
        for thread in self._threads:
            thread.start()

    def tell(self, outcome: Outcome[Any]) -> None:
        if not (outcome.events or outcome.jobs_wait or outcome.wake or outcome.able):
            return
        with self._lock:
            if len(self._events) + len(outcome.events) <= EVENTS_MOST:
                self._events += outcome.events
            else:
                self._missed = True
            self._wake.update(outcome.wake)
            self._able.update(outcome.able)
            self._jobs_wait |= outcome.jobs_wait
            self._lock.notify()

    def heard(self, worker_id: str) -> None:
        with self._lock:
            if not self._heard:
                self._lock.notify()
            self._heard.add(worker_id)

    def close(self) -> None:
        self._is_closed.set()
        with self._lock:
            self._lock.notify()
        for thread in self._threads:
            thread.join(2 * LOOK_SECONDS)

    def _tell_for_ever(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        while (told := self._next()) is not None:
            until = time.monotonic() + OLD_SECONDS
            payloads = list(self._payloads(told))
            while not self._is_closed.is_set():
                try:
                    connection = connection or self._connect()
                    connection.execute(
                        "SELECT pg_notify(%s, piece) FROM unnest(%s::text[]) AS piece",
                        [CHANNEL, payloads],
                    )
                    break
                except Exception as error:  # noqa: BLE001 - a thread's edge; logged below
                    _ended(connection)
                    connection = None
                    if time.monotonic() > until:
                        self._not_told.warn(error)
                        with self._lock:
                            self._missed = self._jobs_wait = True
                        break
                    self._is_closed.wait(RENEWED_AFTER_SECONDS)
        _ended(connection)

    def _next(self) -> Told | None:
        """Waits until there is something to tell, and a moment for more; None at the end."""
        with self._lock:
            while not self._has_news():
                if self._is_closed.is_set():
                    return None
                self._lock.wait()
        self._is_closed.wait(COLLECT_SECONDS)
        with self._lock:
            told = Told(
                events=self._events,
                heard=list(self._heard),
                wake=list(self._wake),
                able=list(self._able),
                jobs_wait=self._jobs_wait,
                missed=self._missed,
            )
            self._events = []
            self._heard, self._wake, self._able = set(), set(), set()
            self._jobs_wait = self._missed = False
        return told

    def _has_news(self) -> bool:
        return bool(self._events or self._heard or self._wake or self._able or self._jobs_wait)

    def _payloads(self, told: Told) -> Iterator[str]:
        """What is told as pieces, each with whose it is, of which message, and which of how many.
        In ASCII, so that it can be cut anywhere."""
        text = json.dumps(msgspec.to_builtins(told), separators=(",", ":"))
        self._number += 1
        pieces = [text[at : at + PIECE_CHARACTERS] for at in range(0, len(text), PIECE_CHARACTERS)]
        for index, piece in enumerate(pieces):
            yield f"{self._me} {self._number} {index} {len(pieces)} {piece}"

    def _listen_for_ever(self, pass_on: Callable[[Told], None]) -> None:
        has_listened = False
        while not self._is_closed.is_set():
            try:
                with self._connect() as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    # What was told meanwhile is lost: the readers of events shall ask anew.
                    pass_on(Told(jobs_wait=True, missed=has_listened))
                    has_listened = True
                    self._listen(connection, pass_on)
            except Exception as error:  # noqa: BLE001 - a thread's edge
                if not self._is_closed.is_set():
                    self._not_heard.warn(error)
                    self._is_closed.wait(RENEWED_AFTER_SECONDS)

    def _listen(self, connection: psycopg.Connection[Any], pass_on: Callable[[Told], None]) -> None:
        pieces = Pieces(but=self._me)
        while not self._is_closed.is_set():
            for notification in connection.notifies(timeout=LOOK_SECONDS):
                text = pieces.add(notification.payload)
                if text is not None:
                    pass_on(msgspec.json.decode(text, type=Told))

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg  # noqa: PLC0415 - there only with the extra `postgresql`

        return psycopg.connect(**self._arguments, autocommit=True)


class Pieces:
    """Puts messages together again. Those of one sender come in their order."""

    def __init__(self, *, but: str) -> None:
        self._me = but
        self._begun: dict[str, tuple[str, list[str]]] = {}

    def add(self, payload: str) -> str | None:
        """The whole message whose last piece this is; None where more is to come, where its
        beginning was missed, or where it is one's own."""
        sender, number, index, count, piece = payload.split(" ", 4)
        if sender == self._me or int(count) > PIECES_MOST:
            return None
        begun = self._begun.pop(sender, None)
        pieces = begun[1] if begun and begun[0] == number else []
        if len(pieces) != int(index):
            return None
        pieces.append(piece)
        if len(pieces) == int(count):
            return "".join(pieces)
        self._begun[sender] = (number, pieces)
        return None


def _ended(connection: psycopg.Connection[Any] | None) -> None:
    if connection:
        connection.close()
