"""`jobs submit`, `show`, `list`, `cancel`."""

from __future__ import annotations

import argparse
import base64
import hashlib
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

from qubix_server.cli.client import Client, line, write
from qubix_server.errors import StartError

INLINE_BYTES = 32 * 1024
"""A module up to this size travels inside the job's spec; a larger one is uploaded before."""
ENDED = ("COMPLETED", "FAILED", "CANCELLED")
POLL_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)


def submit(arguments: argparse.Namespace) -> int:
    client = Client(arguments)
    spec = _module(client, _read(arguments.file))
    spec["args"] = arguments.arg
    if arguments.stdin is not None:
        spec["stdin"] = base64.b64encode(_read(arguments.stdin)).decode()
    if arguments.memory_mb is not None:
        spec["memoryMb"] = arguments.memory_mb
    wanted = {
        "kind": "wasm",
        "spec": spec,
        "timeoutSeconds": arguments.timeout,
        "idempotencyKey": str(uuid.uuid4()),
    }
    job = client.post("/api/jobs/create", wanted)["job"]
    if arguments.no_wait:
        if arguments.json:
            write(job)
        else:
            line(job["id"])
        return 0
    return _wait(client, job, as_json=arguments.json)


def show(arguments: argparse.Namespace) -> int:
    job = Client(arguments).get(f"/api/jobs/{quote(arguments.id, safe='')}")["job"]
    if arguments.json:
        write(job)
        return 0
    for key in ("id", "kind", "status", "progress", "workerId", "attempt", "error"):
        if job.get(key) is not None:
            line(f"{key:10} {job[key]}")
    for key in ("createdAt", "startedAt", "finishedAt"):
        if job.get(key) is not None:
            line(f"{key:10} {job[key]}")
    return 0


def list(arguments: argparse.Namespace) -> int:
    query = {"status": arguments.status.upper()} if arguments.status else {}
    jobs = Client(arguments).get("/api/jobs", **query)["jobs"]
    for job in jobs:
        if arguments.json:
            write(job)
        else:
            reason = f"  {job['error']}" if job.get("error") else ""
            line(f"{job['id']}  {job['status']:9}  {job['kind']:5}  {job['createdAt']}{reason}")
    if not jobs and not arguments.json:
        line("There are no jobs.")
    return 0


def cancel(arguments: argparse.Namespace) -> int:
    job = Client(arguments).post(f"/api/jobs/{quote(arguments.id, safe='')}/cancel", {})["job"]
    if arguments.json:
        write(job)
    else:
        line(f"{job['id']}  {job['status']}")
    return 0


def _wait(client: Client, job: dict[str, Any], *, as_json: bool) -> int:
    """Until the job has ended; what it printed goes to standard output, byte for byte."""
    polls = iter(POLL_SECONDS)
    pause = 0.0
    try:
        while job["status"] not in ENDED:
            pause = next(polls, pause)
            time.sleep(pause)
            job = client.get(f"/api/jobs/{job['id']}")["job"]
    except KeyboardInterrupt:
        sys.stderr.write(f"The job goes on: qubix-server jobs show {job['id']}\n")
        raise
    result = client.get(f"/api/jobs/{job['id']}/result")["result"] or {}
    if as_json:
        write({key: value for key, value in job.items() if key != "spec"} | {"result": result})
    else:
        sys.stdout.buffer.write(base64.b64decode(result.get("stdout") or ""))
        sys.stdout.flush()
    if job["status"] == "COMPLETED":
        return 0
    sys.stderr.write(f"{job['status']}: {job['error'] or 'The job was cancelled.'}\n")
    return 1


def _module(client: Client, module: bytes) -> dict[str, Any]:
    if len(module) <= INLINE_BYTES:
        return {"module": base64.b64encode(module).decode()}
    sha256 = hashlib.sha256(module).hexdigest()
    client.put(f"/api/modules/{sha256}", module, "application/wasm")
    return {"moduleSha256": sha256}


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise StartError(f"{name} cannot be read: {error.strerror or error}.") from error
