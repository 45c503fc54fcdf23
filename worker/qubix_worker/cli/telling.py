"""`pause`, `resume`, `stop`: what a person tells the running worker."""

from __future__ import annotations

import argparse
import time

from qubix_worker.cli.asking import NOT_RUNNING, describe
from qubix_worker.cli.output import Output
from qubix_worker.control import Control
from qubix_worker.errors import ControlError
from qubix_worker.paths import Paths


def pause(arguments: argparse.Namespace, output: Output) -> int:
    status = Control(Paths.of_user()).pause(arguments.seconds)
    output.value(status, describe(status, time.time()))
    return 0


def resume(arguments: argparse.Namespace, output: Output) -> int:
    status = Control(Paths.of_user()).resume()
    output.value(status, describe(status, time.time()))
    return 0


def stop(arguments: argparse.Namespace, output: Output) -> int:
    try:
        Control(Paths.of_user()).stop()
    except ControlError as error:
        if error.problem.code != "worker_not_running":
            raise
        output.problem(error.problem)
        return NOT_RUNNING
    output.value({"stopped": True}, "Stopped. Nothing is shared now.")
    return 0
