"""What changes, told to those who have asked. A slow reader never slows the others.

An event is published once it is committed, by whoever committed it. It is encoded once; each
subscriber has a bounded queue, and one that lets it fill up is told to go (close code 1013).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

MARKETPLACE = "marketplace"
QUEUE_LENGTH = 256
SUBSCRIPTIONS_MOST = 100

T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """One change, for the subscribers of any of `topics`. `data` is JSON values.

    Those who listen to the marketplace alone, which is public, are not told what is in `private`.
    """

    type: str
    data: dict[str, Any]
    topics: tuple[str, ...]
    private: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What a write came to, and what follows from it once it is committed."""

    value: T
    events: tuple[Event, ...] = ()
    jobs_wait: bool = False
    """Some job may be waiting that a held heartbeat can take."""
    wake: tuple[str, ...] = ()
    """Workers whose held heartbeat shall be answered."""


def provider_topic(worker_id: str) -> str:
    return f"provider:{worker_id}"


def job_topic(job_id: str) -> str:
    return f"job:{job_id}"


@dataclass(eq=False)
class Subscriber:
    """One reader: its queue, and whether it was too slow. Made and used on the event loop."""

    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    too_slow: asyncio.Event = field(default_factory=asyncio.Event)
    topics: set[str] = field(default_factory=set)
    subscriptions: dict[str, str] = field(default_factory=dict)
    """What the reader calls each topic that it has asked for."""


class Hub:
    """Who listens to what, within this process."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[Subscriber]] = defaultdict(set)

    def subscribe(self, subscriber: Subscriber, topic: str) -> None:
        subscriber.topics.add(topic)
        self._listeners[topic].add(subscriber)

    def unsubscribe(self, subscriber: Subscriber, topic: str) -> None:
        subscriber.topics.discard(topic)
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

    def publish(self, event: Event) -> None:
        trusted = {
            one
            for topic in event.topics
            if topic != MARKETPLACE
            for one in self._listeners.get(topic, ())
        }
        public = set(self._listeners.get(MARKETPLACE, ())) if MARKETPLACE in event.topics else set()
        self._send(trusted, event.type, event.data | event.private)
        self._send(public - trusted, event.type, event.data)

    def _send(self, listeners: set[Subscriber], kind: str, data: dict[str, Any]) -> None:
        if not listeners:
            return
        message = msgspec.json.encode({"type": kind, "data": data})
        for subscriber in listeners:
            try:
                subscriber.queue.put_nowait(message)
            except asyncio.QueueFull:
                subscriber.too_slow.set()
                self.forget(subscriber)
