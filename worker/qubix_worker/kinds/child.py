"""The job's child process: `qubix-worker run-job FOLDER`, begun by the worker and by nobody else.

It knows no secret: its environment was emptied before it began, and all it is told stands in
job.json, in a folder below FOLDER whose name comes over the line from the worker (see `line`). When
that line ends the worker is gone, however it went, and then the child ends at once.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
import time
from pathlib import Path
from typing import NoReturn

from qubix_worker.kinds import KINDS, folder, line
from qubix_worker.kinds.confine import HERE
from qubix_worker.kinds.kind import NO_ROOM, Kind, NotHereError, Outcome, SpecError, Task

WORKER_GONE = 70
"""The exit code of a child whose worker has gone; nobody is there to read it."""


def main(jobs: Path) -> NoReturn:
    """Does what job.json in the folder that it is told asks, writes result.json, and ends."""
    told: list[str] = []
    HERE.end_with_parent()
    line.take(lambda: _end(jobs, told))
    line.say("tied")
    while (words := line.order())[0] != "begin":
        _prepare(words[1])
    told += words[1:]
    code = _run(KINDS[told[0]], jobs / told[1])
    sys.stderr.flush()
    while line.worker_gone():
        time.sleep(1.0)  # `_end`, on the other thread, is not to be cut short
    # At once: to take a runtime apart, piece by piece, would only keep the result waiting.
    os._exit(code)


def _run(kind: Kind, place: Path) -> int:
    if kind.file_bytes is None:
        HERE.outlive_parent()  # for as long as it takes to end what it manages; see `_end`
    os.chdir(place)
    here = Path()
    try:
        task = folder.read_task(here)
        HERE.confine(kind.file_bytes, task.timeout_seconds)
        # In the same `try`: where the disk is full, that may be what cannot be written.
        folder.write_outcome(here, _outcome(kind, task))
    except OSError as error:
        _log_exception(error)
        return NO_ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else 1
    except Exception as error:  # noqa: BLE001 - a process's edge: whatever it is, the job has failed
        _log_exception(error)
        return 1
    return 0


def _outcome(kind: Kind, task: Task) -> Outcome:
    try:
        return kind.run(task)
    except SpecError as error:
        return Outcome("failed", error=str(error))
    except NotHereError as error:
        return Outcome("failed", error=str(error), given_back=error.cause)


def _log_exception(error: Exception) -> None:
    """Prints it to the worker's log. Not by the module traceback: behind a wall none can be loaded
    any more, and before it a job would wait for what few need."""
    sys.excepthook(type(error), error, error.__traceback__)


def _prepare(kind: str) -> None:
    if kind == "wasm":
        importlib.import_module("qubix_worker.kinds.wasm_run").prepare()


def _end(jobs: Path, told: list[str]) -> None:
    """Nobody but this process is left to end what the job has begun elsewhere."""
    try:
        if told:
            KINDS[told[0]].tidy(jobs / told[1])
    finally:
        os._exit(WORKER_GONE)
