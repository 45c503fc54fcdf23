"""What the charts remember: the last minutes, with gaps where nothing was known."""

from __future__ import annotations

import pytest

from qubix_desktop.status.history import MEMORY, PROCESSOR, SAMPLES, SECONDS, History, thing_of
from qubix_desktop.watcher import Seen
from qubix_worker.errors import Problem
from qubix_worker.protocol import GraphicsUsage, Usage
from qubix_worker.status import Status

ABSENT = Problem("worker_not_running", "Not running.", "Start it.")


def seen(percent: float | None, *cards: GraphicsUsage, problem: Problem | None = None) -> Seen:
    usage = Usage(cpu_percent=percent, gpus=cards)
    return Seen(Status("online", 0, "desk", "https://h", "H", "w", "1", 1, usage=usage), problem)


def lengths(history: History) -> list[int]:
    return [len(run) for run in history.trace(PROCESSOR).runs]


def test_a_course_ends_with_the_last_look() -> None:
    history = History()
    for at, percent in enumerate((10, 40, 25)):
        history.add(seen(percent), float(at))
    trace = history.trace(PROCESSOR)
    assert [(point.age, point.value) for point in trace.runs[0]] == [(2, 10), (1, 40), (0, 25)]
    assert (trace.now, trace.least, trace.most) == (25, 10, 40)


@pytest.mark.parametrize(
    "nothing", [seen(None), seen(50, problem=ABSENT), Seen(), Seen(None, ABSENT)]
)
def test_where_nothing_was_known_there_is_a_gap(nothing: Seen) -> None:
    history = History()
    for at, look in enumerate((seen(1), seen(2), nothing, nothing, seen(3))):
        history.add(look, float(at))
    assert lengths(history) == [2, 1]


def test_where_nobody_looked_there_is_a_gap() -> None:
    history = History()
    for at in (0.0, 1.0, 30.0, 31.0, 32.0):  # this computer slept, or was too busy
        history.add(seen(5), at)
    assert lengths(history) == [2, 3]


def test_a_last_look_that_found_nothing_shows_no_old_figure_as_that_of_now() -> None:
    history = History()
    history.add(seen(50), 0.0)
    history.add(Seen(None, ABSENT), 1.0)
    trace = history.trace(PROCESSOR)
    assert (trace.now, trace.most) == (None, 50)


def test_months_take_no_more_room_than_minutes() -> None:
    history = History()
    for at in range(50 * SAMPLES):
        history.add(seen(at % 100), float(at))
    (run,) = history.trace(PROCESSOR).runs
    assert len(run) == SECONDS + 1
    for at in range(10 * SAMPLES):
        history.add(seen(1), 1e6 + at / 100)  # asked far more often than every second
    assert lengths(history) == [SAMPLES]


def test_two_cards_of_one_name_are_told_apart() -> None:
    cards = (GraphicsUsage("Card", percent=10), GraphicsUsage("Card", percent=90))
    history = History()
    history.add(seen(1, *cards), 0.0)
    shares = [history.trace((thing_of(card, at), "percent")).now for at, card in enumerate(cards)]
    assert shares == [10, 90]


def test_the_memory_of_a_card_is_a_share_of_what_it_has() -> None:
    card = GraphicsUsage("Card", memory_used_mb=3072, memory_total_mb=12288, uuid="GPU-1")
    history = History()
    history.add(seen(1, card), 0.0)
    assert history.trace(("card:GPU-1", "memory")).now == 25
    assert not history.knows(("card:GPU-1", "celsius"))
    assert not history.knows(MEMORY)
