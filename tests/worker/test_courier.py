"""Results are handed in until they are acknowledged; progress is told, its lines in their order."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qubix_worker.backoff import Backoff
from qubix_worker.client import ServerClient
from qubix_worker.courier import (
    IN_VAIN,
    LINES_MOST,
    REFUSED_ON_THE_WAY,
    Courier,
    Delivered,
    Patience,
)
from qubix_worker.protocol import JobCompletion, JobProgress
from qubix_worker.spool import PENDING_MOST, Spool
from tests.conftest import wait_until
from tests.worker.network.scripted import Request, Scripted, Visit, serving

DONE = JobCompletion("completed", result={"exitCode": 0}, attempt=1)


class Sending:
    def __init__(
        self, url: str, folder: Path, first_seconds: float = 0.02, tries: int = 1000
    ) -> None:
        self.spool = Spool(folder, clock=lambda: time.time() + self.later_seconds)
        self.later_seconds = 0.0
        self.posted: list[Delivered] = []
        self.courier = Courier(
            lambda: ServerClient(url, worker_id="w-1", secret="s", patience_seconds=1),
            self.spool,
            self.posted.append,
            backoff=Backoff(
                first_seconds=first_seconds, most_seconds=first_seconds, draw=random.Random(1)
            ),
            progress_seconds=0.05,
            patience=Patience(first_seconds, first_seconds, seconds=3600, tries=tries),
        )

    def put(self, job_id: str) -> None:
        self.spool.put(job_id, DONE)
        self.courier.result_is_there()


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[Scripted], Sending]]:
    begun: list[Sending] = []

    def begin(server: Scripted) -> Sending:
        begun.append(Sending(server.url, tmp_path / "spool"))
        begun[-1].courier.start()
        return begun[-1]

    yield begin
    for sending in begun:
        sending.courier.stop()


def ok(request: Request, visit: Visit) -> None:
    visit.answer({"success": True})


def completions(server: Scripted) -> list[Request]:
    return [request for request in server.asked if request.path.endswith("/complete")]


def told(server: Scripted) -> list[Request]:
    return [request for request in server.asked if request.path.endswith("/progress")]


def lines(server: Scripted) -> list[str]:
    return [line for request in told(server) for line in request.json.get("log", [])]


def test_a_result_leaves_the_spool_when_it_is_acknowledged(
    begin: Callable[[Scripted], Sending],
) -> None:
    with serving(ok) as server:
        sending = begin(server)
        sending.put("j-1")
        wait_until(lambda: sending.posted == [Delivered("j-1")])
        assert sending.spool.pending() == []
        assert completions(server)[0].json["attempt"] == 1


def nothing(request: Request, visit: Visit) -> None:
    visit.drop()


def cut_short(request: Request, visit: Visit) -> None:
    visit.send(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"success": tr')
    visit.drop()


def says(body: object, status: int = 200, **headers: str) -> Callable[[Request, Visit], None]:
    return lambda request, visit: visit.answer(body, status, **headers)


@pytest.mark.parametrize(
    "lie",
    [
        nothing,
        cut_short,
        says(b"<html>Sign in</html>"),
        says({}),
        says([]),
        says({"success": False}),
        says({"success": "true"}),
        says(b"not json", 404),
        says(b"<html>", 409),
        says({"error": "Blocked by the filter.", "code": "blocked"}, 403),
        says({"error": "x", "code": "internal"}, 500),
        says({"error": "full", "code": "storage_full"}, 507),
        says({"error": "full", "code": "overloaded"}, 503),
        says({"error": "too many", "code": "too_many"}, 429),
        says({"error": "who?", "code": "unauthorized"}, 401),
        says(b"", 302, Location="http://127.0.0.1:9/"),
        says(b"", 511),
        says(b"", 407),
        says(b" " * (2 << 20)),
    ],
)
def test_what_is_no_acknowledgement_costs_no_result(
    begin: Callable[[Scripted], Sending], lie: Callable[[Request, Visit], None]
) -> None:
    with serving(lie) as server:
        sending = begin(server)
        sending.put("j-1")
        wait_until(lambda: len(completions(server)) >= 2)
        assert len(sending.spool.pending()) == 1
        assert sending.posted == []
        server.answer = ok
        wait_until(lambda: sending.posted == [Delivered("j-1")])
        assert sending.spool.pending() == []


def test_a_refusal_for_good_ends_the_matter(begin: Callable[[Scripted], Sending]) -> None:
    refuse = says({"success": False, "error": "Not yours.", "code": "lease_lost"}, 409)
    with serving(refuse) as server:
        sending = begin(server)
        sending.put("j-1")
        wait_until(lambda: sending.posted == [Delivered("j-1", "lease_lost")])
        assert sending.spool.pending() == []


def test_a_result_that_is_too_large_is_handed_in_as_a_failure(
    begin: Callable[[Scripted], Sending],
) -> None:
    def small_only(request: Request, visit: Visit) -> None:
        if request.json["status"] == "completed":
            visit.answer({"success": False, "error": "Too large.", "code": "too_large"}, 413)
        else:
            ok(request, visit)

    with serving(small_only) as server:
        sending = begin(server)
        sending.put("j-1")
        wait_until(lambda: sending.posted)
        assert "larger" in completions(server)[-1].json["error"]


def refusing(
    job_id: str, status: int, body: object, **headers: str
) -> Callable[[Request, Visit], None]:
    """A way to the server on which the results of the jobs with that name meet a refusal."""

    def answer(request: Request, visit: Visit) -> None:
        if f"/{job_id}" in request.path:
            visit.answer(body, status, **headers)
        else:
            ok(request, visit)

    return answer


@pytest.mark.slow
@pytest.mark.parametrize(
    "refusal",
    [
        refusing("poison", 403, b"<html>Blocked</html>"),
        refusing("poison", 413, b"<html>Too large</html>"),
        refusing("poison", 500, {"error": "x", "code": "internal"}),
        refusing("poison", 502, b"<html>Bad gateway</html>"),
        refusing("poison", 503, b"", Retry_After="1"),
        refusing("poison", 511, b""),
        lambda request, visit: (nothing if "/poison" in request.path else ok)(request, visit),
    ],
    ids=["filter", "too-large", "internal", "gateway", "asks-to-wait", "sign-in", "dropped"],
)
def test_a_result_that_is_refused_on_the_way_holds_up_no_other_and_no_progress(
    begin: Callable[[Scripted], Sending], refusal: Callable[[Request, Visit], None]
) -> None:
    with serving(refusal) as server:
        sending = begin(server)
        sending.put("poison")
        wait_until(lambda: completions(server))
        for name in ("a", "b"):
            sending.put(name)
        wait_until(lambda: [each.job_id for each in sending.posted] == ["a", "b"])
        sending.courier.progress("c", JobProgress(10))
        sending.put("d")
        wait_until(lambda: sending.posted[-1] == Delivered("d"))
        wait_until(lambda: any("/c/" in request.path for request in told(server)))
        assert sending.spool.job_ids() == {"poison"}
        server.answer = ok
        wait_until(lambda: sending.posted[-1] == Delivered("poison"))


def test_many_results_that_are_refused_stand_before_no_other(tmp_path: Path) -> None:
    with serving(refusing("poison", 403, b"<html>Blocked</html>")) as server:
        sending = Sending(server.url, tmp_path)
        for at in range(2 * PENDING_MOST):
            sending.spool.put(f"poison-{at}", DONE)
        sending.spool.put("good", DONE)
        sending.courier.start()
        wait_until(lambda: sending.posted == [Delivered("good")])
        sending.courier.stop()
        assert len(sending.spool.job_ids()) == 2 * PENDING_MOST


def test_while_all_is_refused_little_is_sent(tmp_path: Path) -> None:
    with serving(says(b"<html>Bad gateway</html>", 502)) as server:
        sending = Sending(server.url, tmp_path, first_seconds=60)
        for at in range(20):
            sending.spool.put(f"j-{at}", DONE)
        sending.courier.start()
        wait_until(lambda: len(completions(server)) == IN_VAIN)
        sending.courier.progress("j", JobProgress(10))  # what wakes it sends no more of them
        wait_until(lambda: told(server))
        sending.courier.stop()
        assert len(completions(server)) == IN_VAIN


@pytest.mark.parametrize("status", [400, 422])
def test_a_result_that_the_server_cannot_take_is_handed_in_as_a_failure_that_says_why(
    begin: Callable[[Scripted], Sending], status: int
) -> None:
    def without_result_only(request: Request, visit: Visit) -> None:
        if "result" in request.json:
            said = {"success": False, "error": "It is nested too deep.", "code": "bad_json"}
            visit.answer(said, status)
        else:
            ok(request, visit)

    with serving(without_result_only) as server:
        sending = begin(server)
        sending.put("j-1")
        wait_until(lambda: sending.posted)
        assert completions(server)[-1].json["status"] == "failed"
        assert "It is nested too deep." in completions(server)[-1].json["error"]
        assert sending.spool.job_ids() == frozenset()


def filtering(status: int) -> Callable[[Request, Visit], None]:
    """A firewall that lets no result through, and all else."""

    def answer(request: Request, visit: Visit) -> None:
        if request.path.endswith("/complete") and "result" in request.json:
            visit.answer(b"<html>Blocked</html>", status)
        else:
            ok(request, visit)

    return answer


def kept_aside(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "refused").glob("*"))


def test_a_result_that_is_refused_on_the_way_for_a_day_is_told_as_a_failure_and_kept_aside(
    tmp_path: Path,
) -> None:
    with serving(filtering(403)) as server:
        sending = Sending(server.url, tmp_path, tries=3)
        sending.put("j-1")
        sending.courier.start()
        wait_until(lambda: len(completions(server)) >= 6)
        assert all("result" in request.json for request in completions(server))
        assert sending.posted == []
        sending.later_seconds = 3601
        wait_until(lambda: sending.posted)
        sending.courier.stop()
        last = completions(server)[-1].json
        assert (last["status"], last["attempt"]) == ("failed", 1)
        assert "status 403" in last["error"]
        (delivered,) = sending.posted
        assert delivered.problem_code == REFUSED_ON_THE_WAY
        assert delivered.problem and "status 403" in delivered.problem.happened
        assert sending.spool.job_ids() == frozenset()
        assert kept_aside(tmp_path) == ["j-1-1.json"]


def test_a_result_that_is_too_large_for_something_on_the_way_is_given_up_after_a_few_tries(
    tmp_path: Path,
) -> None:
    with serving(filtering(413)) as server:
        sending = Sending(server.url, tmp_path, tries=3)
        sending.put("j-1")
        sending.courier.start()
        wait_until(lambda: sending.posted)
        sending.courier.stop()
        assert ["result" in request.json for request in completions(server)] == [True] * 3 + [False]
        assert kept_aside(tmp_path) == ["j-1-1.json"]


@pytest.mark.parametrize(
    "away",
    [
        says(b"<html>Welcome to the hotel</html>"),
        says(b"<html>Forbidden</html>", 403),
        says(b"<html>Too large</html>", 413),
        says(b"", 502),
        nothing,
    ],
    ids=["portal", "wall", "small-wall", "gateway", "dropped"],
)
def test_no_result_is_given_up_while_nothing_else_gets_through(
    tmp_path: Path, away: Callable[[Request, Visit], None]
) -> None:
    with serving(away) as server:
        sending = Sending(server.url, tmp_path, tries=3)
        sending.later_seconds = 1e6
        sending.put("j-1")
        sending.courier.start()
        wait_until(lambda: len(completions(server)) >= 4)
        assert all("result" in request.json for request in completions(server))
        server.answer = ok
        wait_until(lambda: sending.posted == [Delivered("j-1")])
        sending.courier.stop()


def test_a_result_that_does_not_get_through_is_sent_less_and_less_often(tmp_path: Path) -> None:
    with serving(filtering(403)) as server:
        sending = Sending(server.url, tmp_path, first_seconds=60)
        sending.put("j-1")
        sending.courier.start()
        wait_until(lambda: completions(server))
        for at in range(5):  # what wakes it sends that one no sooner
            sending.courier.progress(f"j-{at}", JobProgress(10))
            wait_until(lambda at=at: any(f"/j-{at}/" in each.path for each in told(server)))  # type: ignore[misc]
        sending.courier.stop()
        assert len(completions(server)) == 1


def test_a_failure_in_place_of_a_result_that_is_too_large_may_be_refused_like_any_other(
    begin: Callable[[Scripted], Sending],
) -> None:
    def answer(request: Request, visit: Visit) -> None:
        if "/poison/" not in request.path:
            ok(request, visit)
        elif request.json["status"] == "completed":
            visit.answer({"success": False, "error": "Too large.", "code": "too_large"}, 413)
        else:
            visit.answer({"success": False, "error": "Not yours.", "code": "lease_lost"}, 409)

    with serving(answer) as server:
        sending = begin(server)
        sending.put("poison")
        sending.put("good")
        wait_until(lambda: len(sending.posted) == 2)
        assert sending.posted == [Delivered("poison", "lease_lost"), Delivered("good")]
        assert sending.spool.job_ids() == frozenset()


def test_what_the_server_asked_for_is_waited_for(begin: Callable[[Scripted], Sending]) -> None:
    with serving(says({"error": "full", "code": "overloaded"}, 503, Retry_After="1")) as server:
        sending = begin(server)
        began = time.monotonic()
        sending.put("j-1")
        wait_until(lambda: len(completions(server)) == 2)
        assert time.monotonic() - began > 0.9


def test_only_the_latest_figure_is_told_but_every_line_in_its_order(
    begin: Callable[[Scripted], Sending],
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
    begin: Callable[[Scripted], Sending],
) -> None:
    with serving(ok) as server:
        sending = begin(server)
        wanted = tuple(f"{at} " + "\u00e9" * 4000 for at in range(20))
        sending.courier.progress("j-1", JobProgress(1, log=wanted))
        wait_until(lambda: len(lines(server)) == 20)
        assert tuple(lines(server)) == wanted
        assert all(len(request.body) < 64 * 1024 for request in told(server))


def test_the_last_lines_are_told_before_the_end(begin: Callable[[Scripted], Sending]) -> None:
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


def test_lines_that_could_not_be_told_are_told_later_and_once(
    begin: Callable[[Scripted], Sending],
) -> None:
    with serving(nothing) as server:
        sending = begin(server)
        sending.courier.progress("j-1", JobProgress(10, log=("a",)))
        wait_until(lambda: told(server))
        sending.courier.progress("j-1", JobProgress(20, log=("b",)))
        server.asked.clear()
        server.answer = ok
        wait_until(lambda: "b" in lines(server))
        assert lines(server)[-2:] == ["a", "b"]


def test_what_is_told_again_has_its_number_again_and_what_came_meanwhile_has_the_next(
    begin: Callable[[Scripted], Sending],
) -> None:
    with serving(nothing) as server:
        sending = begin(server)
        sending.courier.progress("j-1", JobProgress(10, log=("a",)))
        wait_until(lambda: told(server))
        sending.courier.progress("j-1", JobProgress(20, log=("b",)))
        server.answer = ok
        wait_until(lambda: "b" in lines(server))
        sent = [(request.json["report"], request.json["log"]) for request in told(server)]
        assert sent[-2:] == [(1, ["a"]), (2, ["b"])]
        assert all(each == (1, ["a"]) for each in sent[:-1])
        assert len({request.json["session"] for request in told(server)}) == 1


def test_progress_that_does_not_get_through_holds_up_no_other_for_long(
    begin: Callable[[Scripted], Sending],
) -> None:
    with serving(refusing("poison", 403, b"<html>Blocked</html>")) as server:
        sending = begin(server)
        sending.courier.progress("poison", JobProgress(10, log=("<script>",)))
        wait_until(lambda: told(server))
        sending.courier.progress("good", JobProgress(10))
        wait_until(lambda: any("/good/" in request.path for request in told(server)))


def test_all_last_lines_are_told_before_the_end_however_many(
    begin: Callable[[Scripted], Sending],
) -> None:
    with serving(ok) as server:
        sending = begin(server)
        wanted = [f"{at} " + "x" * 4000 for at in range(30)]
        sending.courier.progress("j-1", JobProgress(100, log=tuple(wanted)))
        sending.put("j-1")
        wait_until(lambda: sending.posted)
        assert lines(server) == wanted


def test_progress_that_is_refused_is_not_told_again_and_stops_no_result(
    begin: Callable[[Scripted], Sending],
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
    begin: Callable[[Scripted], Sending],
) -> None:
    with serving(says(b"", 503, Retry_After="2")) as server:
        sending = begin(server)
        until = time.monotonic() + 0.7
        while time.monotonic() < until:
            sending.courier.progress("j-1", JobProgress(10, log=("a",)))
            threading.Event().wait(0.005)  # a chatty job
        assert len(told(server)) == 1


def test_stop_does_not_wait_for_a_silent_server(begin: Callable[[Scripted], Sending]) -> None:
    with serving(lambda request, visit: visit.hold(60)) as server:
        sending = begin(server)
        sending.put("j-1")
        wait_until(lambda: completions(server))
        began = time.monotonic()
        sending.courier.stop()
        assert time.monotonic() - began < 5
        assert len(sending.spool.pending()) == 1
