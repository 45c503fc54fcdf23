"""The commands around a running worker: setup and what it leaves, stop, status, uninstall."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.conftest import LiveServer
from tests.live_worker import LiveWorker, submit, wait_for_job

pytestmark = pytest.mark.slow


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


@pytest.mark.provokes("already_running")
def test_a_second_worker_says_that_one_is_running(worker: LiveWorker) -> None:
    done = worker.run("run")
    assert done.returncode == 1
    assert "already sharing" in done.stderr


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
    assert worker.run("pause").returncode == 3


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
