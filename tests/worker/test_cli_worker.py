"""The command line beside a worker that runs: status, watch, pauses, settings, JSON of each."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from qubix_worker import settings, system
from qubix_worker.errors import ControlError
from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker, job, submit
from tests.terminal import Terminal

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "qubix_worker"]


@pytest.fixture(scope="module")
def worker(
    tmp_path_factory: pytest.TempPathFactory, shared_server: LiveServer
) -> Iterator[LiveWorker]:
    worker = LiveWorker(tmp_path_factory.mktemp("cli") / "a home é", shared_server)
    done = worker.setup("--name", "Rechner für 計算")
    assert done.returncode == 0, done.stdout + done.stderr
    yield worker
    worker.run("stop")
    if not worker.ended():
        worker.kill()


@pytest.fixture(autouse=True)
def as_it_was(worker: LiveWorker) -> Iterator[None]:
    yield
    worker.control.resume()
    wait_until(lambda: worker.status().state == "online")


def variables(worker: LiveWorker, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("QUBIX_", "NO_COLOR"))}
    return kept | {"QUBIX_HOME": str(worker.paths.home)} | more


# --- Status ----------------------------------------------------------------------------------


def test_status_tells_the_state_and_its_use(worker: LiveWorker) -> None:
    done = wait_until(lambda: knows_its_use(worker))
    assert done.returncode == 0
    assert done.stdout.startswith("Rechner für 計算 is online on Example Compute (http://127.0.0.1")
    assert re.search(r"^  processor \d+ %, memory \d+ %$", done.stdout, re.MULTILINE)
    assert "\033" not in done.stdout


def knows_its_use(worker: LiveWorker) -> subprocess.CompletedProcess[str] | None:
    """What the status says, once some time has passed in which the processor was measured."""
    done = worker.run("status")
    return done if "processor" in done.stdout else None


def test_status_tells_programs_for_how_long_it_has_shared(worker: LiveWorker) -> None:
    def told() -> float:
        shared: float = json.loads(worker.run("status", "--json").stdout)["shared"]["weekSeconds"]
        return shared

    before = wait_until(told)
    assert told() > before


def test_status_draws_bars_on_a_terminal(worker: LiveWorker) -> None:
    wait_until(lambda: knows_its_use(worker))
    with Terminal([*COMMAND, "status"], variables(worker, TERM="xterm")) as terminal:
        assert terminal.ended() == 0
        assert re.search(r"processor +\[#*\.*\] +\d+ %", terminal.text)
        assert "\033[32mRechner" in terminal.text


def test_status_shows_the_bar_of_a_job(worker: LiveWorker, shared_server: LiveServer) -> None:
    job_id = submit(shared_server, "loop", timeoutSeconds=60)
    worker.wait_for("working")
    assert f"job {job_id} (wasm)" in worker.run("status").stdout
    shared_server.ask("POST", f"/api/jobs/{job_id}/cancel", credential=shared_server.token)
    wait_until(lambda: job(shared_server, job_id)["status"] == "CANCELLED")


@pytest.mark.parametrize("columns", [12, 40, 100])
def test_a_watch_draws_over_itself_within_its_terminal(worker: LiveWorker, columns: int) -> None:
    told = variables(worker, TERM="xterm", NO_COLOR="1")
    with Terminal([*COMMAND, "status", "--watch"], told, columns, rows=5) as terminal:
        wait_until(lambda: terminal.text.count("\033[J") >= 3)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.ended() == 130
        assert "Traceback" not in terminal.text
        frames = terminal.text.split("\033[J")
        assert frames[1].startswith(f"\033[{frames[0].count(chr(10))}A")
        for line in re.sub(r"\033\[[0-9]*[A-Z]|\r", "", terminal.text).split("\n"):
            assert sum(2 if c in "計算" else 1 for c in line) < columns
        assert max(frame.count("\n") for frame in frames) <= 4


def test_a_watch_into_a_file_tells_only_what_changes(worker: LiveWorker) -> None:
    with _watched(worker) as watch:
        assert watch.stdout
        assert "is online" in watch.stdout.readline()
        worker.control.pause(3600)
        assert "is paused" in watch.stdout.readline()
        worker.control.resume()
        assert "is online" in watch.stdout.readline()
        watch.send_signal(signal.SIGINT)
        assert watch.communicate(timeout=10) == ("", "")
        assert watch.returncode == 130


def test_a_watch_as_json_is_a_status_a_line(worker: LiveWorker) -> None:
    with _watched(worker, "--json") as watch:
        assert watch.stdout
        seen = [json.loads(watch.stdout.readline()) for _ in range(3)]
        assert {status["state"] for status in seen} == {"online"}
        watch.send_signal(signal.SIGINT)
        watch.communicate(timeout=10)
        assert watch.returncode == 130


def test_a_watch_ends_quietly_with_who_reads_it(worker: LiveWorker) -> None:
    done = subprocess.run(
        ["bash", "-c", '"$@" status --watch --json | head -2; echo "${PIPESTATUS[0]}"', "_",
         *COMMAND],
        env=variables(worker), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[2:] == ["0"]
    assert done.stderr == ""


def _watched(worker: LiveWorker, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "status", "--watch", *options], env=variables(worker), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("encoding", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}], ids=str)
def test_a_name_of_another_language_harms_no_plain_locale(
    worker: LiveWorker, encoding: dict[str, str]
) -> None:
    done = worker.run("status", **encoding)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Rechner f")


# --- Pause and resume ------------------------------------------------------------------------


def test_a_pause_for_a_time(worker: LiveWorker) -> None:
    done = worker.run("pause", "--for", "1h30m")
    assert "is paused" in done.stdout
    assert "paused by you, for another 90 min" in done.stdout
    until = worker.status().paused_until
    assert until is not None
    assert 5390 < until - time.time() <= 5400
    assert "is online" in worker.run("resume").stdout


def test_a_pause_until_a_moment(worker: LiveWorker) -> None:
    done = worker.run("pause", "--until", "tomorrow", "--json")
    until = datetime.fromtimestamp(json.loads(done.stdout)["pausedUntil"])
    assert until.date() == (datetime.now() + timedelta(days=1)).date()
    assert abs(until - until.replace(hour=8, minute=0, second=0)) < timedelta(seconds=2)


def test_a_pause_until_resumed(worker: LiveWorker) -> None:
    assert "until you resume" in worker.run("pause").stdout
    assert worker.status().paused_until is None


# --- Settings --------------------------------------------------------------------------------


def test_a_setting_is_in_force_at_once_and_kept(worker: LiveWorker) -> None:
    done = worker.run("settings", "idle_minutes=7", "hours=always")
    assert done.stdout == "idle_minutes = 7\nhours = always\n"
    assert "in force now" in done.stderr
    assert worker.control.settings().idle_minutes == 7
    assert settings.load(worker.paths.settings).idle_minutes == 7
    assert worker.run("settings", "idle_minutes").stdout == "7\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("idle_minutes=0", "idle_minutes may be: 1 to 1440."),
        ("server=http://other", "server can't be changed while this computer belongs to"),
        ("priority=high", "priority must be one of idle, low, normal"),
        ("hours=8 to 9", "is not such as 'mon-fri 20:00-07:00'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_and_changes_nothing(
    worker: LiveWorker, change: str, told: str
) -> None:
    before = worker.paths.settings.read_bytes()
    done = worker.run("settings", change)
    assert done.returncode == 2, done.stdout
    assert told in done.stderr
    assert worker.paths.settings.read_bytes() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"excluded_cards": ["\ud800"]},
        {"hours": ["mon\ud800"]},
        {"excluded_cards": ["x" * 50_000]},
        {"excluded_cards": ["x"] * 9000},
        {"excluded_cards": ['"\\\n\x7f\0\u2028 = ["']},
    ],
    ids=["surrogate", "surrogate hours", "long", "many", "quotes"],
)
def test_a_change_of_odd_text_leaves_settings_that_can_be_read(
    worker: LiveWorker, changes: dict[str, Any]
) -> None:
    former = worker.control.settings()
    try:
        now = worker.control.change(changes)
    except ControlError:
        now = former
    assert worker.control.settings() == now
    assert settings.load(worker.paths.settings) == now
    worker.control.change({"excluded_cards": [], "hours": []})


def test_the_start_at_sign_in_follows_its_setting(worker: LiveWorker) -> None:
    entry = system.current().autostart(worker.paths.home)
    assert entry.exists()
    worker.run("settings", "start_at_sign_in", "no")
    assert not entry.exists()
    worker.run("settings", "start_at_sign_in", "yes")
    assert entry.exists()


def test_an_entry_that_was_lost_is_made_again(worker: LiveWorker) -> None:
    entry = system.current().autostart(worker.paths.home)
    entry.remove()
    worker.run("settings", "start_at_sign_in", "yes")
    assert entry.exists()


# --- Setup -----------------------------------------------------------------------------------


def test_a_setup_of_a_paused_worker_says_that_it_rests(worker: LiveWorker) -> None:
    worker.run("pause")
    done = worker.run("setup", "--server", worker.server.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is online as" not in done.stdout
    assert "is set up as Rechner für 計算 on Example Compute, but rests now:" in done.stdout
    assert "paused by you, until you resume" in done.stdout


def test_a_finished_setup_says_where_things_are_and_how_to_pause_stop_and_remove_it(
    worker: LiveWorker,
) -> None:
    done = worker.run("setup", "--server", worker.server.url)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    at = said.index("This computer is online as Rechner für 計算 on Example Compute.")
    named = {line[2:12].strip(): line[13:].strip() for line in said[at + 1 :]}
    assert named["settings"] == str(worker.paths.settings)
    assert named["log"] == str(worker.paths.log)
    for name in ("see it", "pause it", "resume it"):
        typed = subprocess.run(
            ["sh", "-c", named[name]], capture_output=True, text=True, check=False
        )
        assert typed.returncode == 0, (named[name], typed.stderr)
    assert named["stop it"].endswith(" stop")
    assert named["remove it"].endswith(" uninstall")


# --- JSON ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["detect"], ["logs", "-n", "3"], ["settings"], ["settings", "hours"],
     ["settings", "hours", "always"], ["pause", "--for", "1h"], ["resume"],
     ["setup", "--server", "http://127.0.0.1:1"],
     ["setup", "--server", "http://127.0.0.1:1", "--dry-run"]],
    ids=" ".join,
)  # fmt: skip
def test_every_command_speaks_json_alone_where_it_is_asked_to(
    worker: LiveWorker, arguments: list[str]
) -> None:
    done = worker.run(*arguments, "--json")
    lines = done.stdout.splitlines()
    assert lines
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert done.stderr == ""
