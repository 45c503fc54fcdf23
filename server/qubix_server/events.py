"""What changes, told to those who have asked. A slow reader never slows the others.

An event is published once it is committed, by whoever committed it. It is encoded once, as the
WebSocket frame that all its readers get; what waits for a reader goes out in one write. Figures
that only the newest counts of (`publish_newest`) are told once in a tick, however many heartbeats
bring them, so that a heartbeat costs the same with and without readers. Each reader has a bounded
queue, and one that lets it fill up is told to go (close code 1013).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec
from websockets.frames import Frame, Opcode

MARKETPLACE = "marketplace"
IN_FULL = "marketplace-in-full"
"""The same for operators, who are told also what is private, and of what is only that."""
SUBSCRIPTIONS_MOST = 100
TOO_SLOW = 1013
UNPROVEN = 4401
TICK_SECONDS = 0.5
SOON_SECONDS = 0.02
"""So long events are collected for a reader: what changes together is one write."""
AT_ONCE = 200
"""So many readers are woken, or figures told, in one turn of the loop: heartbeats come between."""
QUEUE_BYTES = 2 * 1024 * 1024
"""What waits for a reader, at most. The frames are shared by all readers of an event."""
CHUNK_BYTES = 64 * 1024
PLACES_MOST = 10_000
"""Of so many things it is remembered how far they were told of: far more than happens in the moment
by which servers hear of each other late."""

T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """One change, for the subscribers of any of `topics`. `data` is JSON values.

    Those who listen to the marketplace alone, which is public, are not told what is in `private`.
    What is for the marketplace is for `IN_FULL` as well.
    """

    type: str
    data: dict[str, Any]
    topics: tuple[str, ...]
    private: dict[str, Any] = field(default_factory=dict)
    about: str = ""
    """What it tells of, where nothing older may be told after it: other servers are heard late."""
    place: tuple[float, ...] = ()
    """Its place among all that is told of that: the later it came about, the higher."""


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What a write came to, and what follows from it once it is committed."""

    value: T
    events: tuple[Event, ...] = ()
    jobs_wait: bool = False
    """Some job may be waiting that a held heartbeat can take."""
    wake: tuple[str, ...] = ()
    """Workers whose held heartbeat shall be answered."""
    able: tuple[str, ...] = ()
    """Workers that could take a job now, whatever was so when their heartbeat came."""


def provider_topic(worker_id: str) -> str:
    return f"provider:{worker_id}"


def job_topic(job_id: str) -> str:
    return f"job:{job_id}"


def framed(message: dict[str, Any]) -> bytes:
    """`message` as a WebSocket frame from the server, which any number of readers may be sent."""
    return bytes(Frame(Opcode.TEXT, msgspec.json.encode(message)).serialize(mask=False))


class Subscriber:
    """One reader: what waits for it, and whether it was too slow. Lives on the event loop."""

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.subscriptions: dict[str, str] = {}
        """What the reader calls each topic that it has asked for."""
        self.proofs: dict[str, str] = {}
        """By which credential, as its hash, it hears each topic that is not for all."""
        self.sent_away: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """With which close code, once it is to go."""
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._is_woken = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def put(self, frame: bytes) -> bool:
        """Has `frame` sent after the next `wake`; False where too much waits already."""
        if self._bytes + len(frame) > QUEUE_BYTES:
            self.send_away()
            return False
        self._frames.append(frame)
        self._bytes += len(frame)
        if self._bytes > CHUNK_BYTES:
            self._has_room.clear()
        return True

    def wake(self) -> None:
        self._is_woken.set()

    def send_away(self, close_code: int = TOO_SLOW) -> None:
        if not self.sent_away.done():
            self.sent_away.set_result(close_code)

    async def has_room(self, seconds: float) -> bool:
        """Waits until little waits to be sent, but no longer than this."""
        if not self._has_room.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._has_room.wait(), seconds)
        return self._has_room.is_set()

    async def next(self) -> bytes:
        """Waits for frames, and takes as many as make one write."""
        while not self._frames:
            self._is_woken.clear()
            await self._is_woken.wait()
        taken: list[bytes] = []
        size = 0
        while self._frames and size < CHUNK_BYTES:
            taken.append(self._frames.popleft())
            size += len(taken[-1])
        self._bytes -= size
        if self._bytes <= CHUNK_BYTES:
            self._has_room.set()
        return b"".join(taken)


