"""The one-file worker on a bare Python: gets its environment first, then goes on inside it."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from qubix_worker.cli.interrupt import INTERRUPTED, TAKEN_BACK, interruptible
from qubix_worker.cli.output import Output
from qubix_worker.errors import QubixError
from qubix_worker.own_log import log_to
from qubix_worker.setup.environment import Environment
from qubix_worker.setup.steps import Progress, Setup

FAILED = 1
LIBRARIES = ("psutil", "requests", "platformdirs")


def interpreter(own: Environment, arguments: argparse.Namespace, output: Output) -> Path | None:
    """The interpreter to go on with; None to go on here.

    `setup` makes the environment; where the libraries are nowhere (under `uv run` they are there),
    so do `detect`, by which a careful stranger begins, and `uninstall --purge`, since an uninstall
    before it may have left the settings. Raises QubixError for other commands.
    """
    if arguments.command == "setup" and not arguments.dry_run:
        return _made(own, output)
    if own.is_there():
        return own.python
    if all(map(importlib.util.find_spec, LIBRARIES)) or arguments.command == "setup":
        return None
    if arguments.command == "detect" or getattr(arguments, "purge", False):
        output.note("The libraries that this file needs are fetched once, and kept beside it.")
        # What is found out goes to the standard output alone.
        told = Output(quiet=output.quiet or output.json, out=output.err, err=output.err)
        python = _made(own, told)
        own.keep()
        return python
    raise QubixError(
        "not_prepared",
        "This file has not been set up on this computer, so its libraries are missing.",
        "Run it with `setup` first, or with `uv run`, which fetches them by itself.",
    )


def _made(own: Environment, output: Output) -> Path:
    """The environment's interpreter; ends the process where it could not be made."""
    if own.is_done():  # nothing to do, nor to log
        output.show(own.title, Progress(own.key, "done"))
        return own.python
    setup = Setup([own])
    with log_to(own.log), interruptible() as cancel:
        succeeded = output.follow(setup, setup.run(cancel))
    if succeeded and not cancel.is_set():
        return own.python
    if not cancel.is_set():
        sys.exit(FAILED)
    own.undo()  # also where it was finished at that very moment; and its log, now closed
    output.line(TAKEN_BACK)
    sys.exit(INTERRUPTED)
