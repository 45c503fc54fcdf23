"""`status`: how the running worker is, once or again and again."""

from __future__ import annotations

import argparse
import time

from qubix_worker.cli.interrupt import INTERRUPTED
from qubix_worker.cli.output import Output
from qubix_worker.cli.picture import describe, headline, picture
from qubix_worker.control import Control
from qubix_worker.errors import ControlError
from qubix_worker.paths import Paths
from qubix_worker.status import Status

NOT_RUNNING = 3
WATCH_SECONDS = 1.0


def status(arguments: argparse.Namespace, output: Output) -> int:
    control = Control(Paths.of_user())
    if arguments.watch:
        return _watch(control, output)
    try:
        found = control.status()
    except ControlError as error:
        return not_running(error, output)
    if output.live:
        output.rows(picture(found, time.time(), output.width))
    else:
        output.value(found, describe(found, time.time()))
    return 0


def not_running(error: ControlError, output: Output) -> int:
    """The exit code where no worker runs. Raises `error` where it is another failure."""
    if error.problem.code != "worker_not_running":
        raise error
    output.problem(error.problem)
    return NOT_RUNNING


def _watch(control: Control, output: Output) -> int:
    said = ""
    try:
        while True:
            found = control.status()
            if output.json:
                output.value(found, "")
            elif output.live:
                output.rows(picture(found, time.time(), output.width), again=True)
            elif (now := _plainly(found)) != said:
                said = now
                output.line(f"{time.strftime('%H:%M:%S')} {said}")
            time.sleep(WATCH_SECONDS)
    except ControlError as error:
        return not_running(error, output)
    except KeyboardInterrupt:
        return INTERRUPTED  # the way to end it: nothing to say


def _plainly(status: Status) -> str:
    """What is worth a line in a file when it changes."""
    jobs = ", ".join(f"{job.id} {job.progress_percent or 0:.0f} %" for job in status.jobs)
    reason = status.trouble.happened if status.trouble else status.pause_reason or ""
    return " ".join(filter(None, (headline(status)[0], reason, jobs)))
