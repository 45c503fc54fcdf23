"""The window answers within 100 ms, whatever it waits for: a disk, a server, a driver."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from qubix_desktop import background
from qubix_desktop.desk import Desk
from qubix_desktop.flow import Page
from qubix_desktop.invitation import Invitation
from qubix_desktop.services import Services
from qubix_desktop.wizard import Wizard
from qubix_worker import lock
from qubix_worker.control import Control
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings
from tests.conftest import LiveServer

from .watchdog import MOST_SECONDS, Watchdog

if TYPE_CHECKING:
    from .conftest import Person

DISK_SECONDS = 0.15
"""What each look at a disk costs that has to wake up first: more than a turn may last."""
SERVER_SECONDS = 0.4


class SlowPath(type(Path())):  # type: ignore[misc]
    """A file on a slow disk. What is under it is as slow."""

    __slots__ = ()

    def open(self, *args: Any, **kwargs: Any) -> Any:
        time.sleep(DISK_SECONDS)
        return super().open(*args, **kwargs)

    def stat(self, **kwargs: Any) -> os.stat_result:
        time.sleep(DISK_SECONDS)
        return super().stat(**kwargs)

    def mkdir(self, *args: Any, **kwargs: Any) -> None:
        time.sleep(DISK_SECONDS)
        super().mkdir(*args, **kwargs)

    def iterdir(self) -> Iterator[Any]:
        time.sleep(DISK_SECONDS)
        return super().iterdir()


class SlowRoad:
    """Stands before a server, and lets what comes through only after a while."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listens = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listens.getsockname()[1]}"
        threading.Thread(target=self._take, daemon=True).start()

    def close(self) -> None:
        self._listens.close()

    def _take(self) -> None:
        while True:
            try:
                client, _ = self._listens.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _onward(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port))

    def _pass(self, client: socket.socket) -> None:
        time.sleep(SERVER_SECONDS)
        with client, contextlib.suppress(OSError), self._onward() as server:
            other = {client: server, server: client}
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    if not (piece := ready.recv(65536)):
                        return
                    if ready is client:
                        time.sleep(SERVER_SECONDS)
                    other[ready].sendall(piece)


@pytest.fixture
def hung_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An nvidia-smi that says nothing, for as long as anybody waits."""
    tools = tmp_path / "tools"
    tools.mkdir()
    tool = tools / "nvidia-smi"
    tool.write_text("#!/bin/sh\nexec sleep 600\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.slow
@pytest.mark.usefixtures("hung_driver")
def test_no_turn_of_the_loop_lasts_long_through_the_whole_wizard(
    tmp_path: Path, live_server: LiveServer, person: Person, qtbot: QtBot
) -> None:
    for attempt in range(3):  # a machine that is busy with something else is asked again
        watchdog = go_online(tmp_path / f"home {attempt}", live_server, person, qtbot)
        if watchdog.longest < MOST_SECONDS:
            return
    raise AssertionError(f"{watchdog.longest:.3f} s\n" + "\n---\n".join(watchdog.stacks))


def go_online(home: Path, server: LiveServer, person: Person, qtbot: QtBot) -> Watchdog:
    """From the first page to the status window of a computer that is online."""
    paths = Paths.under(SlowPath(home))
    road = SlowRoad(server.port)
    desk = Desk(Services.real(paths), Settings(name="desk"))
    former = wizards()
    try:
        with Watchdog() as watchdog:
            desk.open_wizard(Invitation((road.url,), server.enroll()["code"], "file name"))
            (wizard,) = wizards() - former
            qtbot.addWidget(wizard)
            person.awaits(wizard, "Example Compute")
            person.presses(wizard, "Next")
            qtbot.waitUntil(lambda: person.has_button(wizard, "Look again"), timeout=60_000)
            person.presses(wizard, "Next")
            person.presses(wizard, "Back")
            person.presses(wizard, "Next")
            person.presses(wizard, "Next")
            qtbot.waitUntil(lambda: wizard.page is Page.DONE, timeout=90_000)
            person.presses(wizard, "Open status")
            person.awaits(desk.window, "Online")
        return watchdog
    finally:
        desk.close()
        if lock.is_held(paths.lock):
            Control(paths).stop()
        assert background.end_all(20)
        road.close()


def wizards() -> set[Wizard]:
    return {w for w in QApplication.topLevelWidgets() if isinstance(w, Wizard) and w.isVisible()}


def test_a_turn_that_lasts_would_be_told(qtbot: QtBot) -> None:
    def is_told() -> bool:
        return any("test_a_turn_that_lasts" in stack for stack in watchdog.stacks)

    with Watchdog() as watchdog:
        qtbot.wait(10)
        began = time.monotonic()
        # In one turn: until it has lasted, and was told of by a thread that may have to wait.
        while time.monotonic() - began < MOST_SECONDS * 2 or not is_told():
            assert time.monotonic() - began < 20
            time.sleep(MOST_SECONDS / 10)
        qtbot.waitUntil(lambda: watchdog.longest >= MOST_SECONDS * 2)
