"""A server that lies about what it was handed: in the end it has every result once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import wait_until
from tests.worker.network.scripted import Answer, Request, Scripted, Visit
from tests.worker.nothing_lost.played import Giving, Process, job

pytestmark = pytest.mark.slow


def dies_in_the_middle(request: Request, visit: Visit) -> None:
    visit.send(b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"succ')
    visit.drop()


def dies_at_once(request: Request, visit: Visit) -> None:
    visit.drop()


def closes_politely(request: Request, visit: Visit) -> None:
    visit.send(b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\nConnection: close\r\n\r\n{"success"')
    visit.connection.close()


def pours(request: Request, visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (200 << 20))
    for _ in range(200):
        visit.send(b" " * (1 << 20))


def says(body: Any, status: int = 200, **headers: str) -> Answer:
    return lambda request, visit: visit.answer(body, status, **headers)


LIES: list[Answer] = [
    dies_in_the_middle,
    closes_politely,
    dies_at_once,
    pours,
    says({"error": "x", "code": "internal"}, 500),
    says(b"<html>Bad gateway</html>", 502),
    says({"error": "full", "code": "storage_full"}, 507),
    says({"error": "full", "code": "overloaded"}, 503, Retry_After="1"),
    says(b'{"success": tru'),
    says(b"[1, 2, 3]"),
    says({"success": False}),
    says(b"<html>Welcome to the hotel</html>"),
    says(b"not found", 404),
]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[Answer], tuple[Scripted, Process]]]:
    begun: list[tuple[Scripted, Process]] = []

    def begin(answer: Answer) -> tuple[Scripted, Process]:
        server = Scripted(answer)
        process = Process(tmp_path / "home", server.url)
        begun.append((server, process))
        process.start()
        return begun[-1]

    yield begin
    for server, process in begun:
        process.end()
        server.close()


def test_every_result_is_acknowledged_once_in_the_end(
    begin: Callable[[Answer], tuple[Scripted, Process]],
) -> None:
    count = len(LIES)
    lies = {f"job-{number}": [lie] for number, lie in enumerate(LIES)}
    giving = Giving([job(number) for number in range(count)], lies)
    _, process = begin(giving)
    wait_until(lambda: len(giving.acknowledged) == count, seconds=180)
    wait_until(lambda: not list(process.paths.spool.glob("*")))
    assert set(giving.acknowledged.values()) == {1}
    assert set(giving.tries.values()) == {2}
    assert giving.results == {f"job-{number}": f"{number:010d}" for number in range(count)}
    assert "Traceback" not in process.log()


def test_a_slow_server_gets_every_result_once(
    begin: Callable[[Answer], tuple[Scripted, Process]],
) -> None:
    giving = Giving([job(number) for number in range(2)], {})

    def slowly(request: Request, visit: Visit) -> None:
        visit.hold(0.7)
        giving(request, visit)

    _, process = begin(slowly)
    wait_until(lambda: len(giving.acknowledged) == 2, seconds=60)
    wait_until(lambda: not list(process.paths.spool.glob("*")))
    assert set(giving.acknowledged.values()) == {1}


def test_an_acknowledgement_that_is_lost_is_asked_for_again(
    begin: Callable[[Answer], tuple[Scripted, Process]],
) -> None:
    """The server has taken the result, and dies before it can say so: the worker repeats it, and
    a server takes a repeated result for what it is."""
    taken: list[bytes] = []

    def takes_and_dies(request: Request, visit: Visit) -> None:
        taken.append(request.body)
        visit.drop()

    giving = Giving([job(1)], {"job-1": [takes_and_dies]})
    _, process = begin(giving)
    wait_until(lambda: giving.acknowledged, seconds=60)
    wait_until(lambda: not list(process.paths.spool.glob("*")))
    assert giving.tries["job-1"] == 2


def test_results_outlive_a_worker_that_is_killed_while_the_server_is_away(
    begin: Callable[[Answer], tuple[Scripted, Process]],
) -> None:
    giving = Giving([job(1)], {"job-1": [dies_at_once] * 1000})
    server, process = begin(giving)
    wait_until(lambda: giving.tries["job-1"] >= 1, seconds=60)
    assert process.process
    process.process.kill()
    process.process.wait()
    honest = Giving([], {})
    server.answer = honest
    process.start()
    wait_until(lambda: honest.acknowledged["job-1"] == 1, seconds=60)
    assert honest.results == {"job-1": "0000000001"}


def test_a_person_is_told_of_a_result_that_something_on_the_way_does_not_take(
    begin: Callable[[Answer], tuple[Scripted, Process]],
) -> None:
    giving = Giving([job(1)], {})

    def small_wall(request: Request, visit: Visit) -> None:
        if not request.path.endswith("/complete"):
            giving(request, visit)
        elif "result" in request.json:
            giving.tries["job-1"] += 1
            visit.answer(b"<html>Request Entity Too Large</html>", 413)
        else:
            visit.answer({"success": True})

    server, process = begin(small_wall)
    wait_until((process.paths.spool / "refused" / "job-1-1.json").exists, seconds=60)
    warning = wait_until(lambda: process.control.status().warning, seconds=20)
    assert warning.code == "refused_on_the_way"
    assert "status 413" in warning.happened
    ends = [each.json for each in server.asked if each.path.endswith("/complete")]
    assert ["result" in end for end in ends] == [True] * 3 + [False]
    wait_until(lambda: process.control.status().unsent_results == 0, seconds=20)
