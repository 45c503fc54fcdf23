"""The running worker, as a process against a real server: jobs, pauses, kill -9, signals."""

from __future__ import annotations

import base64
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import wasmtime

from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker, job, submit, wait_for_job

pytestmark = pytest.mark.slow

WRITES = """
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 260)
  (func (export "_start")
    (memory.fill (i32.const 1024) (i32.const 65) (i32.const 16777217))
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.add (i32.const 16777216) (i32.const %d)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""
"""Writes 16 MiB, and so many bytes more, to its standard output."""


def test_jobs_are_done_one_after_the_other_without_waiting_for_heartbeats(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    for _ in range(2):
        done = wait_for_job(live_server, submit(live_server, "mandelbrot"), "COMPLETED")
        assert done["metrics"]["wallSeconds"] < 20
    wait_until(lambda: len(worker.status().recent_jobs) == 2)
    assert {finished.outcome for finished in worker.status().recent_jobs} == {"completed"}
    assert list(worker.paths.jobs.iterdir()) == []
    wait_until(lambda: worker.status().unsent_results == 0)


@pytest.mark.parametrize("more", [0, 1])
def test_an_output_of_16_mebibytes_reaches_the_operator_whole_and_no_byte_more(
    worker: LiveWorker, live_server: LiveServer, more: int
) -> None:
    spec = {"module": base64.b64encode(wasmtime.wat2wasm(WRITES % more)).decode()}
    job_id = submit(live_server, "mandelbrot", spec=spec)
    status = "FAILED" if more else "COMPLETED"
    done = wait_for_job(live_server, job_id, status)
    path = f"/api/jobs/{job_id}/result"
    result = live_server.ask("GET", path, credential=live_server.token).json()["result"]
    if more:
        assert "more than 16 MiB" in done["error"]
    else:
        assert base64.b64decode(result["stdout"]) == b"A" * (16 << 20)
    wait_until(lambda: worker.status().unsent_results == 0)


def test_a_job_that_traps_is_a_failure_and_the_worker_goes_on(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    pid = worker.status().pid
    failed = wait_for_job(live_server, submit(live_server, "trap"), "FAILED")
    assert "unreachable" in failed["error"]
    wait_for_job(live_server, submit(live_server, "mandelbrot"), "COMPLETED")
    assert worker.status().pid == pid


def test_a_pause_gives_the_job_back_and_is_seen_by_the_server(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    job_id = submit(live_server, "loop", timeoutSeconds=60)
    worker.wait_for("working")
    worker.control.pause(3600)
    assert worker.wait_for("paused").paused_by == "you"
    wait_for_job(live_server, job_id, "PENDING")

    def seen() -> str:
        answer = live_server.ask(
            "GET", f"/api/providers/{worker.status().worker_id}", credential=live_server.token
        )
        return str(answer.json()["provider"]["status"])

    wait_until(lambda: seen() == "paused")
    worker.control.resume()
    worker.wait_for("working")
    wait_for_job(live_server, job_id, "RUNNING")


def test_a_pause_ends_by_itself_and_outlives_a_restart(worker: LiveWorker) -> None:
    worker.control.pause(0.3)
    worker.wait_for("online")
    worker.control.pause(None)
    worker.kill()
    assert worker.setup().returncode == 0
    assert worker.wait_for("paused").paused_until is None


def test_a_cancelled_job_ends_at_the_worker(worker: LiveWorker, live_server: LiveServer) -> None:
    job_id = submit(live_server, "loop", timeoutSeconds=60)
    worker.wait_for("working")
    wait_for_job(live_server, job_id, "RUNNING")
    live_server.ask("POST", f"/api/jobs/{job_id}/cancel", {}, credential=live_server.token)
    wait_until(lambda: worker.status().job is None)
    assert job(live_server, job_id)["status"] == "CANCELLED"


def test_a_killed_worker_starts_again_as_itself_and_the_job_goes_on(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    before = worker.status()
    job_id = submit(live_server, "loop", timeoutSeconds=600)
    worker.wait_for("working")
    wait_for_job(live_server, job_id, "RUNNING")
    worker.kill()
    assert worker.setup().returncode == 0
    assert worker.status().worker_id == before.worker_id
    worker.wait_for("working")
    assert wait_for_job(live_server, job_id, "RUNNING")["attempt"] == 2


def test_a_server_that_goes_and_comes_is_found_again(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    live_server.kill()
    offline = worker.wait_for("offline")
    assert offline.retry_at
    wait_until(lambda: (trouble := worker.status().trouble) and trouble.code == "refused")
    live_server.start()
    worker.wait_for("online")


def test_a_result_that_cannot_be_sent_is_sent_later(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    job_id = submit(live_server, "loop", timeoutSeconds=3)
    worker.wait_for("working")
    wait_for_job(live_server, job_id, "RUNNING")
    live_server.kill()
    wait_until(lambda: worker.status().unsent_results == 1)
    assert len(list(worker.paths.spool.iterdir())) == 1
    live_server.start()
    assert "time limit" in wait_for_job(live_server, job_id, "FAILED")["error"]
    wait_until(lambda: not list(worker.paths.spool.iterdir()))


def test_a_revoked_worker_says_what_to_do_and_can_join_again(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    worker_id = worker.status().worker_id
    path = f"/api/providers/{worker_id}"
    live_server.ask("DELETE", path, credential=live_server.token)
    worker.control.pause(0.1)  # makes it speak to the server at once
    trouble = worker.wait_for("attention").trouble
    assert trouble
    assert "Join the network again" in trouble.todo
    assert worker.setup().returncode == 0
    assert worker.wait_for("online").worker_id != worker_id


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_the_server_knows_at_once(
    worker: LiveWorker, live_server: LiveServer, number: signal.Signals
) -> None:
    status = worker.status()
    os.kill(status.pid, number)
    wait_until(worker.ended)
    answer = live_server.ask(
        "GET", f"/api/providers/{status.worker_id}", credential=live_server.token
    )
    assert answer.json()["provider"]["isOnline"] is False
    assert "Traceback" not in worker.paths.log.read_text()


def test_stop_gives_the_job_back_at_once(worker: LiveWorker, live_server: LiveServer) -> None:
    job_id = submit(live_server, "loop", timeoutSeconds=600)
    worker.wait_for("working")
    wait_for_job(live_server, job_id, "RUNNING")
    assert worker.run("stop").returncode == 0
    assert job(live_server, job_id)["status"] == "PENDING"


def test_a_portal_that_answers_for_the_server_costs_no_result(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    job_id = submit(live_server, "loop", timeoutSeconds=3)
    worker.wait_for("working")
    wait_for_job(live_server, job_id, "RUNNING")
    live_server.kill()

    class Portal(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_error(404)

        def log_message(self, *arguments: Any) -> None:
            asked.append(self.path)

    asked: list[str] = []
    portal = ThreadingHTTPServer(("127.0.0.1", live_server.port), Portal)
    thread = threading.Thread(target=portal.serve_forever, args=(0.02,))
    thread.start()
    try:
        wait_until(lambda: any(path.endswith("/complete") for path in asked))
        assert worker.status().unsent_results == 1
        assert worker.status().state == "offline"
    finally:
        portal.shutdown()
        portal.server_close()
        thread.join()
    live_server.start()
    wait_until(lambda: job(live_server, job_id)["status"] == "FAILED", seconds=90)
