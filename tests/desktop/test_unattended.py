"""`qubix --unattended`, from each way that an invitation comes, to a computer that is online."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qubix_worker import lock
from qubix_worker.control import Control
from qubix_worker.paths import Paths
from tests.conftest import LiveServer

pytestmark = pytest.mark.slow

Invited = tuple[list[str], dict[str, str]]
"""Arguments, and variables of the environment."""


def by_file_name(server: LiveServer, code: str) -> Invited:
    """As a browser saves a second download, and a person has put something before it."""
    return [], {
        "APPIMAGE": f"/home/zoë/José's qubix-setup--127.0.0.1_{server.port}--{code} (1).exe"
    }


def by_link(server: LiveServer, code: str) -> Invited:
    return [f"qubix://join?server=http://127.0.0.1:{server.port}&code={code}"], {}


def by_environment(server: LiveServer, code: str) -> Invited:
    return ["--server", server.url], {"QUBIX_ENROLLMENT": code}


@pytest.mark.parametrize("invited", [by_file_name, by_link, by_environment])
def test_it_ends_with_0_only_when_this_computer_is_online(
    invited: Callable[[LiveServer, str], Invited], tmp_path: Path, shared_server: LiveServer
) -> None:
    paths = Paths.under(tmp_path / "home é")
    arguments, more = invited(shared_server, shared_server.enroll()["code"])
    leave = ("QUBIX_", "DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(leave)}
    environment = kept | {"QUBIX_HOME": str(paths.home)} | more

    def qubix(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "qubix_desktop", "--unattended", *arguments],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip

    try:
        done = qubix(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert Control(paths).status().last_heartbeat_at is not None
        again = qubix(*arguments)
        assert again.returncode == 0, again.stdout + again.stderr
        gone = qubix("--uninstall")
        assert gone.returncode == 0, gone.stdout + gone.stderr
        assert not lock.is_held(paths.lock)
    finally:
        if lock.is_held(paths.lock):
            Control(paths).stop()
