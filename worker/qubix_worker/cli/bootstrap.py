"""The one-file worker on a bare Python: gets its environment first, then goes on inside it."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from qubix_worker.cli.interrupt import INTERRUPTED, TAKEN_BACK, interruptible
from qubix_worker.cli.output import Output
from qubix_worker.errors import QubixError
from qubix_worker.setup.environment import Environment
from qubix_worker.setup.steps import Setup

FAILED = 1
LIBRARIES = ("psutil", "requests", "platformdirs")


def interpreter(own: Environment, arguments: argparse.Namespace, output: Output) -> Path | None:
    """The interpreter to go on with; None to go on here.

    `setup` makes the environment, and ends the process where that fails. Other commands go on
    here where the libraries happen to be (as under `uv run`); QubixError where they are nowhere.
    """
    if arguments.command == "setup" and not arguments.dry_run:
        setup = Setup([own])
        with interruptible() as cancel:
            if output.follow(setup, setup.run(cancel)):
                return own.python
        if cancel.is_set():
            output.line(TAKEN_BACK)
        sys.exit(INTERRUPTED if cancel.is_set() else FAILED)
    if own.is_done():
        return own.python
    if all(map(importlib.util.find_spec, LIBRARIES)) or arguments.command == "setup":
        return None
    raise QubixError(
        "not_prepared",
        "This file has not been set up on this computer, so its libraries are missing.",
        "Run it with `setup` first, or with `uv run`, which fetches them by itself.",
    )
