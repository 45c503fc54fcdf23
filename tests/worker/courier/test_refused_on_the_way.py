"""A result that something on the way to the server refuses holds up no other, and is not lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qubix_worker.courier import IN_VAIN, REFUSED_ON_THE_WAY, Delivered
from qubix_worker.protocol import JobProgress
from qubix_worker.spool import PENDING_MOST
from tests.conftest import wait_until
from tests.worker.courier.sending import (
    DONE,
    Begin,
    Sending,
    completions,
    nothing,
    ok,
    refusing,
    says,
    told,
)
from tests.worker.network.scripted import Request, Visit, serving


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
    begin: Begin, refusal: Callable[[Request, Visit], None]
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
