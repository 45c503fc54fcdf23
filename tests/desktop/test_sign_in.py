"""Signing in: the real entry starts the worker, and the tray without a window where it can."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from qubix_worker import lock
from tests.conftest import LiveServer, wait_until
from tests.desktop_entry import command_of
from tests.live_worker import LiveWorker
from tests.processes import at_work, heeds

pytestmark = pytest.mark.slow


@pytest.fixture
def worker(tmp_path: Path, shared_server: LiveServer) -> Iterator[LiveWorker]:
    """One that is set up, and does not run now."""
    worker = LiveWorker(tmp_path / "home é", shared_server)
    done = worker.setup()
    assert done.returncode == 0, done.stdout + done.stderr
    worker.control.stop()
    yield worker
    worker.run("stop")


def sign_in(worker: LiveWorker, **screen: str) -> subprocess.Popen[bytes]:
    """Runs what the entry says, as a desktop does."""
    entry = worker.paths.config / "autostart" / "qubix-worker.desktop"
    leave = ("QUBIX_", "DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(leave)}
    return subprocess.Popen(
        command_of(entry), env=kept | {"QUBIX_HOME": str(worker.paths.home)} | screen,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_the_worker_is_started_and_the_application_waits_in_the_tray(worker: LiveWorker) -> None:
    application = sign_in(worker, QT_QPA_PLATFORM="offscreen")
    try:
        wait_until(lambda: not worker.ended() and "is online" in worker.run("status").stdout)
        wait_until(lambda: heeds(application.pid, signal.SIGTERM))
        assert application.poll() is None
        application.terminate()
        assert application.wait(20) == 0
    finally:
        application.kill()
    assert not worker.ended()


SLOW = """
import sys
if sys.orig_argv[-1] == "run":
    open({gate!r}).read()
"""


def test_a_worker_that_takes_long_to_start_is_not_started_once_more(
    worker: LiveWorker, tmp_path: Path
) -> None:
    """A second one would wait for its turn, and share on when the first is told to stop."""
    gate, site = tmp_path / "gate", tmp_path / "site"
    os.mkfifo(gate)
    site.mkdir()
    (site / "sitecustomize.py").write_text(SLOW.format(gate=str(gate)))
    application = sign_in(worker, QT_QPA_PLATFORM="offscreen", PYTHONPATH=str(site))
    try:
        wait_until(lambda: heeds(application.pid, signal.SIGTERM))
        application.terminate()
        assert application.wait(20) == 0  # with all that it had begun
    finally:
        application.kill()
    # Beside what the worker of the setup had asked of an engine for containers, for a moment.
    started = [one.info["cmdline"][-2:] for one in at_work(worker.paths.home)]
    assert [one for one in started if one[-1:] == ["run"]] == [["qubix_worker", "run"]]
    gate.write_text("")
    wait_until(lambda: "is online" in worker.run("status").stdout)


@pytest.mark.parametrize("screen", [{}, {"DISPLAY": ":7654"}], ids=["no screen", "a dead one"])
def test_with_no_screen_the_worker_is_started_all_the_same(
    worker: LiveWorker, screen: dict[str, str]
) -> None:
    application = sign_in(worker, **screen)
    said, _ = application.communicate(timeout=30)
    if not screen:
        assert (application.returncode, said) == (0, b"")
    wait_until(lambda: "is online" in worker.run("status").stdout)


def test_after_its_folders_were_deleted_by_hand_nothing_is_started_or_said(
    worker: LiveWorker,
) -> None:
    shutil.rmtree(worker.paths.state)
    application = sign_in(worker, QT_QPA_PLATFORM="offscreen")
    said, _ = application.communicate(timeout=30)
    assert (application.returncode, said) == (0, b"")
    assert not lock.is_held(worker.paths.lock)
