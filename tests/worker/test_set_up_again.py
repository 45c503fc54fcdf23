"""A computer that has joined, set up again: changed, repaired, moved; with a real worker."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest

from qubix_worker import identity, settings, system
from qubix_worker.control import Control
from qubix_worker.identity import Identity
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings
from qubix_worker.setup import plan
from qubix_worker.setup.steps import Choices, Progress, Setup
from tests.conftest import LiveServer, suspend
from tests.live_worker import LiveWorker

WHO = Identity("w-1", "https://example.org", "desk", "Example", "s3cret")


def last(setup: Setup) -> Progress:
    *_, progress = setup.run(threading.Event())
    return progress


def known(server: LiveServer) -> list[str]:
    answer = server.ask("GET", "/api/providers", credential=server.token).json()
    return [provider["workerId"] for provider in answer["providers"]]


@pytest.fixture
def member(tmp_path: Path) -> Paths:
    """A computer that has joined, and where no worker runs."""
    paths = Paths.under(tmp_path)
    paths.state.mkdir(parents=True)
    identity.save(paths.identity, WHO)
    settings.save(paths.settings, Settings(server=WHO.server, start_at_sign_in=False))
    return paths


def change(paths: Paths, **changes: object) -> Setup:
    kept = identity.in_force(settings.load(paths.settings), identity.load(paths.identity))
    wanted = settings.changed(kept, changes)
    return plan.change(paths, Choices(kept.server, wanted))


def test_a_change_is_written_where_no_worker_runs(member: Paths) -> None:
    assert last(change(member, memory_limit_mb=1024, hours=["sat,sun"])).state == "done"
    kept = settings.load(member.settings)
    assert (kept.memory_limit_mb, kept.hours) == (1024, ("sat,sun",))
    assert identity.load(member.identity) == WHO


def test_a_change_has_the_entry_for_signing_in_made_and_taken_away(member: Paths) -> None:
    entry = system.current().autostart(member.home)
    assert last(change(member, start_at_sign_in=True)).state == "done"
    assert entry.exists()
    assert last(change(member, start_at_sign_in=False)).state == "done"
    assert not entry.exists()


def test_a_change_that_is_given_up_is_taken_back(member: Paths) -> None:
    before = settings.load(member.settings)
    setup = change(member, memory_limit_mb=1024, start_at_sign_in=True)
    assert last(setup).state == "done"
    assert [progress.state for progress in setup.undo()] == ["undone", "undone"]
    assert settings.load(member.settings) == dataclasses.replace(before, name="desk")
    assert not system.current().autostart(member.home).exists()


def test_a_change_of_nothing_does_nothing(member: Paths) -> None:
    before = member.settings.read_bytes()
    assert last(change(member)).state == "done"
    assert member.settings.read_bytes() == before


@pytest.mark.slow
def test_a_change_is_in_force_at_once_in_the_running_worker(worker: LiveWorker) -> None:
    before = worker.status()
    assert last(change(worker.paths, processor_percent=33)).state == "done"
    assert Control(worker.paths).settings().processor_percent == 33
    assert settings.load(worker.paths.settings).processor_percent == 33
    assert (worker.status().pid, worker.status().worker_id) == (before.pid, before.worker_id)


def repair(worker: LiveWorker) -> Setup:
    server = worker.server.url
    kept = Settings(server=server, name="desk", start_at_sign_in=False)
    return plan.plan(worker.paths, Choices(server, kept, afresh=True))


@pytest.mark.slow
def test_a_repair_ends_a_worker_that_hangs_and_mends_the_settings(worker: LiveWorker) -> None:
    hung = worker.status()
    suspend(hung.pid)
    worker.paths.settings.write_text("memory_limit_mb = [")
    assert last(repair(worker)).state == "done"
    now = worker.wait_for("online")
    assert now.pid != hung.pid
    assert now.worker_id == hung.worker_id
    assert settings.load(worker.paths.settings).name == "desk"
    (old,) = worker.paths.config.glob("*.unusable")
    assert old.read_text() == "memory_limit_mb = ["


@pytest.mark.slow
def test_a_repair_that_is_given_up_lets_it_share_on(worker: LiveWorker) -> None:
    setup = repair(worker)
    assert last(setup).state == "done"
    list(setup.undo())
    assert worker.wait_for("online").server == worker.server.url


@pytest.mark.slow
def test_a_move_tells_the_former_network(worker: LiveWorker, tmp_path: Path) -> None:
    former = worker.status().worker_id
    other = LiveServer(tmp_path / "other server")
    other.start()
    try:
        wanted = Settings(server=other.url, name="desk", start_at_sign_in=False)
        choices = Choices(other.url, wanted, other.enroll()["code"])
        assert last(plan.plan(worker.paths, choices)) == Progress("leave", "done")
        assert worker.wait_for("online").server == other.url
        assert former not in known(worker.server)
        assert known(other) == [worker.status().worker_id]
        Control(worker.paths).stop()
    finally:
        other.stop()


@pytest.mark.slow
def test_a_move_from_a_network_that_is_gone_needs_nothing_of_it(
    worker: LiveWorker, tmp_path: Path
) -> None:
    worker.server.kill()
    other = LiveServer(tmp_path / "other server")
    other.start()
    try:
        wanted = Settings(server=other.url, name="desk", start_at_sign_in=False)
        choices = Choices(other.url, wanted, other.enroll()["code"])
        assert last(plan.plan(worker.paths, choices)).state == "done"
        assert worker.wait_for("online").server == other.url
        Control(worker.paths).stop()
    finally:
        other.stop()
