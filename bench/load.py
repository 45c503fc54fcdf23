"""Load by wrk (Debian's package of that name) on loopback, and servers to be loaded."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONNECTIONS = 256
SECONDS = 4
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 60e3}


@dataclass(frozen=True)
class Load:
    """What a server did under load."""

    per_second: float
    p99_ms: float


def there_is_wrk(benchmark: str) -> bool:
    if shutil.which("wrk"):
        return True
    sys.stderr.write(f"bench: {benchmark} needs wrk (apt-get install wrk)\n")
    return False


def load(url: str, script: Path | None = None) -> Load:
    """A few seconds of requests; every answer must be a 2xx."""
    script_option = ["-s", str(script)] if script else []
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", *script_option, url],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rate = re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", done.stdout)
    if "Non-2xx" in done.stdout or not rate or not p99:
        raise RuntimeError(done.stdout)
    return Load(float(rate[1]), float(p99[1]) * _UNITS[p99[2]])


@contextmanager
def started(
    command: list[str], environment: Mapping[str, str], port: int
) -> Iterator[tuple[str, int]]:
    """A server's address and process id, from when it answers."""
    with subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            for _ in range(400):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}", process.pid
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
