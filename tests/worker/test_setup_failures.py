"""What can stop a setup on its way to "online", each brought about for real: what a person reads,
what to do about it, and the same in the setup's log, with its code."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qubix_worker.amalgamation import amalgamate
from qubix_worker.errors import ControlError, Problem
from qubix_worker.own_log import log_to
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings
from qubix_worker.setup.joining import Register, SaveSettings
from qubix_worker.setup.starting import Confirm, Start
from qubix_worker.setup.steps import Choices, Setup, Step
from tests.accounts import Account
from tests.conftest import LiveServer
from tests.live_worker import LiveWorker
from tests.server.databases import execute
from tests.worker.network.scripted import Request, Scripted, Visit, serving

pytestmark = pytest.mark.slow

NEW_ONE = "Open the network's page again and press Share my GPU for a new one."
ABOUT = {
    "success": True, "serverName": "Example Compute", "meaning": "Jobs.",
    "expiresAt": "2100-01-01T00:00Z",
}  # fmt: skip
TAKEN_IN = {"success": True, "workerSecret": "s3cret"}


def fails(done: subprocess.CompletedProcess[str], paths: Paths, said: Problem) -> None:
    """The setup has ended with these words, and its log has them with their code."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{said.happened} {said.todo}" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert f"failed ({said.code}): {said.happened} {said.todo}" in paths.setup_log.read_text()


def setup(home: Path, server: str, enrollment: str = "K7QM-2XWD") -> tuple[LiveWorker, Callable]:
    worker = LiveWorker(home, LiveServer(home / "no server"))
    return worker, lambda *more: worker.run(
        "setup", "--server", server, *more, QUBIX_ENROLLMENT=enrollment
    )


# --- The invitation ---------------------------------------------------------------------------


@pytest.mark.provokes("enrollment_unknown")
def test_an_invitation_that_nobody_knows(tmp_path: Path, shared_server: LiveServer) -> None:
    worker, run = setup(tmp_path, shared_server.url, "A" * 43)
    host = shared_server.url.removeprefix("http://")
    happened = f"{host} answered: This invitation is not known."
    fails(run(), worker.paths, Problem("enrollment_unknown", happened, NEW_ONE))


@pytest.mark.provokes("enrollment_used")
def test_an_invitation_that_another_computer_has_used(
    tmp_path: Path, shared_server: LiveServer
) -> None:
    token = shared_server.enroll()["enrollment"]
    shared_server.join("somebody-else", enrollment=token)
    worker, run = setup(tmp_path, shared_server.url, token)
    host = shared_server.url.removeprefix("http://")
    happened = f"{host} answered: Another computer has used this invitation."
    fails(run(), worker.paths, Problem("enrollment_used", happened, NEW_ONE))


@pytest.mark.provokes("enrollment_expired")
def test_an_invitation_from_more_than_an_hour_ago(tmp_path: Path, live_server: LiveServer) -> None:
    token = live_server.enroll()["enrollment"]
    live_server.stop()
    execute(live_server, "UPDATE enrollments SET expires_at = expires_at - 3601000")
    live_server.start()
    worker, run = setup(tmp_path / "home", live_server.url, token)
    host = live_server.url.removeprefix("http://")
    happened = f"{host} answered: This invitation has ended."
    fails(run(), worker.paths, Problem("enrollment_expired", happened, NEW_ONE))


@pytest.mark.provokes("no_enrollment")
def test_a_setup_without_an_invitation(tmp_path: Path, shared_server: LiveServer) -> None:
    worker, run = setup(tmp_path, shared_server.url, "")
    fails(
        run(), worker.paths,
        Problem(
            "no_enrollment", "This computer has no invitation to the network yet.",
            "Open the network's page and press Share my GPU.",
        ),
    )  # fmt: skip


# --- The server, on the way -------------------------------------------------------------------


def goes_after(number: int) -> Callable[[Request, Visit], None]:
    """A server that answers so many calls, and is killed then."""
    answers = [ABOUT, TAKEN_IN, *[{"success": True}] * 10][:number]

    def answer(_: Request, visit: Visit) -> None:
        if answers:
            visit.answer(answers.pop(0))
        else:
            visit.drop()

    return answer


