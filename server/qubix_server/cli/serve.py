"""`serve`, `migrate`, `backup`, `token`: the commands that work on the server's own database."""

from __future__ import annotations

import argparse
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

from qubix_server import app, operator_token
from qubix_server.direct import DirectHttp
from qubix_server.errors import StartError
from qubix_server.services import Services
from qubix_server.settings import Settings, check_exposure, load
from qubix_server.store.backup import copy_to
from qubix_server.store.engine import shown
from qubix_server.store.migrate import migrate
from qubix_server.websocket import PING_SECONDS, LiveProtocol

KEEP_ALIVE_SECONDS = 75
"""Longer than workers wait between two heartbeats, so that their connections stay."""
GRACE_SECONDS = 10
"""What is under way may come to its end: a large body, an answer that is on its way."""
BACKLOG = 2048
COLLECT_AFTER = 50_000
"""Objects that were made and not freed."""
SWITCH_SECONDS = 0.0001
"""How long a thread that wants Python's lock waits until it is handed over; 0.005 by default. The
database's writer asks for it after each step, and on a quick disk waited longer than it worked."""


def serve(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    check_exposure(settings)
    _log_to_stderr()
    listening = _listen(settings)
    with listening:
        migrate(settings)
        token = operator_token.ensure(settings)
        application = app.create(settings)
        server = Server(
            uvicorn.Config(
                application,
                http=DirectHttp,
                ws=LiveProtocol,
                ws_per_message_deflate=False,
                ws_ping_interval=PING_SECONDS,
                ws_ping_timeout=PING_SECONDS,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
                ws_max_size=64 * 1024,
            ),
            application.state.services,
        )
        if arguments.until_stdin_closes:
            threading.Thread(target=_follow_stdin, args=(server,), daemon=True).start()
        _welcome(settings, listening.getsockname()[1], token)
        _collect_rarely()
        sys.setswitchinterval(SWITCH_SECONDS)
        server.run(sockets=[listening])
    return 0 if server.started else 1


def migrate_database(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    done = migrate(settings)
    where = shown(settings.database_url)
    if done.before == done.after:
        _say(f"The database {where} is up to date (revision {done.after}).")
        return 0
    if done.before is None:
        _say(f"The database {where} was made (revision {done.after}).")
        return 0
    lines = [f"The database {where} was brought from revision {done.before} to {done.after}:"]
    lines += [f"  {step}" for step in done.steps]
    if done.copy:
        lines.append(f"As it was before, it is kept in {done.copy}.")
    _say("\n".join(lines))
    return 0


def backup(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    if settings.database_file is None:
        raise StartError(
            "Only an SQLite database is copied by this command. "
            "Of PostgreSQL make a backup with pg_dump --format=custom."
        )
    copy = Path(arguments.file)
    copy_to(settings.database_file, copy)
    _say(f"The database was copied to {copy}.")
    return 0


def token(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    migrate(settings)
    _say(operator_token.rotate(settings))
    return 0


def _collect_rarely() -> None:
    """What is there already stays; of what comes, little is in circles. Looked for as often as
    Python does by default, they cost a tenth of each heartbeat."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


class Server(uvicorn.Server):
    """Answers what is held before it waits for its connections to end."""

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends cleanly on a signal, where uvicorn would end once more by it."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._services.waiting.close()
        await super().shutdown(sockets)


def _settings(arguments: argparse.Namespace) -> Settings:
    return load(vars(arguments), os.environ)


def _listen(settings: Settings) -> socket.socket:
    """The socket, bound before anything is written: a taken port is the commonest failure."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, number)
    except OSError as error:
        raise StartError(
            f"The address {settings.host} is not one of this computer's ({error.strerror}). "
            "Choose another with --host or QUBIX_HOST."
        ) from error
    try:
        # A server that begins again need not wait until old connections are forgotten. On Windows
        # it need not anyway, and the option lets a second one take the same port.
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise StartError(_why_not_bound(settings, error)) from error
    listening.set_inheritable(False)
    return listening


def _why_not_bound(settings: Settings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {settings.port} is in use by another program, or by a server that runs "
            "already. End that one, or choose another port with --port or QUBIX_PORT."
        )
    if error.errno == errno.EACCES:
        return (
            f"This account may not listen on port {settings.port}. "
            "Choose one above 1023 with --port or QUBIX_PORT."
        )
    return (
        f"It cannot listen on {settings.host}, port {settings.port} "
        f"({error.strerror}). Choose others with --host and --port."
    )


def _follow_stdin(server: uvicorn.Server) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    server.should_exit = True


def _welcome(settings: Settings, port: int, token: str | None) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    lines = [
        f"{settings.server_name} is served at {settings.public_url or f'http://{host}:{port}'}/",
        f"  its facts are kept in {shown(settings.database_url)}",
    ]
    if token is not None:
        lines += [
            f"  the operator's token, shown this once: {token}",
            f"  (kept for this computer's own use in {settings.folder / operator_token.NAME})",
        ]
    _say("\n".join(lines))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("uvicorn.error").addFilter(_is_not_about_a_request)


def _is_not_about_a_request(record: logging.LogRecord) -> bool:
    """Who sends what is no HTTP has his answer; he shall not fill the log with it."""
    return not record.getMessage().startswith(("Invalid HTTP request", "Unsupported upgrade"))


class OneLine(logging.Formatter):
    """No message can begin a line that looks like another's."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        return _plain(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        """What failed may hold what a client sent: each of its lines is seen to go on."""
        return "\n".join("  " + _plain(line) for line in super().formatException(ei).splitlines())


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
