"""A job that cannot be read costs neither the others nor the heartbeat, and is refused."""

from __future__ import annotations

from typing import Any

import pytest

from qubix_worker.pending import UnreadableJob, told_apart

GOOD = {"id": "j-1", "kind": "wasm", "spec": {}, "timeoutSeconds": 5, "attempt": 1}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != key}


@pytest.mark.parametrize(
    ("job", "name", "attempt", "why"),
    [
        (without("kind"), "j-1", 1, "kind is missing"),
        (GOOD | {"spec": "x"}, "j-1", 1, "spec must be an object"),
        (GOOD | {"timeoutSeconds": 10**9}, "j-1", 1, "timeoutSeconds must be between 1 and 86400"),
        (GOOD | {"attempt": "2"}, "j-1", None, "attempt must be a whole number"),
        (GOOD | {"attempt": 10**300}, "j-1", None, "attempt must be between 0 and 999999"),
        (GOOD | {"attempt": -1}, "j-1", None, "attempt must be between 0 and 999999"),
        (GOOD | {"id": "../../x"}, None, 1, "id must be letters"),
        (GOOD | {"id": 5}, None, 1, "id must be a text"),
        (without("id"), None, 1, "id is missing"),
        ("a job", None, None, "The value must be an object"),
        (None, None, None, "The value must be an object"),
    ],
)
def test_what_cannot_be_read_is_told_apart_with_the_key_that_is_wrong(
    job: Any, name: str | None, attempt: int | None, why: str
) -> None:
    answer, (unreadable,) = told_apart({"success": True, "pendingJobs": [GOOD, job]})
    assert answer == {"success": True, "pendingJobs": [GOOD]}
    assert (unreadable.id, unreadable.attempt) == (name, attempt)
    assert why in unreadable.why


def test_what_is_no_name_among_the_cancelled_jobs_costs_no_other() -> None:
    answer, left_out = told_apart({"cancelledJobs": ["j-1", None, 7, {}, ["j-2"], "j-3"]})
    assert (answer, left_out) == ({"cancelledJobs": ["j-1", "j-3"]}, ())


@pytest.mark.parametrize("answer", [{}, {"pendingJobs": None}, {"pendingJobs": "no"}, [], None])
def test_an_answer_without_a_list_of_jobs_is_left_as_it_is(answer: Any) -> None:
    assert told_apart(answer) == (answer, ())


@pytest.mark.parametrize("attempt", [10**300, -1, True, "2"])
def test_an_attempt_that_cannot_be_one_can_still_be_refused(attempt: Any) -> None:
    _, (unreadable,) = told_apart({"pendingJobs": [GOOD | {"attempt": attempt}]})
    assert unreadable.refusal.attempt is None


def test_the_refusal_says_why_and_of_which_attempt() -> None:
    refusal = UnreadableJob("j-1", 2, "kind is missing").refusal
    assert (refusal.status, refusal.attempt) == ("failed", 2)
    assert refusal.error == "The job could not be read: kind is missing."
