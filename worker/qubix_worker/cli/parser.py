"""The commands and their options, in words for a person who sees them for the first time."""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import NoReturn, TypeVar

from qubix_worker import __version__
from qubix_worker.cli import times
from qubix_worker.cli.output import Output

T = TypeVar("T")
Command = Callable[[argparse.Namespace, Output], int]

WRONG_USAGE = 2

_COMMANDS = {
    "setup": ("joining", "setup"),
    "uninstall": ("joining", "uninstall"),
    "run": ("running", "run"),
    "run-job": ("running", "run_job"),
    "status": ("asking", "status"),
    "detect": ("detecting", "detect"),
    "logs": ("reading", "logs"),
    "settings": ("choosing", "settings_command"),
    "pause": ("telling", "pause"),
    "resume": ("telling", "resume"),
    "stop": ("telling", "stop"),
}
HIDDEN = ("run-job",)
LOOKING = ("status", "detect", "logs")
"""Commands that end when nobody reads them; the others do what they were asked for all the same."""

DESCRIPTION = """\
Shares this computer's idle processor and graphics card with a compute network.

  qubix-worker setup     join a network and start to share
  qubix-worker status    see how it is going
  qubix-worker pause     have the computer to yourself for a while
  qubix-worker settings  choose what is shared, and when
  qubix-worker uninstall take everything away again
"""

EPILOG = """\
`qubix-worker COMMAND --help` tells more about a command.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not running, 130 interrupted.
QUBIX_HOME names a folder that then holds everything; nothing is written outside it.
NO_COLOR (set to anything) leaves the colours out.
"""


def implementation(command: str) -> Command:
    """The function that runs `command`; its module is imported only now."""
    module, name = _COMMANDS[command]
    function: Command = getattr(importlib.import_module(f"qubix_worker.cli.{module}"), name)
    return function


class Parser(argparse.ArgumentParser):
    """Whose complaints are a sentence and a hint, not a list of all that would have been right."""

    def error(self, message: str) -> NoReturn:
        happened, todo = _complaint(message, self.prog)
        if "--json" in sys.argv[1:]:
            error = {"code": "wrong_usage", "happened": happened, "todo": todo}
            self._print_message(json.dumps({"error": error}) + "\n", sys.stdout)
        else:
            self._print_message(f"qubix-worker: {happened} {todo}\n", sys.stderr)
        sys.exit(WRONG_USAGE)


def build() -> argparse.ArgumentParser:
    parser = Parser(
        prog="qubix-worker",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"qubix-worker {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, summary: str, more: str, *examples: str) -> argparse.ArgumentParser:
        shown = "\n".join(f"  qubix-worker {example}".rstrip() for example in examples)
        command = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.{' ' if more else ''}{more}",
            epilog=f"{'examples' if len(examples) > 1 else 'example'}:\n{shown}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_argument("--json", action="store_true", help="print JSON, an object a line")
        command.add_argument("-q", "--quiet", action="store_true", help="print only what failed")
        command.add_argument("-v", "--verbose", action="store_true", help="print more")
        return command

    setup = add(
        "setup", "join a network and start to share this computer",
        "It writes into your own account only,\nneeds no administrator, and `uninstall` takes all "
        "of it away again. Run it again to repair.",
        "setup --server https://compute.example --code K7QM-2XWD", "setup --dry-run",
    )  # fmt: skip
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

    run = add(
        "run", "run the worker here, until Ctrl+C or `stop`",
        "You need it only where it does not start by\nitself: `setup` starts it in the background.",
        "run --stderr",
    )  # fmt: skip
    run.add_argument("--stderr", action="store_true", help="show the log here as well")

    status = add(
        "status", "show whether this computer is sharing, and what it does", "",
        "status", "status --watch", "status --json | jq .state",
    )  # fmt: skip
    status.add_argument(
        "-w", "--watch", action="store_true", help="go on showing it, each second, until Ctrl+C"
    )
    add(
        "detect", "show what this computer has; nothing is sent",
        "It also tells which of it is sent when\nthis computer joins a network.",
        "detect", "detect --json",
    )  # fmt: skip
    logs = add(
        "logs", "show what the worker has written down", "The oldest line comes first.",
        "logs -n 200", "logs --follow --level warning",
    )  # fmt: skip
    logs.add_argument(
        "-n", "--lines", type=_count, default=50, help="how many entries (default: 50)"
    )
    logs.add_argument(
        "-f", "--follow", action="store_true", help="go on with what is written, until Ctrl+C"
    )
    logs.add_argument(
        "--level", choices=("debug", "info", "warning", "error"), default="debug",
        help="only what is at least this serious (default: all)",
    )  # fmt: skip

    settings = add(
        "settings", "show and change what this computer shares, and when",
        "Without a KEY it shows all of\nthem and what each means. A change is in force at once.",
        "settings", "settings processor_percent 50", "settings hours 'mon-fri 20:00-07:00' sat,sun",
        "settings on_battery=no stop_above_celsius=85", "settings hours always",
    )  # fmt: skip
    settings.add_argument(
        "words", nargs="*", metavar="KEY", help="KEY, or KEY VALUE, or KEY=VALUE, of these several"
    )

    pause = add(
        "pause", "stop taking jobs for a while",
        "A job at work is given back, or stands still, as the\nsetting `when_paused` says.",
        "pause --for 1h", "pause --until 18:00", "pause --until tomorrow",
    )  # fmt: skip
    span = pause.add_mutually_exclusive_group()
    span.add_argument(
        "--for", dest="seconds", type=_typed(times.duration), metavar="TIME",
        help="such as 30m, 1h or 2d (default: until `resume`)",
    )  # fmt: skip
    span.add_argument(
        "--until", type=_typed(lambda text: times.moment(text, datetime.now())), metavar="TIME",
        help="such as 18:00, tomorrow (at 8 o'clock), 'fri 18:00' or '2030-01-31 18:00'",
    )  # fmt: skip
    add("resume", "go on after a pause", "", "resume")
    add(
        "stop", "end the worker; it starts again at the next sign-in",
        "To keep it from that:\n`qubix-worker settings start_at_sign_in no`.",
        "stop",
    )  # fmt: skip

    uninstall = add(
        "uninstall", "leave the network and remove QUBIX from this computer", "",
        "uninstall", "uninstall --purge --yes",
    )  # fmt: skip
    uninstall.add_argument("--purge", action="store_true", help="remove the settings as well")
    uninstall.add_argument("-y", "--yes", action="store_true", help="do not ask")

    job = commands.add_parser("run-job", allow_abbrev=False)  # no help: the worker's own
    job.add_argument("folder")
    return parser


def _complaint(message: str, program: str) -> tuple[str, str]:
    """argparse's message as a sentence of what was wrong, and one of what to do."""
    todo = f"`{program} --help` tells how it is used."
    if message.startswith("argument COMMAND: invalid choice: "):
        word = message.split("'")[1] if "'" in message else ""
        names = [name for name in _COMMANDS if name not in HIDDEN]
        near = difflib.get_close_matches(word, names, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        return f"There is no command called {word!r}.", hint + todo
    if message.endswith("required: COMMAND"):
        return "It was not said what to do.", f"Begin with `{program} status`; {todo}"
    return f"{message[0].upper()}{message[1:].rstrip('.')}.", todo


def _typed(read: Callable[[str], T]) -> Callable[[str], T]:
    """`read`, whose ValueError argparse shows as it is."""

    def typed(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return typed


def _count(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 7:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of lines such as 200")
    return int(text)
