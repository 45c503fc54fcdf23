"""`pause`, `resume`, `stop`: what a person, or a program of theirs, tells the running worker."""

from __future__ import annotations

import argparse
import time

from qubix_worker.cli.asking import not_running
from qubix_worker.cli.output import Output
from qubix_worker.cli.picture import describe
from qubix_worker.control import Control
from qubix_worker.errors import ControlError
from qubix_worker.paths import Paths


def pause(arguments: argparse.Namespace, output: Output) -> int:
    control = Control(Paths.of_user())
    try:
        if arguments.until is None:
            status = control.pause(arguments.seconds)
        else:
            # A second at least: it was in the future when it was read.
            status = control.pause_until(max(arguments.until.timestamp(), time.time() + 1))
    except ControlError as error:
        return not_running(error, output)
    output.value(status, describe(status, time.time()))
    return 0


def resume(arguments: argparse.Namespace, output: Output) -> int:
    try:
        status = Control(Paths.of_user()).resume()
    except ControlError as error:
        return not_running(error, output)
    output.value(status, describe(status, time.time()))
    return 0


def stop(arguments: argparse.Namespace, output: Output) -> int:
    try:
        Control(Paths.of_user()).stop()
    except ControlError as error:
        return not_running(error, output)
    output.value({"stopped": True}, "Stopped. Nothing is shared now.")
    return 0
