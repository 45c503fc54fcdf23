"""The running worker, as a process against a real server: online, jobs, pause, kill -9, stop."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from qubix_worker import lock
from qubix_worker.control import Control
from qubix_worker.paths import Paths
from qubix_worker.status import Status
from tests.conftest import LiveServer, wait_until

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class LiveWorker:
    """`qubix-worker` in a home of its own."""

    def __init__(self, home: Path, server: LiveServer) -> None:
        self.paths = Paths.under(home)
        self.server = server
        self.control = Control(self.paths)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
        return subprocess.run(
            [sys.executable, "-m", "qubix_worker", *arguments],
            env=kept | {"QUBIX_HOME": str(self.paths.home)} | environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def setup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        token = self.server.enroll()["enrollment"]
        return self.run("setup", "--server", self.server.url, *arguments, QUBIX_ENROLLMENT=token)

    def status(self) -> Status:
        return self.control.status()

    def wait_for(self, state: str) -> Status:
        wait_until(lambda: self.status().state == state)
        return self.status()

    def ended(self) -> bool:
        return not lock.is_held(self.paths.lock)

    def kill(self) -> None:
        psutil.Process(self.status().pid).kill()
        wait_until(self.ended)


@pytest.fixture
def worker(tmp_path: Path, live_server: LiveServer) -> Iterator[LiveWorker]:
    worker = LiveWorker(tmp_path / "a home é", live_server)
    done = worker.setup("--name", "computer")
    assert done.returncode == 0, done.stdout + done.stderr
    yield worker
    worker.run("stop")
    if not worker.ended():
        worker.kill()


def submit(server: LiveServer, name: str, **changes: Any) -> str:
    module = base64.b64encode((EXAMPLES / f"{name}.wasm").read_bytes()).decode()
    body = {"kind": "wasm", "spec": {"module": module}, "timeoutSeconds": 30} | changes
    answer = server.ask("POST", "/api/jobs/create", body, credential=server.token)
    job_id: str = answer.json()["job"]["id"]
    return job_id


def job(server: LiveServer, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = server.ask(
        "GET", f"/api/jobs/{job_id}", credential=server.token
    ).json()["job"]
    return found


def wait_for_job(server: LiveServer, job_id: str, status: str) -> dict[str, Any]:
    wait_until(lambda: job(server, job_id)["status"] == status)
    return job(server, job_id)


def test_setup_ends_online_and_says_what_one_can_do(worker: LiveWorker) -> None:
    assert worker.status().state == "online"
    again = worker.setup()
    assert again.returncode == 0
    assert "online as computer on Example Compute" in again.stdout
    for command in ("status", "pause", "stop", "uninstall"):
        assert command in again.stdout


def test_setup_again_is_the_same_provider(worker: LiveWorker, live_server: LiveServer) -> None:
    before = worker.status()
    assert worker.setup().returncode == 0
    assert worker.status().worker_id == before.worker_id
    assert worker.status().pid == before.pid
    found = live_server.ask("GET", "/api/providers", credential=live_server.token).json()
    assert len(found["providers"]) == 1


def test_nothing_is_written_outside_its_home(worker: LiveWorker, tmp_path: Path) -> None:
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a home é", "server home"]


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
    wait_until(lambda: worker.status().job is None, seconds=10)
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


def test_a_second_worker_says_that_one_is_running(worker: LiveWorker) -> None:
    done = worker.run("run")
    assert done.returncode == 1
    assert "already sharing" in done.stderr


def test_stop_gives_the_job_back_at_once(worker: LiveWorker, live_server: LiveServer) -> None:
    job_id = submit(live_server, "loop", timeoutSeconds=600)
    worker.wait_for("working")
    wait_for_job(live_server, job_id, "RUNNING")
    assert worker.run("stop").returncode == 0
    assert job(live_server, job_id)["status"] == "PENDING"


def test_uninstall_leaves_the_network_and_nothing_behind_but_the_settings(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    worker_id = worker.status().worker_id
    for _ in range(2):
        assert worker.run("uninstall").returncode == 0
    assert worker.ended()
    answer = live_server.ask("GET", f"/api/providers/{worker_id}", credential=live_server.token)
    assert answer.status_code == 404
    assert worker.paths.home
    left = [path for path in worker.paths.home.rglob("*") if path.is_file()]
    assert left == [worker.paths.settings]
    for _ in range(2):
        assert worker.run("uninstall", "--purge").returncode == 0
        assert not worker.paths.home.exists()


@pytest.mark.parametrize("key", [None, b"", b"x" * 32])
def test_a_worker_whose_key_is_lost_is_not_taken_for_none_and_can_be_stopped(
    worker: LiveWorker, key: bytes | None
) -> None:
    if key is None:
        worker.paths.control_key.unlink()
    else:
        worker.paths.control_key.write_bytes(key)
    assert worker.run("status").returncode == 1
    assert worker.run("stop").returncode == 0
    assert worker.ended()


def test_a_cancelled_setup_leaves_an_earlier_sign_in_entry(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    assert worker.run("stop").returncode == 0
    assert worker.paths.home
    (entry,) = (worker.paths.home / "config" / "autostart").iterdir()
    before = entry.read_bytes()
    live_server.kill()
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    with subprocess.Popen(
        [sys.executable, "-m", "qubix_worker", "setup"],
        env=kept | {"QUBIX_HOME": str(worker.paths.home)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    ) as setup:  # fmt: skip
        assert setup.stdout
        while "Starting to share" not in setup.stdout.readline():
            pass
        setup.send_signal(signal.SIGINT)
        rest = setup.communicate(timeout=60)[0]
    assert "taken back" in rest
    assert entry.read_bytes() == before


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


def test_uninstall_goes_on_where_the_server_is_gone(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    live_server.kill()
    done = worker.run("uninstall", "--purge")
    assert done.returncode == 0
    assert worker.paths.home
    assert not worker.paths.home.exists()


def test_no_secret_stands_in_a_log_or_a_command_line(
    worker: LiveWorker, live_server: LiveServer
) -> None:
    wait_for_job(live_server, submit(live_server, "mandelbrot"), "COMPLETED")
    secret = json.loads(worker.paths.identity.read_bytes())["secret"]
    logs = [*worker.paths.state.glob("*.log*"), worker.paths.worker_output]
    for log in logs:
        assert secret not in log.read_text()
    assert logs
    command = " ".join(psutil.Process(worker.status().pid).cmdline())
    assert secret not in command


def test_status_and_the_rest_in_json_and_in_words(worker: LiveWorker) -> None:
    told = json.loads(worker.run("status", "--json").stdout)
    assert told["state"] == "online"
    assert told["usage"]["ramTotalGb"] > 0
    assert "computer is online on Example Compute" in worker.run("status").stdout
    paused = json.loads(worker.run("pause", "--for", "1h", "--json").stdout)
    assert paused["state"] == "paused"
    assert re.search("for another (59|60) min", worker.run("status").stdout)
    assert json.loads(worker.run("resume", "--json").stdout)["state"] == "online"
    assert worker.run("logs", "-n", "1").stdout.count("\n") == 1
    assert worker.run("stop").returncode == 0
    assert worker.run("status").returncode == 3
    assert worker.run("pause").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("setup", "--server", "no-address"), "begins with http"),
        (("setup",), "--server"),
        (("setup", "--server", "http://127.0.0.1:9"), "invitation"),
        (("setup", "--server", "http://127.0.0.1:9", "--code", "K7QM-2XWD"), "nothing answers"),
        (("run",), "not joined"),
        (("setup", "--server", "http://h", "--memory-limit-mb", "1"), "memory_limit_mb"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    tmp_path: Path, shared_server: LiveServer, arguments: tuple[str, ...], sentence: str
) -> None:
    done = LiveWorker(tmp_path, shared_server).run(*arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_an_expired_or_used_invitation_says_how_to_get_a_new_one(
    tmp_path: Path, shared_server: LiveServer
) -> None:
    token = shared_server.enroll()
    shared_server.join("somebody", enrollment=token["enrollment"])
    done = LiveWorker(tmp_path, shared_server).run(
        "setup", "--server", shared_server.url, QUBIX_ENROLLMENT=token["enrollment"]
    )
    assert done.returncode == 1
    assert "press Share my GPU" in done.stderr


def test_ctrl_c_in_the_setup_takes_back_what_was_begun(
    tmp_path: Path, shared_server: LiveServer
) -> None:
    # A server that accepts and never answers: the setup stands in its second step.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        home = tmp_path / "home"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
        with subprocess.Popen(
            [sys.executable, "-m", "qubix_worker", "setup", "--server",
             f"http://127.0.0.1:{silent.getsockname()[1]}"],
            env=kept | {"QUBIX_HOME": str(home), "QUBIX_ENROLLMENT": "x" * 43},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as setup:  # fmt: skip
            connection, _ = silent.accept()
            setup.send_signal(signal.SIGINT)
            output, errors = setup.communicate(timeout=30)
            connection.close()
        assert setup.returncode == 130
        assert "What was begun has been taken back" in output
        assert "Traceback" not in errors
        assert [p for p in home.rglob("*") if p.is_file() and p.name != "setup.log"] == []
