"""The commands and their options, in words for a person who sees them for the first time."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, TypeAlias

from qubix_server import __version__

if TYPE_CHECKING:
    # argparse gives the type of add_subparsers() no public name.
    _Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]

DESCRIPTION = """\
The server of a compute network: hands out installers, keeps track of the computers that share,
and brings them jobs.

  qubix-server serve                      start it; the page to share is then at its address
  qubix-server jobs submit PROGRAM.wasm   have some computer do a piece of work
  qubix-server jobs show JOB              how it ended, and which files it gave back
  qubix-server providers list             see which computers there are
"""
EPILOG = "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted."


def build() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qubix-server",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"qubix-server {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = _add(commands, "serve", "start the server", "serve:serve")
    _database(serve)
    serve.add_argument("--host", help="address to listen on (QUBIX_HOST; default: 127.0.0.1)")
    serve.add_argument("--port", help="port to listen on (QUBIX_PORT; default: 3001)")
    serve.add_argument(
        "--public-url", metavar="URL",
        help="address at which workers reach it (QUBIX_PUBLIC_URL; default: as it was asked)",
    )  # fmt: skip
    serve.add_argument(
        "--server-name", metavar="NAME",
        help="the network's name, shown to who joins (QUBIX_SERVER_NAME; default: the host's)",
    )  # fmt: skip
    serve.add_argument(
        "--downloads-dir", metavar="DIR",
        help="folder with the desktop applications to hand out (QUBIX_DOWNLOADS_DIR)",
    )  # fmt: skip
    serve.add_argument(
        "--worker-image", metavar="IMAGE",
        help="image of the worker, by its digest, for who uses containers (QUBIX_WORKER_IMAGE; "
        "default: they build it)",
    )  # fmt: skip
    serve.add_argument(
        "--heartbeat-interval-seconds", metavar="S",
        help="how often workers report (QUBIX_HEARTBEAT_INTERVAL_SECONDS; default: 30)",
    )  # fmt: skip
    serve.add_argument(
        "--trusted-proxies", metavar="LIST",
        help="proxies whose X-Forwarded-* is believed, with commas (QUBIX_TRUSTED_PROXIES)",
    )  # fmt: skip
    serve.add_argument(
        "--insecure-http", action="store_true", default=None,
        help="allow plain http on other addresses than this computer's own",
    )  # fmt: skip
    serve.add_argument(
        "--until-stdin-closes", action="store_true",
        help="end when standard input does: for programs that start a server for themselves",
    )  # fmt: skip

    _database(_add(commands, "migrate", "bring the database up to date", "serve:migrate_database"))
    backup = _add(commands, "backup", "copy the database, also while it is in use", "serve:backup")
    _database(backup)
    backup.add_argument("file", metavar="FILE", help="where the copy shall be; must be new")
    token = _add(commands, "token", "make a new operator's token", "serve:token")
    _database(token)

    audit = _client(commands, "audit", "show what operators and invitations did", "audit")
    audit.add_argument(
        "--most", type=int, default=100, metavar="N", help="so many, the newest (default: 100)"
    )

    jobs = commands.add_parser("jobs", help="have work done", allow_abbrev=False)
    _jobs(jobs.add_subparsers(required=True, metavar="COMMAND"))
    providers = commands.add_parser("providers", help="the computers", allow_abbrev=False)
    _providers(providers.add_subparsers(required=True, metavar="COMMAND"))
    return parser


def _jobs(commands: _Commands) -> None:
    submit = _client(commands, "submit", "have a program done, and print what it printed", "jobs")
    submit.add_argument(
        "program", metavar="FILE.wasm", nargs="?",
        help="a WebAssembly program (WASI preview 1)",
    )  # fmt: skip
    submit.add_argument(
        "--kind", choices=("wasm", "container"),
        help="what does it (default: wasm, or container where there is an --image)",
    )  # fmt: skip
    submit.add_argument(
        "--image", metavar="NAME@sha256:...",
        help="instead of a file: an image with its registry and digest, for Podman or Docker",
    )  # fmt: skip
    submit.add_argument(
        "--arg", action="append", default=[], metavar="A", help="argument for it; may be repeated"
    )
    submit.add_argument(
        "--env", action="append", default=[], type=_pair, metavar="NAME=VALUE",
        help="variable of its environment; may be repeated",
    )  # fmt: skip
    submit.add_argument(
        "--file", action="append", default=[], type=_pair, metavar="NAME=PATH",
        help="file that lies in its folder as NAME when it begins; may be repeated",
    )  # fmt: skip
    submit.add_argument(
        "--output", action="append", default=[], metavar="NAME",
        help="file or folder that it leaves in its folder and gives back; may be repeated",
    )  # fmt: skip
    submit.add_argument("--stdin", metavar="FILE", help="what it reads as its standard input")
    submit.add_argument(
        "--timeout", type=int, default=300, metavar="S", help="its time limit (default: 300)"
    )
    submit.add_argument("--memory-mb", type=int, metavar="MB", help="its memory limit")
    submit.add_argument("--fuel", type=int, metavar="N", help="most steps of a wasm program")
    submit.add_argument(
        "--network", action="store_true", help="it needs the network (container only)"
    )
    submit.add_argument(
        "--gpu", action="store_true", help="it needs a computer with a graphics card"
    )
    submit.add_argument("--no-wait", action="store_true", help="only hand it in; print its id")
    show = _client(commands, "show", "show one job, and the files that it gave back", "jobs")
    show.add_argument("id")
    show.add_argument(
        "--save-files", metavar="DIR", help="put its files into DIR, which must be new or empty"
    )
    listed = _client(commands, "list", "show the newest jobs", "jobs")
    listed.add_argument("--status", help="only those: PENDING, RUNNING, COMPLETED, FAILED, ...")
    listed.add_argument("--worker", metavar="ID", help="only those of this worker")
    cancel = _client(commands, "cancel", "end a job before its time", "jobs")
    cancel.add_argument("id")


def _providers(commands: _Commands) -> None:
    listed = _client(commands, "list", "show the computers", "providers")
    listed.add_argument("--online", action="store_true", help="only those that are online")
    revoke = _client(commands, "revoke", "forget a computer; it can join again", "providers")
    revoke.add_argument("id", help="its id, or its worker's")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} has no NAME=")
    return name, value


def _client(commands: _Commands, name: str, summary: str, module: str) -> argparse.ArgumentParser:
    """A command that asks a running server."""
    command = _add(commands, name, summary, f"{module}:{name}")
    command.add_argument(
        "--server", metavar="URL",
        help="the server (QUBIX_PUBLIC_URL; default: http://127.0.0.1 at QUBIX_PORT, or 3001). "
        "The operator's token is read from QUBIX_OPERATOR_TOKEN, or the file that the server "
        "has made on this computer",
    )  # fmt: skip
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def _add(commands: _Commands, name: str, summary: str, function: str) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + ".", allow_abbrev=False
    )
    command.set_defaults(function=function)
    return command


def _database(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--database-url", metavar="URL",
        help="where its facts are kept: an SQLite file or a PostgreSQL database "
        "(QUBIX_DATABASE_URL; default: a file in the data folder)",
    )  # fmt: skip
