"""A setup for another network: until that has taken this computer in, it belongs to the former."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qubix_worker import identity
from qubix_worker.errors import ControlError
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings
from qubix_worker.setup.joining import BEGUN_NAME
from qubix_worker.setup.plan import plan
from qubix_worker.setup.steps import Choices, Progress
from tests.conftest import wait_until
from tests.live_worker import LiveWorker
from tests.worker.network.scripted import Request, Scripted, Visit, serving

ABOUT = {
    "success": True, "serverName": "Elsewhere", "meaning": "Jobs.", "expiresAt": "2100-01-01T00:00Z"
}  # fmt: skip
TAKEN_IN = {"success": True, "workerSecret": "s3cret"}


class Elsewhere:
    """Another network, which knows its invitations; a test says how it answers the rest."""

    def __init__(self, refuses: int = 0, *, is_silent_at: str = "") -> None:
        self.refuses = refuses
        self.is_silent_at = is_silent_at

    def __call__(self, request: Request, visit: Visit) -> None:
        if request.method == "GET":
            visit.answer(ABOUT)
        elif self.is_silent_at and request.path.partition("?")[0].endswith(self.is_silent_at):
            visit.hold(60)
        elif self.refuses:
            visit.answer({"success": False, "error": "Closed.", "code": "closed"}, self.refuses)
        else:
            visit.answer(TAKEN_IN)


class Member:
    """A worker of a real server, and what must be as it was."""

    def __init__(self, worker: LiveWorker) -> None:
        self.worker = worker
        self.before = worker.status()
        self.kept = self.files()

    def files(self) -> dict[Path, bytes]:
        paths = self.worker.paths
        return {path: path.read_bytes() for path in (paths.identity, paths.settings)}

    def is_as_it_was(self) -> None:
        assert self.files() == self.kept
        assert self.worker.wait_for("online").server == self.worker.server.url
        again = self.worker.run("setup", "--server", self.worker.server.url)
        assert again.returncode == 0, again.stdout + again.stderr
        assert self.worker.status().worker_id == self.before.worker_id


@contextmanager
def setting_up(worker: LiveWorker, server: Scripted) -> Iterator[subprocess.Popen[str]]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    with subprocess.Popen(
        [sys.executable, "-m", "qubix_worker", "setup", "--server", server.url],
        env=kept | {"QUBIX_HOME": str(worker.paths.home), "QUBIX_ENROLLMENT": "x" * 43},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as setup:  # fmt: skip
        yield setup


def is_spoken_to(worker: LiveWorker) -> bool:
    """False while it is just starting."""
    try:
        return worker.status() is not None
    except ControlError:
        return False


def run_setup(paths: Paths, server: Scripted) -> Progress:
    """How a setup ends that does not start the worker."""
    wanted = Settings(server=server.url, name="computer", start_at_sign_in=False)
    *_, last = plan(paths, Choices(server.url, wanted, "x" * 43, start=False)).run(
        threading.Event()
    )
    return last


@pytest.mark.slow
def test_a_network_that_refuses_leaves_the_membership_as_it_was(worker: LiveWorker) -> None:
    member = Member(worker)
    with serving(Elsewhere(503)) as other:
        done = worker.run("setup", "--server", other.url, QUBIX_ENROLLMENT="x" * 43)
        assert any(request.path.endswith("/register") for request in other.asked)
    assert done.returncode == 1
    assert worker.status().pid == member.before.pid
    member.is_as_it_was()


@pytest.mark.slow
def test_ctrl_c_while_joining_leaves_the_membership_as_it_was(worker: LiveWorker) -> None:
    member = Member(worker)
    with (
        serving(Elsewhere(is_silent_at="/register")) as other,
        setting_up(worker, other) as setup,
    ):
        wait_until(lambda: any(request.path.endswith("/register") for request in other.asked))
        setup.send_signal(signal.SIGINT)
        said = setup.communicate(timeout=30)[0]
    assert setup.returncode == 130, said
    assert not worker.paths.identity.with_name(BEGUN_NAME).exists()
    assert worker.status().pid == member.before.pid
    member.is_as_it_was()


@pytest.mark.slow
def test_ctrl_c_after_joining_leaves_again_and_the_former_worker_goes_on(
    worker: LiveWorker,
) -> None:
    member = Member(worker)
    with (
        serving(Elsewhere(is_silent_at="/heartbeat")) as other,
        setting_up(worker, other) as setup,
    ):
        wait_until(lambda: any("/heartbeat" in request.path for request in other.asked))
        setup.send_signal(signal.SIGINT)
        said = setup.communicate(timeout=60)[0]
        assert "DELETE" in [request.method for request in other.asked]
    assert setup.returncode == 130, said
    wait_until(lambda: is_spoken_to(worker))
    member.is_as_it_was()


def test_after_a_lost_answer_the_next_setup_joins_as_the_same_worker(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    with serving(Elsewhere(503)) as server:
        assert run_setup(paths, server).state == "failed"
        assert identity.load(paths.identity) is None
        server.answer = Elsewhere()
        assert run_setup(paths, server).state == "done"
        ids = {r.json["workerId"] for r in server.asked if r.path.endswith("/register")}
    who = identity.load(paths.identity)
    assert who
    assert (ids, who.secret) == ({who.worker_id}, "s3cret")
    assert not paths.identity.with_name(BEGUN_NAME).exists()


def test_joining_another_network_puts_identity_and_settings_in_place_together(
    tmp_path: Path,
) -> None:
    paths = Paths.under(tmp_path)
    with serving(Elsewhere()) as first, serving(Elsewhere()) as second:
        for server in (first, second):
            assert run_setup(paths, server).state == "done"
        who = identity.load(paths.identity)
        assert who
        assert who.server == second.url
        assert second.url in paths.settings.read_text()


def test_a_damaged_file_of_what_was_begun_does_not_keep_from_joining(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    paths.state.mkdir()
    paths.identity.with_name(BEGUN_NAME).write_bytes(b"{")
    with serving(Elsewhere()) as server:
        assert run_setup(paths, server).state == "done"
