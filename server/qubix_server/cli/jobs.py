"""`jobs submit`, `show`, `list`, `cancel`."""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

from qubix_server.cli import files
from qubix_server.cli.client import Client, line, write
from qubix_server.errors import StartError
from qubix_worker.protocol import BODY_BYTES

INLINE_BYTES = 32 * 1024
"""A module up to this size travels inside the job's spec; a larger one is uploaded before."""
ENDED = ("COMPLETED", "FAILED", "CANCELLED")
POLL_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)


def submit(arguments: argparse.Namespace) -> int:
    kind = arguments.kind or ("container" if arguments.image else "wasm")
    _check_usage(arguments, kind)
    client = Client(arguments)
    spec: dict[str, Any] = {"args": arguments.arg} if arguments.arg or kind == "wasm" else {}
    if arguments.stdin is not None:
        spec["stdin"] = _base64(_read(arguments.stdin))
    if arguments.memory_mb is not None:
        spec["memoryMb"] = arguments.memory_mb
    if arguments.env:
        spec["env"] = dict(arguments.env)
    if arguments.file:
        spec["files"] = {name: _base64(_read(path)) for name, path in arguments.file}
    if arguments.output:
        spec["outputs"] = arguments.output
    if kind == "wasm":
        spec |= _module(client, _read(arguments.program))
        if arguments.fuel is not None:
            spec["fuel"] = arguments.fuel
    else:
        spec["image"] = arguments.image
        spec |= {key: True for key in ("network", "gpu") if getattr(arguments, key)}
    wanted = {
        "kind": kind,
        "spec": spec,
        "requirements": {"gpu": True} if arguments.gpu else {},
        "timeoutSeconds": arguments.timeout,
        "idempotencyKey": str(uuid.uuid4()),
    }
    if len(json.dumps(wanted)) > BODY_BYTES:
        raise StartError(
            f"The job is larger than {BODY_BYTES // 1024} KiB, with the files and the input that "
            "go with it. Give it less, or let it fetch them."
        )
    job = client.post("/api/jobs/create", wanted)["job"]
    if arguments.no_wait:
        if arguments.json:
            write(job)
        else:
            line(job["id"])
        return 0
    return _wait(client, job, as_json=arguments.json)


def show(arguments: argparse.Namespace) -> int:
    client = Client(arguments)
    path = f"/api/jobs/{quote(arguments.id, safe='')}"
    job = client.get(path)["job"]
    given = files.decoded(client.get(f"{path}/result")["result"])
    if arguments.json:
        write(job | {"files": {name: len(data) for name, data in given.items()}})
    else:
        for key in ("id", "kind", "status", "progress", "workerId", "attempt", "error"):
            if job.get(key) is not None:
                line(f"{key:10} {job[key]}")
        for key in ("createdAt", "startedAt", "finishedAt"):
            if job.get(key) is not None:
                line(f"{key:10} {job[key]}")
        for name, data in given.items():
            line(f"{'file':10} {files.shown(name)}  {len(data)} bytes")
    if arguments.save_files is None:
        return 0
    refused = files.save(Path(arguments.save_files), given)
    for name, problem in refused.items():
        sys.stderr.write(f"{files.shown(name)} was not saved: it {problem}.\n")
    return 1 if refused else 0


def list(arguments: argparse.Namespace) -> int:
    query = {"status": arguments.status.upper()} if arguments.status else {}
    if arguments.worker is not None:
        query["workerId"] = arguments.worker
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
    given = files.decoded(result)
    if as_json:
        write({key: value for key, value in job.items() if key != "spec"} | {"result": result})
    else:
        sys.stdout.buffer.write(files.output(result))
        sys.stdout.flush()
        if given:
            count = "1 file" if len(given) == 1 else f"{len(given)} files"
            sys.stderr.write(
                f"The job gave {count}: qubix-server jobs show {job['id']} --save-files DIR\n"
            )
    if job["status"] == "COMPLETED":
        return 0
    sys.stderr.write(f"{job['status']}: {job['error'] or 'The job was cancelled.'}\n")
    return 1


def _module(client: Client, module: bytes) -> dict[str, Any]:
    if len(module) <= INLINE_BYTES:
        return {"module": _base64(module)}
    sha256 = hashlib.sha256(module).hexdigest()
    client.put(f"/api/modules/{sha256}", module, "application/wasm")
    return {"moduleSha256": sha256}


def _check_usage(arguments: argparse.Namespace, kind: str) -> None:
    """That what is given belongs to the kind. Ends the program as argparse does where not."""
    needless: dict[str, Any] = (
        {"--image": arguments.image, "--network": arguments.network}
        if kind == "wasm"
        else {"FILE.wasm": arguments.program, "--fuel": arguments.fuel}
    )
    needed, value = (
        ("FILE.wasm", arguments.program) if kind == "wasm" else ("--image", arguments.image)
    )
    problem = next(
        (f"{name} is not for a job of kind {kind}" for name in needless if needless[name]), None
    )
    if value is None:
        problem = problem or f"a job of kind {kind} needs {needed}"
    if problem is not None:
        sys.stderr.write(f"qubix-server jobs submit: error: {problem}\n")
        raise SystemExit(2)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise StartError(f"{name} cannot be read: {error.strerror or error}.") from error
