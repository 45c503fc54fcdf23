"""The job's child process: `qubix-worker run-job FOLDER`, begun by the worker and by nobody else.

It knows no secret: its environment was emptied before it began, and all it is told stands in
job.json. Its standard input is a pipe from the worker on which nothing is ever sent: its end of
file means that the worker is gone, however it went, and then the child ends at once.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

from qubix_worker.kinds import KINDS, folder
from qubix_worker.kinds.confine import HERE
from qubix_worker.kinds.kind import Kind, Outcome, SpecError

WORKER_GONE = 70
"""The exit code of a child whose worker has gone; nobody is there to read it."""
OVERTIME_SECONDS = 10.0
"""Ends a child whose program waits in a system call, should the worker itself be stopped."""


def main(place: Path) -> int:
    """Does what job.json in `place` asks and writes result.json. Returns the exit code."""
    os.chdir(place)
    here = Path()
    task = folder.read_task(here)
    kind = KINDS[task.kind]
    _end_with_worker(kind, place)
    HERE.confine(kind.file_bytes)
    _end_overtime(kind, place, task.timeout_seconds + OVERTIME_SECONDS)
    try:
        outcome = kind.run(task)
    except SpecError as error:
        outcome = Outcome("failed", error=str(error))
    except Exception:  # the edge of a process: whatever it is, the job has failed
        logging.basicConfig()  # to child.log, which the worker keeps for its own log
        logging.exception("The job could not be run")
        return 1
    folder.write_outcome(here, outcome)
    return 0


def _end_with_worker(kind: Kind, place: Path) -> None:
    threading.Thread(target=_wait_for_end_of_input, args=(kind, place), daemon=True).start()


def _wait_for_end_of_input(kind: Kind, place: Path) -> None:
    while os.read(0, 1):
        pass
    _end(kind, place)


def _end_overtime(kind: Kind, place: Path, seconds: float) -> None:
    timer = threading.Timer(seconds, _end, [kind, place])
    timer.daemon = True
    timer.start()


def _end(kind: Kind, place: Path) -> None:
    """Nobody but this process is left to end what the job has begun elsewhere."""
    try:
        kind.tidy(place)
    finally:
        os._exit(WORKER_GONE)
