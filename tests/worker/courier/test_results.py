"""Results are handed in until they are acknowledged, or refused for good."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from qubix_worker.courier import Delivered
from tests.conftest import wait_until
from tests.worker.courier.sending import (
    Begin,
    completions,
    nothing,
    ok,
    says,
)
from tests.worker.network.scripted import Request, Visit, serving


def test_a_result_leaves_the_spool_when_it_is_acknowledged(
    begin: Begin,
) -> None:
    with serving(ok) as server:
        sending = begin(server)
        sending.put("j-1")
        wait_until(lambda: sending.posted == [Delivered("j-1")])
        assert sending.spool.pending() == []
        assert completions(server)[0].json["attempt"] == 1


def cut_short(request: Request, visit: Visit) -> None:
    visit.send(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"success": tr')
    visit.drop()


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
    begin: Begin, lie: Callable[[Request, Visit], None]
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


def test_a_refusal_for_good_ends_the_matter(begin: Begin) -> None:
    refuse = says({"success": False, "error": "Not yours.", "code": "lease_lost"}, 409)
    with serving(refuse) as server:
        sending = begin(server)
        sending.put("j-1")
        wait_until(lambda: sending.posted == [Delivered("j-1", "lease_lost")])
        assert sending.spool.pending() == []


def test_a_result_that_is_too_large_is_handed_in_as_a_failure(
    begin: Begin,
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


@pytest.mark.parametrize("status", [400, 422])
def test_a_result_that_the_server_cannot_take_is_handed_in_as_a_failure_that_says_why(
    begin: Begin, status: int
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


def test_a_failure_in_place_of_a_result_that_is_too_large_may_be_refused_like_any_other(
    begin: Begin,
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


def test_what_the_server_asked_for_is_waited_for(begin: Begin) -> None:
    with serving(says({"error": "full", "code": "overloaded"}, 503, Retry_After="1")) as server:
        sending = begin(server)
        began = time.monotonic()
        sending.put("j-1")
        wait_until(lambda: len(completions(server)) == 2)
        assert time.monotonic() - began > 0.9


def test_stop_does_not_wait_for_a_silent_server(begin: Begin) -> None:
    with serving(lambda request, visit: visit.hold(60)) as server:
        sending = begin(server)
        sending.put("j-1")
        wait_until(lambda: completions(server))
        began = time.monotonic()
        sending.courier.stop()
        assert time.monotonic() - began < 5
        assert len(sending.spool.pending()) == 1
