"""What readers within one process are told, and in which order."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from qubix_server.events import PLACES_MOST, Event, Hub, Subscriber

PROGRESS = [Event("JOB_PROGRESS", {"n": n}, ("t",), about="j", place=(0.0, 1.0, n)) for n in (1, 2)]
LATER_LEASE = Event("JOB_PROGRESS", {"n": 0}, ("t",), about="j", place=(0.0, 2.0, 0.0))
END = Event("JOB_COMPLETED", {"n": 9}, ("t",), about="j", place=(1.0, 2.0, 0.0))


def told(events: Sequence[Event], *, noted: tuple[float, ...] | None = None) -> list[int]:
    async def run() -> bytes:
        hub = Hub(soon_seconds=0)
        reader = Subscriber()
        hub.subscribe(reader, "t")
        if noted is not None:
            hub.is_later("j", noted)
        for event in events:
            hub.publish(event)
        hub.publish(Event("LAST", {"n": -1}, ("t",)))
        return await asyncio.wait_for(reader.next(), 10)

    return [int(part.partition(b"}")[0]) for part in asyncio.run(run()).split(b'"n":')[1:-1]]


@pytest.mark.parametrize("order", list(itertools.permutations([*PROGRESS, LATER_LEASE, END])))
def test_in_whatever_order_events_come_none_is_told_after_a_later_one(
    order: tuple[Event, ...],
) -> None:
    places = {event.data["n"]: event.place for event in order}
    seen = [places[n] for n in told(order)]
    assert seen == sorted(seen)
    assert seen[-1] == END.place


def test_what_is_told_again_is_no_older() -> None:
    assert told([PROGRESS[0], PROGRESS[0], END, END]) == [1, 1, 9, 9]


def test_who_has_read_how_it_stands_is_not_told_how_it_was() -> None:
    assert told([*PROGRESS, LATER_LEASE], noted=(0.0, 1.0, 2.0)) == [2, 0]


def test_what_is_about_nothing_is_always_told() -> None:
    plain = [Event("X", {"n": n}, ("t",)) for n in (3, 1, 2)]
    assert told(plain) == [3, 1, 2]


def test_of_many_things_those_that_were_told_of_last_are_remembered() -> None:
    async def run() -> tuple[bool, bool]:
        hub = Hub()
        hub.is_later("first", (5.0,))
        hub.is_later("kept", (5.0,))
        for number in range(PLACES_MOST):
            hub.is_later(str(number), (1.0,))
            if number % 1000 == 0:
                hub.is_later("kept", (5.0,))
        return hub.is_later("first", (1.0,)), hub.is_later("kept", (1.0,))

    assert asyncio.run(run()) == (True, False)


def test_it_can_be_noticed_what_is_published_meanwhile() -> None:
    async def run() -> None:
        hub = Hub()
        with hub.noticing() as one, hub.noticing() as other:
            hub.publish(Event("X", {}, ("a", "b")))
            assert one == other == {"a", "b"}
            one.clear()
            hub.publish(Event("X", {}, ("c",)))
            assert (one, other) == ({"c"}, {"a", "b", "c"})
        hub.publish(Event("X", {}, ("d",)))
        assert "d" not in one

    asyncio.run(run())
