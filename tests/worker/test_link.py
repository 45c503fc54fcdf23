"""The heartbeat: when it is sent, what becomes of its answer, and what it does after a failure."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qubix_worker.backoff import Backoff
from qubix_worker.client import ServerClient
from qubix_worker.clocks import Clocks
from qubix_worker.link import (
    ASIDE_SECONDS,
    NEWS_AT_ONCE,
    NEWS_PER_SECOND,
    Beat,
    BeatFailed,
    Bucket,
    Link,
)
from qubix_worker.protocol import Heartbeat
from tests.conftest import wait_until
from tests.worker.network.scripted import HEARD, Request, Scripted, Visit, serving

JOB = {"id": "j-1", "kind": "wasm", "spec": {}, "timeoutSeconds": 5, "attempt": 1}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Beating:
    """A link to a scripted server, and all that came of it."""

    def __init__(self, url: str, glance_seconds: float = 0.05) -> None:
        self.status: Any = "online"
        self.jobs: tuple[str, ...] = ()
        self.free_slots: int | None = None
        self.trouble: Exception | None = None
        self.posted: list[Beat | BeatFailed] = []
        self.wall, self.steady = Clock(), Clock()
        self.made: list[ServerClient] = []
        self._url = url
        self.link = Link(
            self._client,
            self._report,
            self.posted.append,
            interval_seconds=30,
            backoff=Backoff(first_seconds=0.05, most_seconds=0.05, draw=random.Random(1)),
            clocks=Clocks(self.wall, self.steady),
            glance_seconds=glance_seconds,
        )

    def _report(self) -> Heartbeat:
        if self.trouble:
            raise self.trouble
        return Heartbeat(self.status, current_jobs=self.jobs, free_slots=self.free_slots)

    def _client(self, patience_seconds: float) -> ServerClient:
        client = ServerClient(
            self._url, worker_id="w-1", secret="s", patience_seconds=patience_seconds
        )
        self.made.append(client)
        return client


@pytest.fixture
def begin() -> Iterator[Callable[[Scripted], Beating]]:
    begun: list[Beating] = []

    def begin(server: Scripted, glance_seconds: float = 0.05) -> Beating:
        begun.append(Beating(server.url, glance_seconds))
        begun[-1].link.start()
        return begun[-1]

    yield begin
    for beating in begun:
        beating.link.stop()


def is_held(request: Request) -> bool:
    return "wait=" in request.path


def hold(request: Request, visit: Visit) -> None:
    """Answers at once what is not to be held, and holds the rest."""
    if is_held(request):
        visit.hold(60)
    else:
        visit.answer(HEARD)


def test_the_first_heartbeat_is_answered_at_once_and_the_next_is_held(
    begin: Callable[[Scripted], Beating],
) -> None:
    with serving(hold) as server:
        beating = begin(server)
        wait_until(lambda: len(server.asked) == 2)
        assert [is_held(request) for request in server.asked] == [False, True]
        assert len(beating.posted) == 1


def test_the_answer_is_held_also_for_a_busy_worker_that_takes_more(
    begin: Callable[[Scripted], Beating],
) -> None:
    with serving(hold) as server:
        beating = begin(server)
        beating.status, beating.jobs = "busy", ("j-1",)
        wait_until(lambda: any(map(is_held, server.asked)))


def test_news_is_told_aside_while_an_answer_is_held_and_over_one_connection(
    begin: Callable[[Scripted], Beating],
) -> None:
    with serving(hold) as server:
        beating = begin(server)
        wait_until(lambda: len(server.asked) == 2)
        for count in (1, 2, 3):
            beating.jobs = (f"j-{count}",)
            beating.link.beat_soon()
            wait_until(lambda count=count: len(server.asked) == 2 + count)
            assert server.asked[-1].json["currentJobs"] == [f"j-{count}"]
        assert server.visits == 2


def test_no_news_is_lost_that_comes_while_the_clocks_are_looked_at(
    begin: Callable[..., Beating],
) -> None:
    with serving(hold) as server:
        beating = begin(server, glance_seconds=0.0)  # does nothing else
        wait_until(lambda: len(server.asked) == 2)
        for count in range(NEWS_AT_ONCE):
            beating.jobs = (f"j-{count}",)
            beating.link.beat_soon()
            wait_until(lambda count=count: len(server.asked) == 3 + count)


def test_a_job_that_has_begun_is_told_within_a_tenth_of_a_second(
    begin: Callable[[Scripted], Beating],
) -> None:
    gave = False

    def give(request: Request, visit: Visit) -> None:
        nonlocal gave
        if is_held(request) and not gave:
            gave = True
            visit.answer(HEARD | {"pendingJobs": [JOB]})
        else:
            hold(request, visit)

    with serving(give) as server:
        beating = begin(server)
        wait_until(
            lambda: any(isinstance(b, Beat) and b.answer.pending_jobs for b in beating.posted)
        )
        began = time.monotonic()
        beating.jobs = ("j-1",)
        beating.link.beat_soon()
        wait_until(lambda: server.asked[-1].json["currentJobs"] == ["j-1"])
        assert time.monotonic() - began < 5


def test_a_job_that_is_given_aside_is_fetched_by_the_heartbeat_itself(
    begin: Callable[[Scripted], Beating],
) -> None:
    assigned = threading.Event()

    def give(request: Request, visit: Visit) -> None:
        if request.json["currentJobs"] == ["free now"]:
            assigned.set()
        if assigned.is_set():
            visit.answer(HEARD | {"pendingJobs": [JOB]})
        else:
            hold(request, visit)

    with serving(give) as server:
        beating = begin(server)
        wait_until(lambda: any(map(is_held, server.asked)))
        beating.jobs = ("free now",)
        beating.link.beat_soon()
        wait_until(
            lambda: any(isinstance(b, Beat) and b.answer.pending_jobs for b in beating.posted)
        )
        assert not any(isinstance(beat, BeatFailed) for beat in beating.posted)


@pytest.mark.slow
def test_a_server_that_holds_to_the_end_is_asked_again_at_once(
    begin: Callable[[Scripted], Beating],
) -> None:
    def brief(request: Request, visit: Visit) -> None:
        if is_held(request):
            visit.hold(1)
        visit.answer(HEARD | {"heartbeatIntervalSeconds": 1})

    with serving(brief) as server:
        begin(server)
        began = time.monotonic()
        wait_until(lambda: len(server.asked) == 4)
        assert 2 <= time.monotonic() - began < 4


@pytest.mark.slow
def test_a_server_that_holds_nothing_is_asked_in_its_interval_only(
    begin: Callable[[Scripted], Beating],
) -> None:
    with serving(lambda request, visit: visit.answer(HEARD | {"heartbeatIntervalSeconds": 1})) as (
        server
    ):
        begin(server)
        began = time.monotonic()
        wait_until(lambda: len(server.asked) == 4)
        assert time.monotonic() - began > 1.8


def test_a_failure_is_told_and_tried_again(begin: Callable[[Scripted], Beating]) -> None:
    def broken(request: Request, visit: Visit) -> None:
        visit.answer(b"<html>", 500)

    with serving(broken) as server:
        beating = begin(server)
        wait_until(lambda: len(beating.posted) == 3)
        assert all(isinstance(beat, BeatFailed) for beat in beating.posted)
        server.answer = hold
        wait_until(lambda: isinstance(beating.posted[-1], Beat))


@pytest.mark.slow
def test_a_report_that_cannot_be_made_does_not_end_the_heartbeat(
    begin: Callable[[Scripted], Beating],
) -> None:
    with serving(hold) as server:
        beating = begin(server)
        wait_until(lambda: len(server.asked) == 2)
        beating.trouble = OSError(5, "the spool's disk is broken")
        server.close()
        wait_until(lambda: len(beating.posted) >= 3)
        assert all(isinstance(beat, BeatFailed) for beat in beating.posted[1:])
    with serving(hold, port=server.port):
        beating.trouble = None
        wait_until(lambda: isinstance(beating.posted[-1], Beat))


@pytest.mark.slow
def test_what_the_server_asked_for_is_waited_for_whatever_happens_meanwhile(
    begin: Callable[[Scripted], Beating],
) -> None:
    def full(request: Request, visit: Visit) -> None:
        visit.answer({"error": "full", "code": "overloaded"}, 503, Retry_After="1")

    with serving(full) as server:
        beating = begin(server)
        wait_until(lambda: beating.posted)
        began = time.monotonic()
        for _ in range(5):
            beating.link.beat_soon()
        wait_until(lambda: len(server.asked) == 2)
        assert time.monotonic() - began > 0.9


@pytest.mark.parametrize("which", ["wall", "steady"])
def test_after_a_sleep_the_server_hears_of_it_at_once_and_nothing_has_failed(
    begin: Callable[[Scripted], Beating], which: str
) -> None:
    with serving(hold) as server:
        beating = begin(server)
        wait_until(lambda: len(server.asked) == 2)
        getattr(beating, which).now += 3600
        wait_until(lambda: len(server.asked) == 3, seconds=10)
        assert not any(isinstance(beat, BeatFailed) for beat in beating.posted)
        assert server.visits == 2, "the connection from before the sleep is not used again"


def test_a_sleep_ends_the_wait_for_a_server_that_was_away(
    begin: Callable[[Scripted], Beating],
) -> None:
    def full(request: Request, visit: Visit) -> None:
        visit.answer({"error": "full", "code": "overloaded"}, 503, Retry_After="600")

    with serving(full) as server:
        beating = begin(server)
        wait_until(lambda: beating.posted)
        beating.wall.now += 3600
        wait_until(lambda: len(server.asked) == 2, seconds=10)


def test_stop_says_goodbye(begin: Callable[[Scripted], Beating]) -> None:
    with serving(hold) as server:
        beating = begin(server)
        wait_until(lambda: len(server.asked) == 2)
        beating.status = "offline"
        beating.link.stop()
        assert server.asked[-1].json["status"] == "offline"


@pytest.mark.slow
def test_stop_does_not_wait_for_a_server_that_drips(begin: Callable[[Scripted], Beating]) -> None:
    def drip(request: Request, visit: Visit) -> None:
        if request.json["status"] == "offline":
            visit.drip(b"HTTP/1.1 200 OK\r\nX: ")
        hold(request, visit)

    with serving(drip) as server:
        beating = begin(server)
        wait_until(lambda: len(server.asked) == 2)
        beating.status = "offline"
        began = time.monotonic()
        beating.link.stop()
        assert time.monotonic() - began < 3 * ASIDE_SECONDS


def giving(*jobs: Any, refused: int = 200) -> Callable[[Request, Visit], None]:
    """A server that gives these jobs with every answer, and says so much to a refusal."""

    def answer(request: Request, visit: Visit) -> None:
        if request.path.endswith("/complete"):
            visit.answer({"success": refused == 200, "error": "x", "code": "x"}, refused)
        else:
            visit.answer(HEARD | {"pendingJobs": list(jobs), "cancelledJobs": ["j-9"]})

    return answer


def test_an_answer_that_is_too_long_to_be_read_does_not_come_for_ever() -> None:
    given: list[Any] = []

    def generous(request: Request, visit: Visit) -> None:
        if request.json["status"] == "paused":
            given.clear()
        elif request.json["status"] != "offline":
            for at in range(len(given), request.json["freeSlots"]):
                given.append(JOB | {"id": f"j-{at}", "spec": {"args": ["a" * 60_000]}})
        visit.answer(HEARD | {"pendingJobs": given})

    with serving(generous) as server:
        beating = Beating(server.url)
        beating.free_slots = 64
        beating.link.start()
        wait_until(lambda: any(isinstance(each, Beat) for each in beating.posted))
        beating.link.beat_soon()
        wait_until(lambda: any(is_given(each) for each in beating.posted))
        beating.link.stop()
        told = [(request.json["status"], request.json["freeSlots"]) for request in server.asked]
        assert told[:3] == [("online", 64), ("paused", 0), ("online", 1)]


def is_given(posted: Beat | BeatFailed) -> bool:
    return isinstance(posted, Beat) and bool(posted.answer.pending_jobs)


def refusals(server: Scripted) -> list[Request]:
    return [request for request in server.asked if request.path.endswith("/complete")]


def test_a_job_that_cannot_be_read_costs_neither_the_others_nor_the_heartbeat(
    begin: Callable[[Scripted], Beating],
) -> None:
    with serving(giving({"id": "j-2", "attempt": 2}, JOB, "no job")) as server:
        beating = begin(server)
        wait_until(lambda: refusals(server))
        beat = beating.posted[0]
        assert isinstance(beat, Beat)
        assert [job.id for job in beat.answer.pending_jobs] == ["j-1"]
        assert beat.answer.cancelled_jobs == ("j-9",)
        assert refusals(server)[0].path == "/api/jobs/j-2/complete"
        assert refusals(server)[0].json["status"] == "failed"
        assert refusals(server)[0].json["attempt"] == 2
        assert "kind is missing" in refusals(server)[0].json["error"]


def test_a_refusal_that_is_not_heard_is_repeated_and_logged_once(
    begin: Callable[[Scripted], Beating], caplog: pytest.LogCaptureFixture
) -> None:
    with serving(giving({"id": "j-2"}, refused=503)) as server:
        beating = begin(server)
        wait_until(lambda: refusals(server))
        beating.link.beat_soon()
        wait_until(lambda: len(refusals(server)) >= 2)
        assert all(isinstance(each, Beat) for each in beating.posted)
        assert caplog.text.count("left out") == 1


def test_what_is_at_work_here_is_not_refused(begin: Callable[[Scripted], Beating]) -> None:
    with serving(giving({"id": "j-2"}, {"id": "j-3"})) as server:
        beating = Beating(server.url)
        beating.jobs = ("j-2",)
        beating.link.start()
        wait_until(lambda: refusals(server))
        beating.link.stop()
        assert {request.path for request in refusals(server)} == {"/api/jobs/j-3/complete"}


@pytest.mark.slow
@pytest.mark.parametrize("status", ["paused", "online"], ids=["not held", "held"])
def test_a_state_that_changes_without_end_is_told_now_and_then_and_the_last_one_in_any_case(
    begin: Callable[[Scripted], Beating], status: str
) -> None:
    with serving(hold) as server:
        beating = begin(server)
        beating.status = status
        beating.link.beat_soon()
        wait_until(lambda: len(server.asked) >= 2)
        began = time.monotonic()
        for at in range(300):
            beating.jobs = (f"j-{at}",)
            beating.link.beat_soon()
            threading.Event().wait(0.003)  # a script that is in a hurry
        beating.jobs = ("the last",)
        beating.link.beat_soon()
        wait_until(lambda: server.asked[-1].json["currentJobs"] == ["the last"])
        seconds = time.monotonic() - began
        assert len(server.asked) <= NEWS_AT_ONCE + NEWS_PER_SECOND * seconds + 4


def test_a_bucket_gives_what_it_holds_and_then_what_comes_in() -> None:
    clock = Clock()
    bucket = Bucket(2, 4.0, clock)
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.25]
    clock.now += 0.25
    assert [bucket.take() for _ in range(2)] == [0.0, 0.25]
    clock.now += 1000
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.25]
