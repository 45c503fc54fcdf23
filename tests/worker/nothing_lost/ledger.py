"""What the server has on record of a stream of small jobs, each with an answer of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
import threading
from collections import Counter
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import wasmtime
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from qubix_server.leases import LEASES_MOST
from tests.conftest import LiveServer

RELAY = Path(__file__).resolve().parents[1] / "jobs" / "programs" / "relay.wat"


class Tally(NamedTuple):
    done: int
    given_up: int
    """Those whose lease was lost as often as it may be."""
    lost_leases: int


class Ledger:
    """Gives jobs that copy their input, and tells what became of each."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.ids: list[str] = []
        text = RELAY.read_text().replace("$stream", "1").replace("$code", "0")
        module = bytes(wasmtime.wat2wasm(text))
        self._sha256 = hashlib.sha256(module).hexdigest()
        answer = server.ask(
            "PUT", f"/api/modules/{self._sha256}", credential=server.token, data=module
        )
        assert answer.ok, answer.text

    def give(self, count: int) -> None:
        for _ in range(count):
            text = f"job {len(self.ids)}".encode()
            spec = {"moduleSha256": self._sha256, "stdin": base64.b64encode(text).decode()}
            body = {"kind": "wasm", "spec": spec, "timeoutSeconds": 60}
            answer = self.server.ask("POST", "/api/jobs/create", body, credential=self.server.token)
            assert answer.status_code == 201, answer.text
            self.ids.append(answer.json()["job"]["id"])

    def by_status(self) -> Counter[str]:
        with _open(self.server) as database:
            return Counter(status for (status,) in database.execute("SELECT status FROM jobs"))

    def left(self) -> int:
        """How many have not ended."""
        found = self.by_status()
        return sum(found[status] for status in ("PENDING", "ASSIGNED", "RUNNING"))

    def has_last_attempt(self, worker_id: str) -> bool:
        """Whether that worker has a job whose lease must not be lost once more."""
        with _open(self.server) as database:
            found = database.execute(
                "SELECT 1 FROM jobs WHERE worker_id = ? AND attempt >= ?"
                " AND status IN ('ASSIGNED', 'RUNNING')",
                (worker_id, LEASES_MOST),
            )
            return found.fetchone() is not None

    def check(self) -> Tally:
        """Every job has ended once, with the true result and an attempt for each lease."""
        done = given_up = lost = 0
        with _open(self.server) as database:
            for number, job_id in enumerate(self.ids):
                seq, status, attempt, error = database.execute(
                    "SELECT seq, status, attempt, error FROM jobs WHERE id = ?", (job_id,)
                ).fetchone()
                leases = database.execute(
                    "SELECT attempt FROM job_leases WHERE job_seq = ? ORDER BY attempt", (seq,)
                ).fetchall()
                lost += len(leases) - 1
                assert [lease for (lease,) in leases] == list(range(1, attempt + 1))
                if status == "FAILED":
                    assert f"given out {LEASES_MOST} times" in error, error
                    assert attempt == LEASES_MOST
                    given_up += 1
                    continue
                assert status == "COMPLETED"
                assert _output(self.result(job_id)) == f"job {number}"
                done += 1
        return Tally(done, given_up, lost)

    def result(self, job_id: str) -> dict[str, Any]:
        answer = self.server.ask("GET", f"/api/jobs/{job_id}/result", credential=self.server.token)
        assert answer.ok, answer.text
        result: dict[str, Any] = answer.json()["result"]
        return result


class Endings:
    """Counts how often the server has told that a job of these workers has ended."""

    def __init__(self, server: LiveServer, worker_ids: list[str]) -> None:
        self.counted: Counter[str] = Counter()
        self._stack = ExitStack()
        self._socket = self._stack.enter_context(
            connect(
                server.url.replace("http", "ws") + "/ws",
                additional_headers={"Authorization": f"Bearer {server.token}"},
                proxy=None,
            )
        )
        for worker_id in worker_ids:
            self._socket.send(
                json.dumps({"type": "subscribe:provider", "subscriptionId": worker_id})
            )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            for text in self._socket:
                message = json.loads(text)
                assert message["type"] != "error", message
                if message["type"] == "JOB_COMPLETED":
                    self.counted[message["data"]["id"]] += 1
        except ConnectionClosed:
            pass

    def close(self) -> None:
        self._stack.close()
        self._thread.join()


def _open(server: LiveServer) -> AbstractContextManager[sqlite3.Connection]:
    path = server.home / "server" / "qubix.db"
    return closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30))


def _output(result: dict[str, Any]) -> str:
    return base64.b64decode(result["stdout"]).decode()
