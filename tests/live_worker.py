"""The real worker as a process, in a home of its own, and the jobs that tests give it."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from qubix_worker import lock
from qubix_worker.control import Control
from qubix_worker.paths import Paths
from qubix_worker.status import Status
from tests.conftest import LiveServer, wait_until

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


class LiveWorker:
    """`qubix-worker` in a home of its own."""

    def __init__(self, home: Path, server: LiveServer) -> None:
        self.paths = Paths.under(home)
        self.server = server
        self.control = Control(self.paths)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
        return subprocess.run(
            [sys.executable, "-m", "qubix_worker", *arguments],
            env=kept | {"QUBIX_HOME": str(self.paths.home)} | environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def setup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        token = self.server.enroll()["enrollment"]
        return self.run("setup", "--server", self.server.url, *arguments, QUBIX_ENROLLMENT=token)

    def status(self) -> Status:
        return self.control.status()

    def wait_for(self, state: str) -> Status:
        wait_until(lambda: self.status().state == state)
        return self.status()

    def ended(self) -> bool:
        return not lock.is_held(self.paths.lock)

    def kill(self) -> None:
        psutil.Process(self.status().pid).kill()
        wait_until(self.ended)


def submit(server: LiveServer, name: str, **changes: Any) -> str:
    module = base64.b64encode((EXAMPLES / f"{name}.wasm").read_bytes()).decode()
    body = {"kind": "wasm", "spec": {"module": module}, "timeoutSeconds": 30} | changes
    answer = server.ask("POST", "/api/jobs/create", body, credential=server.token)
    job_id: str = answer.json()["job"]["id"]
    return job_id


def job(server: LiveServer, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = server.ask(
        "GET", f"/api/jobs/{job_id}", credential=server.token
    ).json()["job"]
    return found


def wait_for_job(server: LiveServer, job_id: str, status: str) -> dict[str, Any]:
    wait_until(lambda: job(server, job_id)["status"] == status)
    return job(server, job_id)
