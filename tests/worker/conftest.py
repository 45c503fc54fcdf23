"""What the worker's tests share: a real worker that has joined a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LiveServer
from tests.live_worker import LiveWorker


@pytest.fixture
def worker(tmp_path: Path, live_server: LiveServer) -> Iterator[LiveWorker]:
    worker = LiveWorker(tmp_path / "a home é", live_server)
    done = worker.setup("--name", "computer")
    assert done.returncode == 0, done.stdout + done.stderr
    yield worker
    worker.run("stop")
    if not worker.ended():
        worker.kill()
