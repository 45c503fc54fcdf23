"""A job's folder: the names in it, and the two JSON files that worker and child process exchange.

    job.json     what to do            written by the worker before the child begins
    module.wasm  the fetched module    the same
    stdin, stdout, stderr              the program's
    files/       the program's own folder, all of the disk that it can see
    module.cwasm the same, compiled    by the worker, or by the child, which offers it
    result.json  how it ended          written by the child, whole or not at all

The program cannot reach anything but `files/`, so what stands beside it can be believed.
"""

from __future__ import annotations

import json
from pathlib import Path

from qubix_worker.kinds.kind import Outcome, Task
from qubix_worker.wire import from_wire, to_wire

JOB = "job.json"
MODULE = "module.wasm"
STDIN = "stdin"
STDOUT = "stdout"
STDERR = "stderr"
FILES = "files"
COMPILED = "module.cwasm"
RESULT = "result.json"


def create(
    folder: Path, task: Task, module: bytes | None = None, compiled: bytes | None = None
) -> None:
    """Makes a job's folder, which must not be there. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True)
    (folder / FILES).mkdir(mode=0o700)
    if module is not None:
        (folder / MODULE).write_bytes(module)
    if compiled is not None:
        (folder / COMPILED).write_bytes(compiled)
    (folder / JOB).write_text(json.dumps(to_wire(task)), encoding="ascii")


def read_task(folder: Path) -> Task:
    """Raises OSError, or ValueError where it is no task."""
    return from_wire(Task, json.loads((folder / JOB).read_bytes()))


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Raises OSError."""
    part = folder / (RESULT + ".part")
    # As bytes: behind a wall, Python cannot load what it writes texts with.
    part.write_bytes(json.dumps(to_wire(outcome)).encode("ascii"))
    part.replace(folder / RESULT)


def read_outcome(folder: Path) -> Outcome:
    """Raises OSError, or ValueError where it is no outcome."""
    return from_wire(Outcome, json.loads((folder / RESULT).read_bytes()))


def size(path: Path) -> int:
    """The size of the file at `path`, 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