class Hub:
    """Who listens to what, within this process."""

    def __init__(
        self, *, tick_seconds: float = TICK_SECONDS, soon_seconds: float = SOON_SECONDS
    ) -> None:
        self._tick_seconds = tick_seconds
        self._soon_seconds = soon_seconds
        self._listeners: defaultdict[str, set[Subscriber]] = defaultdict(set)
        self._newest: dict[str, Callable[[], Event]] = {}
        """By topic, what came since the last tick."""
        self._of_this_tick: dict[str, Callable[[], Event]] = {}
        """What is being told now."""
        self._to_wake: deque[Subscriber] = deque()
        self._are_due: set[Subscriber] = set()
        self._places: dict[str, tuple[float, ...]] = {}
        """What was told last of each thing, those that were told of last at the end."""
        self._noticing: list[set[str]] = []

    def subscribe(self, subscriber: Subscriber, topic: str, proof: str = "") -> None:
        """`proof`: the credential, as its hash, by which this is allowed."""
        subscriber.topics.add(topic)
        if topic != MARKETPLACE:
            subscriber.proofs[topic] = proof
        self._listeners[topic].add(subscriber)

    def unsubscribe(self, subscriber: Subscriber, topic: str) -> None:
        subscriber.topics.discard(topic)
        subscriber.proofs.pop(topic, None)
        if listeners := self._listeners.get(topic):
            listeners.discard(subscriber)
            if not listeners:
                del self._listeners[topic]

    def forget(self, subscriber: Subscriber) -> None:
        for topic in tuple(subscriber.topics):
            self.unsubscribe(subscriber, topic)

    def listens(self, topic: str) -> bool:
        """Whether anybody would be told."""
        return topic in self._listeners

    def proofs(self) -> set[str]:
        """The credentials, as hashes, by which somebody hears what is not for all."""
        return {
            subscriber.proofs[topic]
            for topic, listeners in self._listeners.items()
            if topic != MARKETPLACE
            for subscriber in listeners
        }

    def end_unproven(self, unproven: Collection[str]) -> None:
        """Has those closed who hear anything by one of these."""
        for subscriber in {one for listeners in self._listeners.values() for one in listeners}:
            if any(proof in unproven for proof in subscriber.proofs.values()):
                subscriber.send_away(UNPROVEN)
                self.forget(subscriber)

    def begin_anew(self) -> None:
        """Has every reader closed: something was missed, and they shall ask how things stand."""
        for subscriber in {one for listeners in self._listeners.values() for one in listeners}:
            subscriber.send_away()
            self.forget(subscriber)

    def publish_newest(self, topic: str, event: Callable[[], Event]) -> None:
        """Tells those who listen to `topic`, and to it alone, of `event` at the next tick, unless a
        newer one for it comes before."""
        if topic not in self._listeners:
            return
        if not self._newest and not self._of_this_tick:
            asyncio.get_running_loop().call_later(self._tick_seconds, self._begin_tick)
        self._newest[topic] = event

    def publish(self, event: Event) -> None:
        """Tells of it very soon; of what was published before it for the same topics, first. One
        that is older than what was told already is left out."""
        if event.about and not self.is_later(event.about, event.place):
            return
        for topics in self._noticing:
            topics.update(event.topics)
        for topic in event.topics:
            earlier = self._of_this_tick.pop(topic, None)
            if newest := self._newest.pop(topic, earlier):
                self._tell(newest())
        self._tell(event)

    def is_later(self, about: str, place: tuple[float, ...]) -> bool:
        """Whether nothing later was told, or noted here, of `about`; it is noted."""
        before = self._places.pop(about, place)
        self._places[about] = max(before, place)
        if len(self._places) > PLACES_MOST:
            del self._places[next(iter(self._places))]
        return place >= before

    @contextlib.contextmanager
    def noticing(self) -> Iterator[set[str]]:
        """The topics for which something is published meanwhile."""
        topics: set[str] = set()
        self._noticing.append(topics)
        try:
            yield topics
        finally:
            self._noticing = [one for one in self._noticing if one is not topics]

    def _begin_tick(self) -> None:
        self._newest, self._of_this_tick = {}, self._newest
        self._go_on_with_tick()

    def _go_on_with_tick(self) -> None:
        for topic in list(itertools.islice(self._of_this_tick, AT_ONCE)):
            newest = self._of_this_tick.pop(topic)
            if listeners := self._listeners.get(topic):
                event = newest()
                self._put(listeners, event.type, event.data | event.private)
        loop = asyncio.get_running_loop()
        if self._of_this_tick:
            loop.call_soon(self._go_on_with_tick)
        elif self._newest:
            loop.call_later(self._tick_seconds, self._begin_tick)

    def _tell(self, event: Event) -> None:
        trusted = {
            one
            for topic in event.topics
            if topic != MARKETPLACE
            for one in self._listeners.get(topic, ())
        }
        public = self._listeners.get(MARKETPLACE, set()) if MARKETPLACE in event.topics else set()
        self._put(trusted, event.type, event.data | event.private)
        self._put(public - trusted, event.type, event.data)

    def _put(self, listeners: Collection[Subscriber], kind: str, data: dict[str, Any]) -> None:
        if not listeners:
            return
        frame = framed({"type": kind, "data": data})
        if not self._are_due:
            asyncio.get_running_loop().call_later(self._soon_seconds, self._wake_some)
        for subscriber in listeners:
            if not subscriber.put(frame):
                self.forget(subscriber)
            elif subscriber not in self._are_due:
                self._are_due.add(subscriber)
                self._to_wake.append(subscriber)

    def _wake_some(self) -> None:
        for _ in range(min(AT_ONCE, len(self._to_wake))):
            subscriber = self._to_wake.popleft()
            self._are_due.discard(subscriber)
            subscriber.wake()
        if self._are_due:
            asyncio.get_running_loop().call_soon(self._wake_some)