@pytest.mark.provokes("refused")
def test_a_server_that_is_off_before_it_begins(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    worker, run = setup(tmp_path, f"http://{host}")
    fails(
        run(), worker.paths,
        Problem(
            "refused", f"{host} can be reached, but nothing answers there.",
            "The server is probably not running. Try again in a few minutes.",
        ),
    )  # fmt: skip


@pytest.mark.provokes("no_network")
def test_a_server_that_goes_half_way_is_joined_by_the_next_setup(
    tmp_path: Path, live_server: LiveServer
) -> None:
    with serving(goes_after(1)) as server:
        host = f"127.0.0.1:{server.port}"
        worker, run = setup(tmp_path / "home", f"http://{host}")
        fails(
            run(), worker.paths,
            Problem(
                "no_network", f"The connection to {host} failed.",
                "Check this computer's connection to the internet, then try again.",
            ),
        )  # fmt: skip
    assert not worker.paths.identity.exists()
    token = live_server.enroll()["enrollment"]
    worker, run = setup(tmp_path / "home", live_server.url, token)
    done = run()
    assert done.returncode == 0, done.stderr
    worker.run("uninstall")


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[tuple[Paths, Scripted, Choices]]:
    """A computer that has joined a network, and does not share yet."""
    with serving(goes_after(2)) as server:
        worker, run = setup(tmp_path, f"http://127.0.0.1:{server.port}")
        done = run("--no-start", "--no-autostart")
        assert done.returncode == 0, done.stderr
        yield worker.paths, server, Choices(f"http://127.0.0.1:{server.port}", Settings())
        try:
            worker.control.stop()
        except ControlError as error:
            assert error.problem.code == "worker_not_running"


def problem_of_a_run(paths: Paths, *steps: Step) -> Problem:
    """What ends these steps; the log has it, too."""
    with log_to(paths.setup_log):
        *_, last = Setup(steps).run(threading.Event())
    assert last.problem
    assert f"failed ({last.problem.code}): {last.problem}" in paths.setup_log.read_text()
    return last.problem


def test_a_server_that_goes_before_the_first_heartbeat_is_told_of(
    joined: tuple[Paths, Scripted, Choices],
) -> None:
    paths, server, choices = joined
    said = problem_of_a_run(paths, Start(paths, choices), Confirm(paths, 0.5))
    assert said.code == "no_network"
    assert said.happened == f"The connection to 127.0.0.1:{server.port} failed."
    assert f"heartbeat failed (no_network): {said} (again in" in paths.log.read_text()


@pytest.mark.provokes("no_heartbeat")
def test_a_server_that_never_answers_a_heartbeat(
    joined: tuple[Paths, Scripted, Choices],
) -> None:
    paths, server, choices = joined
    server.answer = lambda _, visit: visit.hold(60)
    said = problem_of_a_run(paths, Start(paths, choices), Confirm(paths, 0.5))
    assert said == Problem(
        "no_heartbeat",
        "The network has not heard from this computer yet.",
        "Wait a minute, then try again; the log tells more.",
    )


@pytest.mark.provokes("worker_did_not_start")
def test_a_worker_that_cannot_start_says_why(joined: tuple[Paths, Scripted, Choices]) -> None:
    paths, _, choices = joined
    paths.settings.write_text("jobs_at_once = 'many'\n")
    said = problem_of_a_run(paths, Start(paths, choices))
    assert said.code == "worker_did_not_start"
    assert said.happened.startswith(
        f"Sharing could not be started: The settings in {paths.settings}"
    )
    assert "jobs_at_once" in said.happened
    kept = paths.log.read_text()
    assert f"the worker cannot start (settings_unusable): The settings in {paths.settings}" in kept


@pytest.mark.provokes("identity_changed")
def test_another_program_that_joins_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    other = {"workerId": "other", "server": "http://other", "name": "x", "secret": "s" * 43}

    def answer(request: Request, visit: Visit) -> None:
        if request.method == "POST":
            paths.identity.write_text(json.dumps(other))
        visit.answer(ABOUT if request.method == "GET" else TAKEN_IN)

    with serving(answer) as server:
        choices = Choices(f"http://127.0.0.1:{server.port}", Settings(), "K7QM-2XWD")
        said = problem_of_a_run(paths, SaveSettings(paths, choices), Register(paths, choices))
        assert [request.method for request in server.asked] == ["GET", "POST", "DELETE"]
    assert said == Problem(
        "identity_changed",
        "Something else has changed who this computer is while it joined.",
        "Run setup again.",
    )
    assert json.loads(paths.identity.read_text()) == other


# --- Places -----------------------------------------------------------------------------------


@pytest.mark.provokes("no_permission")
def test_a_folder_of_another_account(account: Account, tmp_path_factory) -> None:
    file = account.home / "qubix_worker.py"
    file.write_bytes(amalgamate())
    account.home.chmod(0o755)
    os.chown(account.home, 0, 0)
    done = account.run(
        "/usr/bin/python3", "-I", str(file), "setup", "--server", "http://127.0.0.1:9"
    )
    assert done.returncode == 1
    assert "This account may not write here (" in done.stderr
    assert "Give this account the right to write there, then try again." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def read_only_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a disk is mounted, which takes root")
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", str(disk)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a disk cannot be mounted here: {done.stderr}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], capture_output=True, check=False)


@pytest.mark.provokes("file_system")
def test_a_disk_that_only_can_be_read(read_only_disk: Path) -> None:
    _, run = setup(read_only_disk, "http://127.0.0.1:9")
    done = run()
    assert done.returncode == 1
    assert "A file could not be read or written (" in done.stderr
    assert "Read-only file system" in done.stderr
    assert "Check that disk, then try again." in done.stderr
