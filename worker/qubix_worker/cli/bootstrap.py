"""The one-file worker on a bare Python: gets its environment first, then goes on inside it."""

from __future__ import annotations

import argparse
import importlib.util
import threading
from pathlib import Path

from qubix_worker.cli.output import Output
from qubix_worker.errors import QubixError
from qubix_worker.setup.environment import Environment
from qubix_worker.setup.steps import Setup

LIBRARIES = ("psutil", "requests", "platformdirs")


def interpreter(own: Environment, arguments: argparse.Namespace, output: Output) -> Path | None:
    """The interpreter to go on with; None to go on here, or where the environment failed.

    `setup` makes the environment. Other commands go on here where the libraries happen to be
    (as under `uv run`). Raises QubixError where they are nowhere.
    """
    if arguments.command == "setup" and not arguments.dry_run:
        setup = Setup([own])
        return own.python if output.follow(setup, setup.run(threading.Event())) else None
    if own.is_done():
        return own.python
    if all(map(importlib.util.find_spec, LIBRARIES)) or arguments.command == "setup":
        return None
    raise QubixError(
        "not_prepared",
        "This file has not been set up on this computer, so its libraries are missing.",
        "Run it with `setup` first, or with `uv run`, which fetches them by itself.",
    )
