"""The real worker in a computer that sleeps: told at once after waking, and nothing has failed."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from qubix_worker.clocks import GLANCE_SECONDS, SLEPT_SECONDS
from tests.conftest import suspend, wait_until
from tests.worker.network.scripted import HEARD, Request, Visit, serving
from tests.worker.nothing_lost.played import Process

pytestmark = pytest.mark.slow


def test_a_worker_that_wakes_up_tells_the_server_at_once(tmp_path: Path) -> None:
    """A process that is stopped for a while is to its clocks what a sleeping computer is."""
    beats: list[float] = []

    def hold(request: Request, visit: Visit) -> None:
        if "/heartbeat" in request.path:
            beats.append(time.monotonic())
        if "wait=" in request.path:
            visit.hold(60)
        else:
            visit.answer(HEARD)

    with serving(hold) as server:
        process = Process(tmp_path, server.url)
        process.start()
        try:
            wait_until(lambda: len(beats) >= 2)
            wait_until(lambda: process.control.status().state == "online")
            assert process.process
            # Let its watch look at least once before, or it does not know how long it slept.
            threading.Event().wait(GLANCE_SECONDS)
            before = len(beats)
            suspend(process.process.pid)
            threading.Event().wait(SLEPT_SECONDS + GLANCE_SECONDS)
            assert len(beats) == before
            os.kill(process.process.pid, signal.SIGCONT)
            woke = time.monotonic()
            wait_until(lambda: len(beats) > before, seconds=GLANCE_SECONDS + 3)
            assert beats[before] - woke < GLANCE_SECONDS + 3
            assert process.control.status().state == "online"
            assert "heartbeat failed" not in process.log()
            assert json.loads(server.asked[-1].body)["status"] == "online"
        finally:
            process.end()
