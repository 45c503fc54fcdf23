"""The real worker beside a server that the test plays itself."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import wasmtime

from qubix_worker import identity
from qubix_worker.control import Control
from qubix_worker.identity import Identity
from qubix_worker.paths import Paths
from tests.worker.network.scripted import Answer, Request, Visit
from tests.worker.nothing_lost.ledger import RELAY

SECRET = "a-secret-of-the-test"


def job(number: int, size: int = 10) -> dict[str, Any]:
    """A job whose output is its input, as a server gives it."""
    text = RELAY.read_text().replace("$stream", "1").replace("$code", "0")
    given = f"{number:0{size}d}".encode()
    spec = {
        "module": base64.b64encode(bytes(wasmtime.wat2wasm(text))).decode(),
        "stdin": base64.b64encode(given).decode(),
    }
    return {"id": f"job-{number}", "kind": "wasm", "spec": spec, "timeoutSeconds": 60, "attempt": 1}


class Process:
    """A worker that has joined `url` already."""

    def __init__(self, home: Path, url: str) -> None:
        self.paths = Paths.under(home)
        self.control = Control(self.paths)
        identity.save(self.paths.identity, Identity("w-1", url, "computer", secret=SECRET))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "qubix_worker", "run"],
            env=kept | {"QUBIX_HOME": str(self.paths.home)},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def end(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            finally:
                self.process.kill()
                self.process.wait()

    def log(self) -> str:
        return self.paths.log.read_text() if self.paths.log.exists() else ""


class Giving:
    """A server's answers: it gives one job after the other, and lies about what it is handed.

    `lies`: what it does to the first tries to hand in the result of each job, by the job's id;
    after them it is honest."""

    def __init__(self, jobs: list[dict[str, Any]], lies: dict[str, list[Answer]]) -> None:
        self._left = list(jobs)
        self._lies = lies
        self._given: dict[str, Any] | None = None
        self.tries: Counter[str] = Counter()
        self.acknowledged: Counter[str] = Counter()
        self.results: dict[str, str] = {}

    def __call__(self, request: Request, visit: Visit) -> None:
        assert request.headers["Authorization"] == f"Bearer {SECRET}"
        if request.path.endswith("/complete"):
            self._take(request, visit)
        elif "/heartbeat" in request.path:
            visit.answer({"success": True, "pendingJobs": self._pending(request)})
        else:
            visit.answer({"success": True})

    def _pending(self, request: Request) -> list[dict[str, Any]]:
        named = {request.json.get("currentJob"), *request.json.get("currentJobs", [])} - {None}
        if self._given and (self._given["id"] in named or self.tries[self._given["id"]]):
            self._given = None  # it has arrived
        if self._given is None and not named and self._left:
            self._given = self._left.pop(0)
        return [self._given] if self._given else []

    def _take(self, request: Request, visit: Visit) -> None:
        job_id = request.path.split("/")[-2]
        turn, self.tries[job_id] = self.tries[job_id], self.tries[job_id] + 1
        lies = self._lies.get(job_id, [])
        if turn < len(lies):
            lies[turn](request, visit)
            return
        assert request.json["status"] == "completed", request.json
        self.results[job_id] = base64.b64decode(request.json["result"]["stdout"]).decode()
        self.acknowledged[job_id] += 1
        visit.answer({"success": True})
