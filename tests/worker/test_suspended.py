"""A real worker whose process is suspended: each command ends, and `stop` ends it."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from qubix_worker.control import Control
from qubix_worker.errors import ControlError
from tests.conftest import LiveServer, suspend
from tests.live_worker import LiveWorker

pytestmark = pytest.mark.slow


def test_a_suspended_worker_hangs_no_command_and_is_stopped(
    tmp_path: Path, shared_server: LiveServer
) -> None:
    worker = LiveWorker(tmp_path / "home", shared_server)
    done = worker.setup("--name", "computer")
    assert done.returncode == 0, done.stdout + done.stderr
    process = psutil.Process(worker.status().pid)
    try:
        suspend(process.pid)
        impatient = Control(worker.paths, timeout_seconds=0.1)
        for ask in (impatient.status, impatient.settings, impatient.resume) * 4:
            with pytest.raises(ControlError) as caught:
                ask()
            assert caught.value.problem.code == "worker_hangs"
        done = worker.run("status")
        assert done.returncode == 1
        assert "did not answer within 5 seconds" in done.stderr
        done = worker.run("stop")
        assert done.returncode == 0, done.stderr
        assert worker.ended()
    finally:
        if process.is_running():
            process.kill()
