"""The running worker as a guest: its owner's limits, changed while it runs, and several jobs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.guest.hours import DAYS
from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker, job, submit, wait_for_job

pytestmark = pytest.mark.slow


def provider(worker: LiveWorker) -> dict[str, Any]:
    path = f"/api/providers/{worker.status().worker_id}"
    answer = worker.server.ask("GET", path, credential=worker.server.token)
    found: dict[str, Any] = answer.json()["provider"]
    return found


def other_days() -> str:
    """A plan of hours that today and tomorrow are not in."""
    today = datetime.now().astimezone()
    out = {today.weekday(), (today + timedelta(days=1)).weekday()}
    return ",".join(day for at, day in enumerate(DAYS) if at not in out)


def set_to(worker: LiveWorker, *changes: str) -> None:
    done = worker.run("settings", *changes)
    assert done.returncode == 0, done.stderr


def test_as_many_jobs_run_at_once_as_the_owner_allows(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    set_to(worker, "jobs_at_once=2")
    jobs = [submit(live_server, "loop", timeoutSeconds=60) for _ in range(3)]
    for job_id in jobs[:2]:
        wait_for_job(live_server, job_id, "RUNNING")
    assert {running.id for running in worker.status().jobs} == set(jobs[:2])
    assert job(live_server, jobs[2])["status"] == "PENDING"
    live_server.ask("POST", f"/api/jobs/{jobs[0]}/cancel", {}, credential=live_server.token)
    wait_for_job(live_server, jobs[2], "RUNNING")
    wait_until(lambda: {running.id for running in worker.status().jobs} == set(jobs[1:]))
    assert job(live_server, jobs[1])["attempt"] == 1


def test_outside_its_hours_it_rests_and_the_server_knows_why(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    job_id = submit(live_server, "loop", timeoutSeconds=60)
    wait_for_job(live_server, job_id, "RUNNING")
    set_to(worker, f"hours={other_days()}")
    resting = worker.wait_for("paused")
    assert resting.paused_by == "schedule"
    assert resting.paused_until
    wait_for_job(live_server, job_id, "PENDING")
    wait_until(lambda: provider(worker)["status"] == "paused")
    assert provider(worker)["pauseReason"] == resting.pause_reason
    set_to(worker, "hours=")
    worker.wait_for("working")
    wait_for_job(live_server, job_id, "RUNNING")


def test_a_settings_file_that_was_edited_is_taken_up(worker: LiveWorker) -> None:
    path = worker.paths.settings
    text = path.read_text()
    path.write_text(text.replace("hours = []", f"hours = {json.dumps([other_days()])}"))
    # By itself with the answer to a heartbeat, which the server may hold for half a minute.
    wait_until(lambda: worker.status().state == "paused", seconds=60)
    assert worker.status().paused_by == "schedule"
    path.write_text("hours = 'never'\n")
    worker.control.settings()  # whoever asks for them has it look at once
    wait_until(lambda: worker.status().warning is not None)
    assert worker.status().state == "paused"
    warning = worker.status().warning
    assert warning
    assert str(path) in warning.happened
    path.write_text(text)
    worker.control.settings()
    worker.wait_for("online")
    assert worker.status().warning is None


def test_a_change_does_not_undo_what_was_edited_in_the_file(worker: LiveWorker) -> None:
    path = worker.paths.settings
    path.write_text(path.read_text().replace("memory_limit_mb = 2048", "memory_limit_mb = 777"))
    set_to(worker, "priority=low")
    assert 'priority = "low"' in path.read_text()
    assert "memory_limit_mb = 777" in path.read_text()
    path.write_text("hours = [\n")
    refused = worker.run("settings", "priority=idle")
    assert refused.returncode != 0
    assert str(path) in refused.stderr
    assert path.read_text() == "hours = [\n"


def test_a_job_stands_still_through_a_short_pause_and_goes_on(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    set_to(worker, "when_paused=freeze")
    job_id = submit(live_server, "loop", timeoutSeconds=3)
    wait_for_job(live_server, job_id, "RUNNING")
    worker.control.pause(6)
    wait_until(lambda: worker.status().jobs and worker.status().jobs[0].frozen)
    wait_until(lambda: provider(worker)["status"] == "paused")
    assert job(live_server, job_id)["status"] == "RUNNING"
    worker.wait_for("working")  # by itself, although its time limit is over by the clock
    failed = wait_for_job(live_server, job_id, "FAILED")
    assert "time limit of 3 s" in failed["error"]
    assert failed["attempt"] == 1


def test_a_long_pause_gives_the_job_back_at_once(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    set_to(worker, "when_paused=freeze")
    job_id = submit(live_server, "loop", timeoutSeconds=60)
    wait_for_job(live_server, job_id, "RUNNING")
    worker.control.pause(3600)
    wait_for_job(live_server, job_id, "PENDING")


def test_without_the_processor_no_job_of_the_processor_comes(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    wait_until(lambda: "wasm" in provider(worker)["capabilities"])
    set_to(worker, "processor=no")
    wait_until(lambda: "wasm" not in provider(worker)["capabilities"])
    job_id = submit(live_server, "mandelbrot")
    worker.control.pause(0.1)  # makes it speak to the server
    worker.wait_for("online")
    assert job(live_server, job_id)["status"] == "PENDING"
    set_to(worker, "processor=yes")
    wait_for_job(live_server, job_id, "COMPLETED")


@pytest.fixture
def blocked(worker: LiveWorker) -> Iterator[Path]:
    """A file where the jobs' folder should be: no job can be begun."""
    shutil.rmtree(worker.paths.jobs, ignore_errors=True)
    worker.paths.jobs.write_text("")
    yield worker.paths.jobs
    worker.paths.jobs.unlink(missing_ok=True)


def test_a_job_that_cannot_be_begun_here_is_given_back(
    worker: LiveWorker, live_server: LiveServer, blocked: Path
) -> None:
    job_id = submit(live_server, "mandelbrot")
    wait_until(lambda: worker.status().recent_jobs)
    assert "could not begin" in (worker.status().recent_jobs[0].reason or "")
    wait_for_job(live_server, job_id, "PENDING")
    assert worker.status().unsent_results == 0
    assert len(worker.status().recent_jobs) == 1  # and it is not taken again at once
