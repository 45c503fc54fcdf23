"""The wizard on a real screen, with the real worker and server: from nothing to online by Enter."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qubix_worker import lock
from qubix_worker.control import Control
from qubix_worker.paths import Paths
from tests.conftest import LiveServer, wait_until
from tests.screen import Screen
from tools.own_display import own_display

pytestmark = [
    pytest.mark.slow,
    pytest.mark.display,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        not all(map(shutil.which, ("Xvfb", "openbox", "xdotool"))),
        reason="needs Xvfb, openbox and xdotool",
    ),
]


@pytest.fixture
def screen() -> Iterator[Screen]:
    with own_display() as display:
        yield Screen(display)


@contextmanager
def application(screen: Screen, home: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("QUBIX_", "QT_"))}
    with subprocess.Popen(
        [sys.executable, "-m", "qubix_desktop"],
        env=kept | {"DISPLAY": screen.display, "QUBIX_HOME": str(home)} | environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def test_enter_alone_takes_a_computer_online(
    screen: Screen, live_server: LiveServer, tmp_path: Path
) -> None:
    paths = Paths.under(tmp_path / "home é")
    invitation = {
        "QUBIX_BACKEND": live_server.url,
        "QUBIX_ENROLLMENT": live_server.enroll()["enrollment"],
    }
    assert paths.home
    with application(screen, paths.home, **invitation) as process:
        screen.presses_enter_until_gone("Set up QUBIX")
        control = Control(paths)
        assert control.status().state == "online"
        provider = live_server.ask("GET", "/api/providers/check-new").json()["newProvider"]
        assert provider["workerId"] == control.status().worker_id

        # The window is closed; the worker goes on, and the application in the tray.
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert control.status().state == "online"

    # Started again, it is in the tray at once and asks nothing.
    with application(screen, paths.home) as process:
        wait_until((paths.state / "window.sock").exists)
        assert not screen.do("search", "--onlyvisible", "--name", "Set up QUBIX")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    control.stop()
    assert not lock.is_held(paths.lock)
