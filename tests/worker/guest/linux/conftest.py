"""A screen and buses of the test's own, and a computer that has neither until it is given them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.worker.guest.linux.buses import OwnBus, own_bus
from tests.worker.guest.linux.computer import Computer


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path / "root", {})


@pytest.fixture
def session_bus() -> Iterator[OwnBus]:
    with own_bus() as bus:
        yield bus


@pytest.fixture
def system_bus() -> Iterator[OwnBus]:
    with own_bus() as bus:
        yield bus


@dataclass(frozen=True)
class XServer:
    display: str
    authority: Path
    process: subprocess.Popen[bytes]

    def do(self, *command: str) -> None:
        subprocess.run(
            ["xdotool", *command],
            env={**os.environ, "DISPLAY": self.display, "XAUTHORITY": str(self.authority)},
            check=True, capture_output=True,
        )  # fmt: skip


@pytest.fixture
def x_server(tmp_path: Path) -> Iterator[XServer]:
    """A screen of the test's own, that only who has its cookie may enter."""
    for program in ("Xvfb", "xauth", "mcookie", "xdotool"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not on this machine")
    authority = tmp_path / "Xauthority"
    cookie = subprocess.run(["mcookie"], capture_output=True, text=True, check=True).stdout.strip()
    # The server takes any entry's cookie; which display it gets is known only when it runs.
    _xauth(authority, ":0", cookie)
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-noreset", "-displayfd", str(write), "-auth", str(authority), "-nolisten", "tcp"],
        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as told:
        display = f":{told.readline().strip()}"
    _xauth(authority, display, cookie)
    yield XServer(display, authority, server)
    server.terminate()
    server.wait()


def _xauth(authority: Path, display: str, cookie: str) -> None:
    add = ["xauth", "-f", str(authority), "add", display, "MIT-MAGIC-COOKIE-1", cookie]
    subprocess.run(add, check=True, capture_output=True)
