"""Durable heartbeats a second, against bare Starlette on uvicorn that echoes the same JSON.

The load comes from wrk (Debian's package of that name), 32 connections on loopback for a few
seconds, the two servers in turns.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.figures import Figure

CONNECTIONS = 32
SECONDS = 4
ROUNDS = 3
BEAT = {
    "status": "online",
    "usage": {"cpuPercent": 12.5, "ramPercent": 40.1, "ramUsedGb": 6.4, "ramTotalGb": 16.0},
}
ECHO = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
async def echo(request):
    return JSONResponse(await request.json())
app = Starlette(routes=[Route("/api/providers/{worker}/heartbeat", echo, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), http="httptools", access_log=False, log_level="warning")
"""


def run() -> list[Figure]:
    if not shutil.which("wrk"):
        sys.stderr.write("bench: heartbeats needs wrk (apt-get install wrk)\n")
        return []
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (ours, secret):
        script = Path(folder) / "beat.lua"
        with echoing() as theirs:
            figures: dict[str, list[float]] = {"ours": [], "theirs": []}
            for _ in range(ROUNDS):
                figures["theirs"].append(load(theirs, script, secret))
                figures["ours"].append(load(ours, script, secret))
    return [
        Figure(
            "durable heartbeats of one worker",
            statistics.median(figures["ours"]), "a second",
            "a bare Starlette echo", statistics.median(figures["theirs"]),
        )
    ]  # fmt: skip


def load(url: str, script: Path, secret: str) -> float:
    """Requests a second; every answer must be a 200."""
    script.write_text(
        'wrk.method = "POST"\n'
        f"wrk.body = {json.dumps(json.dumps(BEAT))}\n"
        'wrk.headers["Content-Type"] = "application/json"\n'
        f'wrk.headers["Authorization"] = "Bearer {secret}"\n'
    )
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script),
         f"{url}/api/providers/bench/heartbeat"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    if "Non-2xx" in done.stdout:
        raise RuntimeError(done.stdout)
    found = re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)
    if not found:
        raise RuntimeError(done.stdout)
    return float(found[1])


@contextmanager
def echoing() -> Iterator[str]:
    port = free_port()
    with started([sys.executable, "-c", ECHO, str(port)], {}, port) as url:
        yield url


@contextmanager
def served(home: Path) -> Iterator[tuple[str, str]]:
    """A server, and the secret of a worker that has joined it."""
    port = free_port()
    environment = {"QUBIX_HOME": str(home), "QUBIX_PORT": str(port)}
    with started([sys.executable, "-m", "qubix_server", "serve"], environment, port) as url:
        enrollment = post(f"{url}/api/enrollments", {})["enrollment"]
        joined = post(
            f"{url}/api/providers/register",
            {
                "workerId": "bench",
                "name": "bench",
                "hardware": {
                    "os": {"name": "linux", "version": "", "architecture": ""},
                    "processor": {"logicalCores": 1},
                    "memory": {"totalBytes": 1 << 34},
                },
                "workerVersion": "0",
                "workerSha256": "",
                "capabilities": [],
                "enrollment": enrollment,
            },
        )
        yield url, joined["workerSecret"]


@contextmanager
def started(command: list[str], environment: dict[str, str], port: int) -> Iterator[str]:
    with subprocess.Popen(
        command, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own server
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
        return found


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
