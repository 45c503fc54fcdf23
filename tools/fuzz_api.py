"""`python tools/fuzz_api.py 20000`: that many requests, made of `/openapi.json`, at a real server.

schemathesis makes them, valid and not, and checks every answer (all its checks, among them: no 5xx,
nothing outside the schema); a third of them come from nobody, a third from a worker, a third from
the operator. Ends with 1 where anything was found.

With `--short` the phases are left out that make some thousands of requests however few are wanted.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOOKS = Path(__file__).with_name("fuzz_hooks.py")
START_SECONDS = 60
CONFIG = """
[checks]
# A body with too many entries may be too large before they are counted.
negative_data_rejection.expected-statuses = [
    "400", "401", "403", "404", "405", "409", "413", "422", "426", "429"
]

# What no schema can say: that a body is what its address says, that a module is there, that an
# amount in words is not too large, that an address wants a WebSocket.
[[operations]]
include-path-regex = "^/api/(modules|jobs/create|providers/quick-register)"
checks.positive_data_acceptance.expected-statuses = [
    "2xx", "3xx", "400", "401", "403", "404", "409", "429"
]

[[operations]]
include-path = "/ws"
checks.positive_data_acceptance.expected-statuses = ["403", "426"]
"""


def main(arguments: list[str]) -> int:
    short = "--short" in arguments
    wanted = next((int(word) for word in arguments if word.isdigit()), 20_000)
    phases = "examples,fuzzing" if short else "examples,coverage,fuzzing,stateful"
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as url:
        token = (Path(folder) / "server/operator-token").read_text().strip()
        credentials = {"nobody": None, "worker": join(url, token), "operator": token}
        document = Path(folder) / "openapi.json"
        (Path(folder) / "schemathesis.toml").write_text(CONFIG)
        document.write_text(json.dumps(for_generation(fetch(url, "/openapi.json"))))
        began, made, found, seed = time.monotonic(), 0, 0, 0
        while made < wanted and not (short and seed):
            for who, credential in credentials.items():
                # Of most operations a run makes that many, and more of some.
                examples = max(1, min(100, (wanted - made) // ((20 if short else 60) * 3)))
                number, failed = run(
                    folder, url, credential, phases=phases, examples=examples, seed=seed
                )
                made, found = made + number, found + failed
                print(f"{who}: {number} requests, {'FAILED' if failed else 'nothing found'}")
            seed += 1
        print(f"{made} requests in {time.monotonic() - began:.0f} s, {found} of the runs failed")
    return 1 if found else 0


def run(
    folder: str, url: str, credential: str | None, *, phases: str, examples: int, seed: int
) -> tuple[int, int]:
    """One run over all operations: how many requests, and whether anything was found."""
    who = []
    if credential:
        # It is in every request of this run, so that none is without it: nobody's run tries that.
        who = ["-H", f"Authorization: Bearer {credential}",
               "--exclude-checks", "missing_required_header"]  # fmt: skip
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file", "schemathesis.toml", "run", "openapi.json", "--url", url,
            "--checks", "all", "--no-color", *who,
            "--phases", phases, "--max-examples", str(examples),
            "--seed", str(seed), "--continue-on-failure",
            "--suppress-health-check", "all", "--warnings", "off", "--generation-database", "none",
        ],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": str(HOOKS.parent)},
    )  # fmt: skip
    counted = re.search(r"(\d+) generated", done.stdout)
    if done.returncode or not counted:
        print(done.stdout[-20_000:], done.stderr[-5000:])
    return int(counted[1]) if counted else 0, int(bool(done.returncode or not counted))


def for_generation(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a name in place of a pattern of seven hundred ranges, out of which texts
    would be made a hundred times as slowly; the tests of the bounds try the pattern."""
    text = document["components"]["schemas"]["PlainText"]
    del text["pattern"]
    text["format"] = "plain-text"
    beat = document["paths"]["/api/providers/{workerId}/heartbeat"]["post"]
    for parameter in beat["parameters"]:
        if parameter["name"] == "wait":
            parameter["schema"]["maximum"] = 0.1  # that answers are held is known
    return document


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A server of its own, which takes each request for one from another address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUBIX_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "qubix_server", "serve", "--port", str(port),
         "--trusted-proxies", "127.0.0.1"],
        env={**kept, "QUBIX_HOME": str(folder)}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + START_SECONDS
        while not answers(url):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit("The server did not start.")
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[1]
        if "Traceback" in said:
            print(said[-5000:])
            raise SystemExit("The server has logged a mistake of its own.")


def answers(url: str) -> bool:
    try:
        fetch(url, "/healthz")
    except (urllib.error.URLError, OSError):
        return False
    return True


def join(url: str, token: str) -> str:
    """A worker that joins, has a job, and so has something to be asked about; its secret."""
    invited = fetch(url, "/api/enrollments", {})
    body = {
        "workerId": "the-worker", "name": "a computer", "workerVersion": "1", "workerSha256": "",
        "capabilities": ["any"], "enrollment": invited["enrollment"],
        "hardware": {
            "os": {"name": "linux", "version": "1", "architecture": "x86_64"},
            "processor": {"logicalCores": 1},
        },
    }  # fmt: skip
    secret: str = fetch(url, "/api/providers/register", body)["workerSecret"]
    fetch(url, "/api/jobs/create", {"kind": "any", "spec": {}}, token)
    return secret


def fetch(url: str, path: str, body: Any = None, credential: str | None = None) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own server, over http
        url + path,
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {credential}"} if credential else {},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        value: dict[str, Any] = json.load(answer)
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
