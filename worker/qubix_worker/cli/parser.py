"""The commands and their options, in words for a person who sees them for the first time."""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Callable

from qubix_worker import __version__
from qubix_worker.cli.output import Output

Command = Callable[[argparse.Namespace, Output], int]

_MODULES = {
    "setup": "joining",
    "uninstall": "joining",
    "run": "running",
    "run-job": "running",
    "status": "asking",
    "detect": "asking",
    "logs": "asking",
    "pause": "telling",
    "resume": "telling",
    "stop": "telling",
}

DESCRIPTION = """\
Shares this computer's idle processor and graphics card with a compute network.

  qubix-worker setup     join a network and start to share
  qubix-worker status    see how it is going
  qubix-worker pause     have the computer to yourself for a while
  qubix-worker uninstall take everything away again
"""

EPILOG = """\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not running, 130 interrupted.
QUBIX_HOME names a folder that then holds everything; nothing is written outside it.
"""


def implementation(command: str) -> Command:
    """The function that runs `command`; its module is imported only now."""
    module = importlib.import_module(f"qubix_worker.cli.{_MODULES[command]}")
    function: Command = getattr(module, command.replace("-", "_"))
    return function


def build() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qubix-worker",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"qubix-worker {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=summary, description=summary[0].upper() + summary[1:] + ".",
            allow_abbrev=False,
        )  # fmt: skip
        command.add_argument("--json", action="store_true", help="print JSON, an object a line")
        command.add_argument("-q", "--quiet", action="store_true", help="print only what failed")
        command.add_argument("-v", "--verbose", action="store_true", help="print more")
        return command

    setup = add("setup", "join a network and start to share this computer")
    setup.add_argument("--server", metavar="URL", help="the network's address (QUBIX_BACKEND)")
    setup.add_argument(
        "--code", metavar="CODE",
        help="the code that the network's page shows; a script brings its invitation along, in "
        "QUBIX_ENROLLMENT",
    )  # fmt: skip
    setup.add_argument("--name", help="how the network calls this computer (default: its own name)")
    setup.add_argument("--memory-limit-mb", type=int, metavar="MB", help="most memory for a job")
    setup.add_argument("--no-autostart", action="store_true", help="do not start when you sign in")
    setup.add_argument("--no-start", action="store_true", help="set up, but do not start yet")
    setup.add_argument("--dry-run", action="store_true", help="say what would be done, do nothing")
    setup.add_argument("-y", "--yes", action="store_true", help="do not ask")

    run = add("run", "run the worker here, until Ctrl+C or `stop`")
    run.add_argument("--stderr", action="store_true", help="show the log here as well")

    add("status", "show whether this computer is sharing, and what it does")
    add("detect", "show what this computer has; nothing is sent")
    logs = add("logs", "show what the worker has written down")
    logs.add_argument("-n", "--lines", type=int, default=50, help="how many lines (default: 50)")

    pause = add("pause", "stop taking jobs for a while; a job at work is given back")
    pause.add_argument(
        "--for", dest="seconds", type=duration, metavar="TIME",
        help="such as 30m, 1h or 2d (default: until `resume`)",
    )  # fmt: skip
    add("resume", "go on after a pause")
    add("stop", "end the worker; it starts again at the next sign-in")

    uninstall = add("uninstall", "leave the network and remove QUBIX from this computer")
    uninstall.add_argument("--purge", action="store_true", help="remove the settings as well")
    uninstall.add_argument("-y", "--yes", action="store_true", help="do not ask")

    job = commands.add_parser("run-job", allow_abbrev=False)  # no help: the worker's own
    job.add_argument("folder")
    return parser


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(text: str) -> float:
    """Seconds of a time such as `90`, `30m`, `1h` or `2d`."""
    found = re.fullmatch(r"(\d{1,7})([smhd]?)", text.strip().lower())
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 30m, 1h or 2d")
    return float(int(found[1]) * _UNITS[found[2] or "s"])
