"""The server's command line: `serve` and `migrate` on its own database, the rest over the API.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence

from qubix_server.cli import parser
from qubix_server.errors import StartError

FAILED = 1
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. Returns its exit code."""
    arguments = parser.build().parse_args(argv)
    module, name = arguments.function.split(":")
    command: Callable[[argparse.Namespace], int] = getattr(
        importlib.import_module(f"qubix_server.cli.{module}"), name
    )
    try:
        return command(arguments)
    except StartError as error:
        return _say(str(error))
    except BrokenPipeError:
        sys.stderr.close()  # whoever read the output has gone
        return FAILED
    except OSError as error:
        return _say(f"{error.strerror or error}{f' ({error.filename})' if error.filename else ''}.")
    except KeyboardInterrupt:
        _say("Interrupted.")
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("QUBIX_DEBUG"):
            raise
        return _say(f"Something unexpected went wrong ({type(error).__name__}: {error}).")


def _say(sentence: str) -> int:
    sys.stderr.write(f"qubix-server: {sentence}\n")
    return FAILED
