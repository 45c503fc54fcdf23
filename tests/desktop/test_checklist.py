"""The setup's progress as one value."""

from __future__ import annotations

from qubix_desktop.checklist import Checklist, Row
from qubix_worker.errors import Problem
from qubix_worker.setup.steps import Progress

PROBLEM = Problem("disk_full", "There is no room left on the disk.", "Free some space.")
FRESH = Checklist((Row("a", "Fetching", 30), Row("b", "Saving", 10)))


def test_nothing_is_done_at_the_start() -> None:
    assert FRESH.fraction == 0
    assert FRESH.seconds_left == 40
    assert FRESH.running is None


def test_a_step_counts_by_its_usual_length() -> None:
    half = FRESH.after(Progress("a", "running", done=5, total=10, unit="bytes"))
    assert half.running is not None
    assert half.running.unit == "bytes"
    assert half.fraction == 15 / 40
    assert half.after(Progress("a", "done")).fraction == 30 / 40


def test_a_step_whose_size_is_unknown_counts_when_it_is_done() -> None:
    assert FRESH.after(Progress("a", "running", done=5)).fraction == 0


def test_a_failure_names_its_problem_and_can_be_tried_again() -> None:
    done = FRESH.after(Progress("a", "done"))
    failed = done.after(Progress("b", "failed", problem=PROBLEM)).ended()
    assert (failed.mood, failed.problem) == ("failed", PROBLEM)
    again = failed.retried()
    assert (again.mood, again.problem) == ("working", None)
    assert [row.state for row in again.rows] == ["done", "waiting"]


def test_an_unforeseen_failure_is_put_to_the_step_that_ran() -> None:
    failed = FRESH.after(Progress("a", "running")).failed(PROBLEM)
    assert [row.state for row in failed.rows] == ["failed", "waiting"]
    assert failed.ended().mood == "failed"


def test_a_cancel_ends_when_all_is_undone() -> None:
    cancelling = FRESH.after(Progress("a", "running")).cancelling()
    undone = cancelling.after(Progress("a", "undone"))
    assert undone.mood == "cancelling"
    assert undone.ended().mood == "cancelled"


def test_it_is_done_when_every_step_is() -> None:
    done = FRESH.after(Progress("a", "done")).after(Progress("b", "done"))
    assert done.mood == "working"
    assert done.ended().mood == "done"
    assert done.ended().fraction == 1


def test_news_of_an_unknown_step_changes_nothing() -> None:
    assert FRESH.after(Progress("other", "done")) == FRESH
