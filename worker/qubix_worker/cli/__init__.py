"""The worker's command line. Each command is a thin face of something that is tested by itself.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not running, 130 interrupted.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qubix_worker import system
from qubix_worker.cli import parser
from qubix_worker.cli.interrupt import INTERRUPTED
from qubix_worker.cli.output import Output, fill_closed_streams
from qubix_worker.errors import Problem, QubixError
from qubix_worker.setup import environment
from qubix_worker.setup.steps import problem_of

if TYPE_CHECKING:
    import argparse

log = logging.getLogger(__name__)

FAILED = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. Returns its exit code."""
    fill_closed_streams()
    arguments = parser.build().parse_args(argv)
    logging.getLogger().addHandler(logging.NullHandler())  # a traceback is for a log, or nobody
    output = Output.of(arguments)
    output.outlives_reader = arguments.command not in parser.LOOKING
    try:
        return _dispatch(arguments, output)
    except QubixError as error:
        output.problem(error.problem)
        return FAILED
    except BrokenPipeError:
        return 0  # `| head -1`: whoever read it has what they wanted
    except (OSError, ImportError) as error:
        output.problem(problem_of(error) if isinstance(error, OSError) else _incomplete(error))
        return FAILED
    except KeyboardInterrupt:
        output.problem(Problem("interrupted", "Interrupted.", "Run the command again to go on."))
        return INTERRUPTED
    except Exception as error:  # the edge of the process: a person gets a sentence, never this
        log.exception("the command failed")
        output.problem(
            Problem(
                "internal",
                f"Something unexpected went wrong ({type(error).__name__}: {error}).",
                "Try again; if it lasts, send the log to the people who run the network.",
            )
        )
        if os.environ.get("QUBIX_DEBUG"):
            raise
        return FAILED


def _incomplete(error: ImportError) -> Problem:
    return Problem(
        "library_missing",
        f"A part of what QUBIX needs on this computer is missing or damaged ({error}).",
        "Run the installer again, which mends that.",
    )


def _dispatch(arguments: argparse.Namespace, output: Output) -> int:
    """Runs the command, once its libraries are there."""
    own = environment.for_this_program(os.environ)
    if own and not own.is_inside():
        from qubix_worker.cli import bootstrap  # noqa: PLC0415

        if python := bootstrap.interpreter(own, arguments, output):
            system.current().become([str(python), *sys.argv])
    command = parser.implementation(arguments.command)
    return command(arguments, output)
