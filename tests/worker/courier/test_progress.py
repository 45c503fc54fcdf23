"""Progress is told: the latest figure, and all lines in their order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qubix_worker.courier import LINES_MOST
from qubix_worker.protocol import JobProgress
from tests.conftest import wait_until
from tests.worker.courier.sending import (
    Begin,
    Sending,
    lines,
    nothing,
    ok,
    refusing,
    says,
    told,
)
from tests.worker.network.scripted import Request, Scripted, Visit, serving


def test_only_the_latest_figure_is_told_but_every_line_in_its_order(
    begin: Begin,
) -> None:
    with serving(ok) as server:
        sending = begin(server)
        for at in range(100):
            sending.courier.progress("j-1", JobProgress(at, log=(f"{at} a", f"{at} b")))
        wait_until(lambda: len(lines(server)) == 200)
        assert lines(server) == [f"{at} {which}" for at in range(100) for which in "ab"]
        assert told(server)[-1].json["progress"] == 99
        assert len(told(server)) < 20


def test_of_too_many_lines_the_newest_stay(tmp_path: Path) -> None:
    with serving(ok) as server:
        sending = Sending(server.url, tmp_path)
        for at in range(3 * LINES_MOST):
            sending.courier.progress("j-1", JobProgress(1, log=(str(at),)))
        sending.courier.start()
        wait_until(lambda: len(lines(server)) >= LINES_MOST)
        sending.courier.stop()
        assert lines(server) == [str(at) for at in range(2 * LINES_MOST, 3 * LINES_MOST)]


def test_long_lines_are_told_in_several_requests_of_a_size_that_the_server_takes(
    begin: Begin,
) -> None:
    with serving(ok) as server:
        sending = begin(server)
        wanted = tuple(f"{at} " + "\u00e9" * 4000 for at in range(20))
        sending.courier.progress("j-1", JobProgress(1, log=wanted))
        wait_until(lambda: len(lines(server)) == 20)
        assert tuple(lines(server)) == wanted
        assert all(len(request.body) < 64 * 1024 for request in told(server))


def test_the_last_lines_are_told_before_the_end(begin: Begin) -> None:
    with serving(ok) as server:
        sending = begin(server)
        sending.courier.progress("j-1", JobProgress(10, log=("first",)))
        wait_until(lambda: lines(server) == ["first"])
        sending.courier.progress("j-1", JobProgress(100, log=("last",)))
        sending.put("j-1")
        wait_until(lambda: sending.posted)
        paths = [request.path.rpartition("/")[2] for request in server.asked]
        assert paths == ["progress", "progress", "complete"]
        assert lines(server) == ["first", "last"]


@contextmanager
def in_vain(begin: Begin) -> Iterator[Scripted]:
    """A server that does not answer: a line has been told there, and another is to be."""
    with serving(nothing) as server:
        sending = begin(server)
        sending.courier.progress("j-1", JobProgress(10, log=("a",)))
        wait_until(lambda: told(server))
        sending.courier.progress("j-1", JobProgress(20, log=("b",)))
        yield server


def test_lines_that_could_not_be_told_are_told_later_and_once(begin: Begin) -> None:
    with in_vain(begin) as server:
        server.asked.clear()
        server.answer = ok
        wait_until(lambda: "b" in lines(server))
        assert lines(server)[-2:] == ["a", "b"]


def test_what_is_told_again_has_its_number_again_and_what_came_meanwhile_has_the_next(
    begin: Begin,
) -> None:
    with in_vain(begin) as server:
        server.answer = ok
        wait_until(lambda: "b" in lines(server))
        sent = [(request.json["report"], request.json["log"]) for request in told(server)]
        assert sent[-2:] == [(1, ["a"]), (2, ["b"])]
        assert all(each == (1, ["a"]) for each in sent[:-1])
        assert len({request.json["session"] for request in told(server)}) == 1


def test_progress_that_does_not_get_through_holds_up_no_other_for_long(
    begin: Begin,
) -> None:
    with serving(refusing("poison", 403, b"<html>Blocked</html>")) as server:
        sending = begin(server)
        sending.courier.progress("poison", JobProgress(10, log=("<script>",)))
        wait_until(lambda: told(server))
        sending.courier.progress("good", JobProgress(10))
        wait_until(lambda: any("/good/" in request.path for request in told(server)))


def test_all_last_lines_are_told_before_the_end_however_many(
    begin: Begin,
) -> None:
    with serving(ok) as server:
        sending = begin(server)
        wanted = [f"{at} " + "x" * 4000 for at in range(30)]
        sending.courier.progress("j-1", JobProgress(100, log=tuple(wanted)))
        sending.put("j-1")
        wait_until(lambda: sending.posted)
        assert lines(server) == wanted


def test_progress_that_is_refused_is_not_told_again_and_stops_no_result(
    begin: Begin,
) -> None:
    def refuse_progress(request: Request, visit: Visit) -> None:
        if request.path.endswith("/progress"):
            visit.answer({"success": False, "error": "Gone.", "code": "lease_lost"}, 409)
        else:
            ok(request, visit)

    with serving(refuse_progress) as server:
        sending = begin(server)
        sending.courier.progress("j-1", JobProgress(10, log=("a",)))
        wait_until(lambda: told(server))
        sending.put("j-2")
        wait_until(lambda: sending.posted)
        assert len(told(server)) == 1


def test_a_server_in_trouble_is_not_flooded_with_progress(
    begin: Begin,
) -> None:
    with serving(says(b"", 503, Retry_After="2")) as server:
        sending = begin(server)
        until = time.monotonic() + 0.7
        while time.monotonic() < until:
            sending.courier.progress("j-1", JobProgress(10, log=("a",)))
            threading.Event().wait(0.005)  # a chatty job
        assert len(told(server)) == 1
