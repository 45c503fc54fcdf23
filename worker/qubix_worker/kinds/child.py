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
from qubix_worker.kinds.kind import DISK_BYTES, Outcome, SpecError

WORKER_GONE = 70
"""The exit code of a child whose worker has gone; nobody is there to read it."""
OVERTIME_SECONDS = 10.0
"""Ends a child whose program waits in a system call, should the worker itself be stopped."""


def main(place: Path) -> int:
    """Does what job.json in `place` asks and writes result.json. Returns the exit code."""
    _end_with_worker()
    os.chdir(place)
    here = Path()
    task = folder.read_task(here)
    HERE.confine(DISK_BYTES)
    _end_overtime(task.timeout_seconds + OVERTIME_SECONDS)
    try:
        outcome = KINDS[task.kind].run(task)
    except SpecError as error:
        outcome = Outcome("failed", error=str(error))
    except Exception:  # the edge of a process: whatever it is, the job has failed
        logging.basicConfig()  # to child.log, which the worker keeps for its own log
        logging.exception("The job could not be run")
        return 1
    folder.write_outcome(here, outcome)
    return 0


def _end_with_worker() -> None:
    threading.Thread(target=_wait_for_end_of_input, daemon=True).start()


def _wait_for_end_of_input() -> None:
    while os.read(0, 1):
        pass
    os._exit(WORKER_GONE)


def _end_overtime(seconds: float) -> None:
    timer = threading.Timer(seconds, os._exit, [WORKER_GONE])
    timer.daemon = True
    timer.start()
