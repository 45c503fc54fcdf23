"""Trying again: longer each time, spread evenly, and never before the server asked."""

from __future__ import annotations

import random

from qubix_worker.backoff import Backoff


def test_the_bound_doubles_up_to_the_most() -> None:
    backoff = Backoff(first_seconds=1, most_seconds=8, draw=random.Random(1))
    assert all(0 <= backoff.failed() <= bound for bound in (1, 2, 4, 8, 8, 8))


def test_success_begins_anew() -> None:
    backoff = Backoff(first_seconds=1, most_seconds=100, draw=random.Random(1))
    for _ in range(10):
        backoff.failed()
    backoff.succeeded()
    assert backoff.failed() <= 1


def test_what_the_server_asked_for_is_a_floor() -> None:
    backoff = Backoff(first_seconds=1, most_seconds=8, draw=random.Random(1))
    assert 60 <= backoff.failed(60) <= 61


def test_ten_thousand_workers_do_not_come_back_in_the_same_second() -> None:
    delays = [Backoff(draw=random.Random(seed)) for seed in range(10_000)]
    for backoff in delays:
        for _ in range(6):
            backoff.failed()
    seconds = [int(backoff.failed()) for backoff in delays]
    assert max(seconds.count(second) for second in set(seconds)) < 200
