"""Who holds a job: a worker with several slots, one with one, and one that tells nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from qubix_server import heartbeats, views, work
from qubix_server.store.engine import writing_engine
from qubix_worker.protocol import JobCreation
from tests.server.databases import Databases
from tests.server.ledger import OPERATOR, SILENT_MS, Ledger, ids, opened

pytestmark = pytest.mark.both_databases

KINDS: dict[str, Any] = {"capabilities": ["any"]}


@pytest.fixture(scope="module")
def engine(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = writing_engine(databases.make(tmp_path_factory.mktemp("ledger")))
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(engine: Engine) -> Iterator[Ledger]:
    with opened(engine) as ledger:
        ledger.join("w", **KINDS)
        yield ledger


def tell(ledger: Ledger, free: int, *named: str, status: str = "online") -> heartbeats.News:
    """A heartbeat of a worker that tells all."""
    return ledger.beat("w", status, current_jobs=named, free_slots=free)


# --- Giving ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("free", "waiting", "given"), [(0, 3, 0), (1, 3, 1), (2, 3, 2), (4, 3, 3), (64, 0, 0)]
)
def test_a_worker_is_given_as_many_jobs_as_it_has_free_slots(
    ledger: Ledger, free: int, waiting: int, given: int
) -> None:
    created = [ledger.create() for _ in range(waiting)]
    assert ids(tell(ledger, free)) == created[:given]


def test_a_busy_worker_with_a_free_slot_is_given_another(ledger: Ledger) -> None:
    first, second = ledger.create(), ledger.create()
    assert ids(tell(ledger, 1)) == [first]
    assert ids(tell(ledger, 1, first, status="busy")) == [second]
    assert ids(tell(ledger, 0, first, second, status="busy")) == []
    assert [ledger.status(job) for job in (first, second)] == ["RUNNING", "RUNNING"]


def test_what_it_has_not_named_yet_counts_against_its_free_slots(ledger: Ledger) -> None:
    created = [ledger.create() for _ in range(4)]
    assert ids(tell(ledger, 2)) == created[:2]
    # The answer was lost: it tells the same again, and is given the same again.
    assert ids(tell(ledger, 2)) == created[:2]
    # Half of the answer was understood.
    assert ids(tell(ledger, 1, created[1])) == [created[0]]


def test_what_has_begun_since_the_heartbeat_takes_a_slot_though_it_is_not_named(
    ledger: Ledger,
) -> None:
    first, second = ledger.create(), ledger.create()
    tell(ledger, 1)
    ledger.progress("w", first)
    assert ledger.wake("w") == ()
    assert ledger.complete("w", first) is None
    assert ledger.wake("w") == ("w",)
    assert ids(ledger.news("w")) == [second]


def test_a_result_that_was_on_its_way_frees_no_slot(ledger: Ledger) -> None:
    first, second = ledger.create(), ledger.create()
    tell(ledger, 1)
    assert ids(tell(ledger, 1, first)) == [second]  # first is done, and its result on its way
    third = ledger.create()
    assert ledger.complete("w", first) is None
    assert ledger.wake("w") == ()
    assert ids(tell(ledger, 1)) == [second]
    assert ledger.status(third) == "PENDING"


def test_each_held_heartbeat_is_given_one_job_before_any_is_given_two(ledger: Ledger) -> None:
    for name in ("a", "b"):
        ledger.join(name, **KINDS)
        ledger.beat(name, current_jobs=(), free_slots=2)
    created = [ledger.create() for _ in range(3)]
    assert ledger.wake("a", "b") == ("a", "b")
    assert ids(ledger.news("a")) == [created[0], created[2]]
    assert ids(ledger.news("b")) == [created[1]]


def test_a_held_heartbeat_of_a_busy_worker_brings_jobs_and_cancels(ledger: Ledger) -> None:
    running = ledger.create()
    tell(ledger, 2)
    assert tell(ledger, 1, running, status="busy").can_take
    another = ledger.create()
    assert ledger.wake("w") == ("w",)
    assert ids(ledger.news("w", (running,))) == [another]
    ledger.cancel(running)
    assert ledger.outcome
    assert ledger.outcome.wake == ("w",)
    assert ledger.news("w", (running,)).cancelled_jobs == (running,)


def test_a_job_that_does_not_fit_is_passed_over(ledger: Ledger) -> None:
    ledger.create(min_vram_gb=9)
    ledger.create(min_ram_gb=17)
    ledger.create(os="windows")
    ledger.create(kind="other")
    fits = ledger.create(min_vram_gb=8, min_ram_gb=16, gpu=True, os="linux")
    assert ids(tell(ledger, 3)) == [fits]


def test_a_worker_is_given_the_kinds_that_it_tells_now(ledger: Ledger) -> None:
    other = ledger.create(kind="other")
    assert ids(ledger.beat("w", free_slots=1)) == []
    assert ids(ledger.beat("w", free_slots=1, capabilities=("other",))) == [other]


def test_an_answer_holds_no_more_than_a_worker_reads(ledger: Ledger) -> None:
    for _ in range(20):
        ledger.write(
            work.create, "operator", JobCreation("any", {"text": "x" * 60_000}), ledger.now
        )
    seen: list[str] = []
    while given := ids(tell(ledger, 20 - len(seen), *seen)):
        assert len(given) < 10
        seen += given
    assert len(set(seen)) == len(seen) == 20


@pytest.mark.parametrize("told", [{}, {"current_jobs": ()}])
def test_who_tells_no_slots_has_one_job_at_a_time(ledger: Ledger, told: dict[str, Any]) -> None:
    first, second = ledger.create(), ledger.create()
    assert ids(ledger.beat("w", **told)) == [first]
    assert ids(ledger.beat("w", "busy", current_job=first)) == []
    assert ledger.complete("w", first) is None
    assert ids(ledger.beat("w", "busy", **told)) == []
    assert ids(ledger.beat("w", **told)) == [second]


# --- Taking back -----------------------------------------------------------------------------


def test_what_a_worker_names_no_more_goes_back_at_once_and_the_rest_stays(ledger: Ledger) -> None:
    kept, lost, new = (ledger.create() for _ in range(3))
    tell(ledger, 2)
    tell(ledger, 0, kept, lost)
    assert ids(tell(ledger, 1, kept)) == [lost]  # it is the oldest that waits
    assert [ledger.job(job)["attempt"] for job in (kept, lost, new)] == [1, 2, 0]
    assert ledger.complete("w", lost, attempt=1) == "lease_lost"
    assert ledger.complete("w", lost, attempt=2) is None
    assert ledger.complete("w", kept, attempt=1) is None


def test_what_a_paused_worker_still_names_stays_its_own(ledger: Ledger) -> None:
    frozen, ended, unseen = (ledger.create() for _ in range(3))
    tell(ledger, 2)
    tell(ledger, 0, frozen, ended)
    assert tell(ledger, 1, frozen, ended).pending_jobs  # it is given the third
    assert ids(tell(ledger, 0, frozen, status="paused")) == []
    assert [ledger.status(job) for job in (frozen, ended, unseen)] == [
        "RUNNING", "PENDING", "PENDING",
    ]  # fmt: skip
    assert ledger.job(unseen)["lost_leases"] == 0
    assert ids(tell(ledger, 2, frozen, status="paused")) == []
    assert ids(tell(ledger, 2, frozen)) == [ended, unseen]


def test_a_job_named_under_a_lost_lease_is_dropped_before_it_is_given_again(
    ledger: Ledger,
) -> None:
    job = ledger.create()
    tell(ledger, 2)
    tell(ledger, 1, job)
    ledger.now += SILENT_MS + 1
    ledger.lose_the_silent()
    assert ledger.status(job) == "PENDING"
    news = tell(ledger, 1, job)
    assert (ids(news), news.cancelled_jobs) == ([], (job,))
    assert ids(tell(ledger, 2)) == [job]
    assert ledger.complete("w", job, attempt=1) == "lease_lost"


def test_all_it_holds_goes_back_when_it_is_silent_or_leaves(ledger: Ledger) -> None:
    created = [ledger.create() for _ in range(3)]
    tell(ledger, 3)
    tell(ledger, 1, *created[:2])
    ledger.now += SILENT_MS + 1
    ledger.lose_the_silent()
    assert {ledger.status(job) for job in created} == {"PENDING"}
    tell(ledger, 3)
    ledger.leave("w")
    assert {ledger.status(job) for job in created} == {"PENDING"}


def test_a_worker_that_is_switched_off_keeps_what_it_has_begun(ledger: Ledger) -> None:
    begun, unseen = ledger.create(), ledger.create()
    tell(ledger, 1)
    tell(ledger, 1, begun)
    ledger.enable("w", False)
    assert [ledger.status(begun), ledger.status(unseen)] == ["RUNNING", "PENDING"]
    assert not tell(ledger, 1, begun).can_take


def test_it_shows_the_job_that_it_has_held_the_longest(ledger: Ledger) -> None:
    first, second = ledger.create(), ledger.create()
    tell(ledger, 2)
    tell(ledger, 2, first, second)
    shown = views.provider(ledger.provider("w"))  # type: ignore[arg-type]
    assert (shown["currentJobId"], shown["isAvailable"]) == (first, True)
    ledger.complete("w", first)
    assert ledger.provider("w")["current_job_id"] == second


# --- Inherited clients, which may name nothing -----------------------------------------------


def test_who_never_names_a_job_is_not_judged_by_what_it_names(ledger: Ledger) -> None:
    job, next_job = ledger.create(), ledger.create()
    assert ledger.pending("w") == []  # it has not been heard yet
    ledger.beat("w")
    assert ledger.pending("w") == [job]
    ledger.beat("w", "busy")
    assert ledger.status(job) == "RUNNING"
    for status in ("busy", "online", "paused", "online"):
        assert ids(ledger.beat("w", status)) == []
    assert ledger.pending("w") == []
    assert ledger.complete("w", job) is None
    assert ids(ledger.beat("w")) == [next_job]


def test_who_is_busy_with_what_it_has_lost_is_given_nothing_that_it_could_not_see(
    ledger: Ledger,
) -> None:
    lost = ledger.create()
    ledger.beat("w")
    ledger.beat("w", "busy")
    ledger.now += SILENT_MS + 1
    ledger.lose_the_silent()
    ledger.beat("w", "busy")
    assert ledger.pending("w") == []
    assert ledger.status(lost) == "PENDING"
    assert ids(ledger.beat("w")) == [lost]


def test_who_has_done_its_job_may_ask_for_the_next_before_its_next_heartbeat(
    ledger: Ledger,
) -> None:
    first, second = ledger.create(), ledger.create()
    ledger.beat("w")
    ledger.beat("w", "busy")
    assert ledger.complete("w", first) is None
    assert ledger.pending("w") == [second]


def test_what_it_has_begun_is_not_shown_to_it_again(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.beat("w")
    ledger.progress("w", job)
    assert ids(ledger.beat("w")) == []
    assert ledger.pending("w") == []


@pytest.mark.parametrize(
    "told",
    [{"current_jobs": ()}, {"free_slots": 1}, {"worker_version": "0.1.0"}, {"current_job": "x"}],
)
def test_who_has_once_told_what_it_has_is_judged_ever_after(
    ledger: Ledger, told: dict[str, Any]
) -> None:
    ledger.beat("w", "busy", **told)
    job = ledger.create()
    ledger.beat("w")
    ledger.progress("w", job)
    assert ids(ledger.beat("w")) == [job]
    assert ledger.job(job)["attempt"] == 2


def test_who_names_nothing_loses_a_job_when_its_time_is_long_over(ledger: Ledger) -> None:
    job = ledger.create(timeout_seconds=300)
    ledger.beat("w")
    ledger.beat("w", "busy")
    begun = ledger.now
    for after, status in ((300_000 + SILENT_MS, "RUNNING"), (300_001 + SILENT_MS, "PENDING")):
        ledger.now = begun + after
        ledger.beat("w", "busy")
        ledger.lose_the_silent()
        assert ledger.status(job) == status
    assert ledger.complete("w", job, attempt=1) == "lease_lost"


def test_it_loses_what_it_holds_when_it_is_silent(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.beat("w")
    ledger.beat("w", "busy")
    ledger.now += SILENT_MS + 1
    ledger.lose_the_silent()
    assert ledger.status(job) == "PENDING"
    assert ledger.complete("w", job) == "lease_lost"


# --- What a worker tells beside --------------------------------------------------------------


def test_the_lines_of_a_job_are_kept_in_order_and_the_oldest_of_too_many_go(
    ledger: Ledger,
) -> None:
    job = ledger.create()
    ledger.beat("w")
    for at in range(12):
        ledger.progress("w", job, tuple(f"{at}.{line}" for line in range(1000)))
    kept = ledger.log(job)
    assert kept == [f"{at}.{line}" for at in range(2, 12) for line in range(1000)]


def test_long_lines_are_fewer(ledger: Ledger) -> None:
    job = ledger.create()
    ledger.beat("w")
    for first in range(0, 1100, 100):
        lines = (f"{at:04}" + "x" * 4092 for at in range(first, first + 100))
        ledger.progress("w", job, tuple(lines))
    assert [line[:4] for line in ledger.log(job)] == [f"{at:04}" for at in range(76, 1100)]


def test_why_a_worker_is_paused_is_kept_while_it_is(ledger: Ledger) -> None:
    ledger.beat("w", "paused", pause_reason="Somebody uses this computer.")
    assert ledger.provider("w")["pause_reason"] == "Somebody uses this computer."
    ledger.beat("w", "online", pause_reason="Not so.")
    assert ledger.provider("w")["pause_reason"] is None
    ledger.beat("w", "paused", pause_reason="It runs on its battery.")
    ledger.now += SILENT_MS + 1
    ledger.lose_the_silent()
    assert ledger.provider("w")["pause_reason"] is None


def test_a_worker_without_a_figure_for_its_memory_is_given_what_asks_for_none(
    ledger: Ledger,
) -> None:
    hardware = {
        "os": {"name": "linux", "version": "", "architecture": "x86_64"},
        "processor": {"logicalCores": 4},
    }
    ledger.join("bare", hardware=hardware, **KINDS)
    ledger.create(min_ram_gb=1)
    fits = ledger.create()
    assert ids(ledger.beat("bare", free_slots=2)) == [fits]


# --- Two heartbeats on their way -------------------------------------------------------------


def say(
    ledger: Ledger,
    report: int,
    free: int,
    *named: str,
    session: str = "one",
    status: str = "online",
) -> heartbeats.News:
    """A heartbeat of a worker that numbers them."""
    return ledger.beat(
        "w", status, current_jobs=named, free_slots=free, session=session, report=report
    )


def test_a_heartbeat_that_was_overtaken_loses_no_job_and_gives_none(ledger: Ledger) -> None:
    first, second = ledger.create(), ledger.create()
    assert ids(say(ledger, 1, 1)) == [first]
    say(ledger, 3, 0, first, status="busy")
    assert ids(say(ledger, 2, 2)) == []
    assert ledger.status(first) == "RUNNING"
    assert ledger.status(second) == "PENDING"
    assert ledger.provider("w")["state"] == "busy"


def test_a_heartbeat_that_is_repeated_concludes_nothing_anew(ledger: Ledger) -> None:
    first = ledger.create()
    say(ledger, 1, 1)
    say(ledger, 2, 0, first)
    assert ids(say(ledger, 2, 0, first)) == []
    assert ledger.status(first) == "RUNNING"


def test_a_worker_that_was_started_again_begins_to_count_anew(ledger: Ledger) -> None:
    first = ledger.create()
    say(ledger, 7, 1)
    say(ledger, 8, 0, first)
    say(ledger, 1, 0, session="two", status="busy")
    assert ledger.status(first) == "PENDING"


def test_progress_that_overtakes_a_heartbeat_costs_no_lease(ledger: Ledger) -> None:
    first = ledger.create()
    say(ledger, 1, 1)
    ledger.progress("w", first)
    say(ledger, 2, 0)
    assert ledger.status(first) == "RUNNING"
    say(ledger, 3, 0, first)
    say(ledger, 4, 0)
    assert ledger.status(first) == "PENDING"


def test_a_job_that_only_told_of_its_progress_is_lost_with_its_worker(ledger: Ledger) -> None:
    first = ledger.create()
    say(ledger, 1, 1)
    ledger.progress("w", first)
    say(ledger, 1, 0, session="two")
    assert ledger.status(first) == "PENDING"


def test_a_job_is_given_in_the_write_that_makes_it_to_a_worker_that_waits(ledger: Ledger) -> None:
    ledger.join("waits", capabilities=["any"])
    ledger.join("other", capabilities=["other"])
    for worker_id in ("waits", "other"):
        ledger.beat(worker_id, free_slots=1)
    wanted = JobCreation("any", {})
    made = ledger.write(work.create, OPERATOR, wanted, ledger.now, ready=("other", "waits"))
    assert (made["status"], made["worker_id"]) == ("ASSIGNED", "waits")
    assert ledger.outcome
    assert (ledger.outcome.wake, ledger.outcome.jobs_wait) == (("waits",), False)
    second = ledger.write(work.create, OPERATOR, wanted, ledger.now, ready=("other", "waits"))
    assert second["status"] == "PENDING"
    assert ledger.outcome.jobs_wait
