"""Jobs among workers that are killed, fall silent, pause and lose answers: none is lost, none is
given to two at once, none is doubled. The machine below plays the workers; the rules are real."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from qubix_server.heartbeats import News
from qubix_server.store.engine import writing_engine
from tests.server.databases import Databases
from tests.server.ledger import SILENT_MS, Ledger, opened

SLOTS = {"one": 1, "two": 2, "four": 4, "old": 1, "mute": 1}
"""`old` names one job and tells no slots; `mute` is an inherited client that names nothing."""
NAMES = st.sampled_from(sorted(SLOTS))


@dataclass
class Player:
    """What a worker knows by itself."""

    name: str
    slots: int
    heard_at: int
    at_work: dict[str, int] = field(default_factory=dict)
    """The jobs at work, and their attempts."""
    spool: dict[str, int] = field(default_factory=dict)
    """Results on their way; they survive a kill."""
    paused: bool = False
    online: bool = False
    forgotten: bool = False
    """The server may rightly have given its jobs to others."""

    @property
    def has(self) -> dict[str, int]:
        return self.at_work | self.spool

    def report(self) -> tuple[str, dict[str, Any]]:
        status = "paused" if self.paused else "busy" if self.has else "online"
        free = 0 if self.paused else self.slots - len(self.at_work)
        if self.name == "mute":
            return status, {}
        if self.name == "old":
            current = next(iter(self.at_work), None) or next(iter(sorted(self.spool)), None)
            return status, {"current_job": current, "worker_version": "0.1.0"}
        return status, {"current_jobs": tuple(self.has), "free_slots": free}


class Leases(RuleBasedStateMachine):
    engine: Engine

    @initialize()
    def begin(self) -> None:
        self.context = opened(self.engine)
        self.ledger: Ledger = self.context.__enter__()
        self.players = {name: Player(name, slots, self.ledger.now) for name, slots in SLOTS.items()}
        for name in SLOTS:
            self.ledger.join(name, capabilities=["any"])
        self.created: list[str] = []
        self.cancelled: set[str] = set()
        self.accepted: dict[str, int] = {}
        self.given_to: dict[tuple[str, int], str] = {}

    def teardown(self) -> None:
        if hasattr(self, "context"):
            try:
                self.bring_all_to_an_end()
            finally:
                self.context.__exit__(None, None, None)

    # --- What happens -------------------------------------------------------------------------

    @rule()
    def create(self) -> None:
        self.created.append(self.ledger.create())

    @rule(name=NAMES, lost=st.booleans())
    def beat(self, name: str, lost: bool = False) -> None:
        player = self.players[name]
        news, told = self.hear(player)
        if not lost:
            self.take_in(player, news, told.get("free_slots"))

    @rule(names=st.lists(NAMES, unique=True))
    def wake_those_who_wait(self, names: list[str]) -> None:
        """Their heartbeats were taken before, and told that they could take a job."""
        waiting = {}
        for name in names:
            player = self.players[name]
            news, told = self.hear(player)
            self.take_in(player, news, told.get("free_slots"))
            if not news and news.can_take:
                waiting[name] = tuple(told.get("current_jobs") or ())
        self.created.append(self.ledger.create())
        for name in self.ledger.wake(*waiting):
            player = self.players[name]
            free = None if name in ("old", "mute") else player.slots - len(player.at_work)
            self.take_in(player, self.ledger.news(name, waiting[name]), free)

    @rule(lost=st.booleans())
    def poll(self, lost: bool) -> None:
        player = self.players["mute"]
        given = self.ledger.pending("mute")
        if not lost:
            for job_id in given:
                self.start(player, job_id, self.ledger.job(job_id)["attempt"])

    @rule(name=NAMES, data=st.data())
    def progress(self, name: str, data: st.DataObject) -> None:
        player = self.players[name]
        if player.at_work and not player.forgotten:
            job_id = data.draw(st.sampled_from(sorted(player.at_work)))
            if job_id not in self.cancelled:
                self.ledger.progress(name, job_id)

    @rule(name=NAMES, data=st.data())
    def finish(self, name: str, data: st.DataObject) -> None:
        player = self.players[name]
        if player.at_work:
            job_id = data.draw(st.sampled_from(sorted(player.at_work)))
            player.spool[job_id] = player.at_work.pop(job_id)

    @rule(name=NAMES, lost=st.booleans())
    def deliver(self, name: str, lost: bool = False) -> None:
        player = self.players[name]
        for job_id, attempt in tuple(player.spool.items()):
            refused = self.ledger.complete(name, job_id, attempt)
            if refused is None:
                assert self.accepted.setdefault(job_id, attempt) == attempt, "accepted twice"
            else:
                assert player.forgotten or job_id in self.cancelled, refused
            if not lost or refused:
                del player.spool[job_id]

    @rule(name=NAMES)
    def kill(self, name: str) -> None:
        self.players[name].at_work.clear()

    @rule(name=NAMES, paused=st.booleans())
    def pause(self, name: str, paused: bool) -> None:
        self.players[name].paused = paused

    @rule(seconds=st.integers(1, 60))
    def time_passes(self, seconds: int) -> None:
        self.ledger.now += seconds * 1000
        for player in self.players.values():
            if player.heard_at < self.ledger.now - SILENT_MS:
                player.online, player.forgotten = False, bool(player.has)
        # The limit of a job that a mute worker has at work: it ends what takes longer.
        self.ledger.lose_the_silent()
        self.see_what_was_taken_back(self.players["mute"])

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        open_jobs = [job for job in self.created if job not in self.accepted]
        open_jobs = [job for job in open_jobs if self.ledger.status(job) != "FAILED"]
        if open_jobs:
            job_id = data.draw(st.sampled_from(open_jobs))
            self.ledger.cancel(job_id)
            self.cancelled.add(job_id)

    # --- What a worker makes of an answer -----------------------------------------------------

    def hear(self, player: Player) -> tuple[News, dict[str, Any]]:
        """The worker's heartbeat, and what it told."""
        status, told = player.report()
        news = self.ledger.beat(player.name, status, **told)
        player.heard_at, player.online = self.ledger.now, True
        if player.name == "mute" and player.paused:
            # What it has begun and never named is given back.
            self.see_what_was_taken_back(player)
        return news, told

    def see_what_was_taken_back(self, player: Player) -> None:
        for job_id in player.has:
            player.forgotten |= self.ledger.job(job_id)["status"] == "PENDING"

    def take_in(self, player: Player, news: News, free: int | None) -> None:
        if free is not None:
            assert len(news.pending_jobs) <= free, "more jobs than slots"
        for job_id in news.cancelled_jobs:
            legitimate = player.forgotten or job_id in self.cancelled
            assert legitimate, "told to drop what it holds"
            player.at_work.pop(job_id, None)
            player.spool.pop(job_id, None)
        for job in news.pending_jobs:
            self.start(player, job["id"], job["attempt"])
        if not player.has:
            player.forgotten = False

    def start(self, player: Player, job_id: str, attempt: int) -> None:
        owner = self.given_to.setdefault((job_id, attempt), player.name)
        assert owner == player.name, "one lease, two workers"
        assert job_id not in self.accepted
        if job_id not in player.has and not player.paused and len(player.at_work) < player.slots:
            player.at_work[job_id] = attempt

    # --- What must hold -----------------------------------------------------------------------

    @invariant()
    def who_is_heard_keeps_what_it_has(self) -> None:
        if not hasattr(self, "players"):
            return
        for player in self.players.values():
            for job_id, attempt in player.has.items():
                job = self.ledger.job(job_id)
                if player.forgotten or job_id in self.cancelled:
                    continue
                assert job["worker_id"] == player.name, (player, job)
                assert job["attempt"] == attempt, (player, job)

    @invariant()
    def what_was_accepted_stays(self) -> None:
        for job_id, attempt in getattr(self, "accepted", {}).items():
            job = self.ledger.job(job_id)
            assert (job["status"], job["attempt"]) == ("COMPLETED", attempt)

    def bring_all_to_an_end(self) -> None:
        """Everyone works on, and nothing goes wrong any more."""
        for _ in range(len(self.created) * 2 + 6):
            for name, player in self.players.items():
                player.paused = False
                if name == "mute" and not player.has:
                    # It cannot say that it lost something: only silence takes it back.
                    held = self.ledger.provider(name)["current_job_id"]
                    if held and self.ledger.status(held) == "RUNNING":
                        self.ledger.now = max(self.ledger.now, player.heard_at + SILENT_MS + 1)
                        self.others_are_heard(but=name)
                        self.ledger.lose_the_silent()
                self.beat(name)
                for job_id in tuple(player.at_work):
                    player.spool[job_id] = player.at_work.pop(job_id)
                self.deliver(name)
        for job_id in self.created:
            status = self.ledger.status(job_id)
            assert (status == "COMPLETED") == (job_id in self.accepted)
            if job_id in self.cancelled:
                assert status == "CANCELLED"
            elif status == "FAILED":
                assert self.ledger.job(job_id)["lost_leases"] == 3
            else:
                assert status == "COMPLETED", "a job was lost"

    def others_are_heard(self, but: str) -> None:
        for name in self.players:
            if name != but:
                self.beat(name)


@pytest.fixture(scope="module")
def engine(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = writing_engine(databases.make(tmp_path_factory.mktemp("ledger")))
    yield engine
    engine.dispose()


@pytest.mark.slow
@pytest.mark.both_databases
def test_no_job_is_lost_given_twice_or_doubled(engine: Engine) -> None:
    # Of the dozens of turns of an example each asks the database dozens of questions.
    run(engine, examples=2, steps=15)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_no_job_is_lost_given_twice_or_doubled_in_long_runs(engine: Engine) -> None:
    run(engine, examples=100, steps=40)


def run(engine: Engine, examples: int, steps: int) -> None:
    class OverThisDatabase(Leases):
        pass

    OverThisDatabase.engine = engine
    run_state_machine_as_test(
        OverThisDatabase,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
