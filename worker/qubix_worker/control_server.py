"""The worker's end of the control channel: authenticates, checks, hands on, answers.

Whoever does not prove the key within a moment is cut off; a message that is not understood gets
an error and has no effect. Each connection has a thread of its own, and there are few of them.
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing.connection as channel
import secrets
import threading
import time
from collections.abc import Callable
from multiprocessing import AuthenticationError
from typing import Any, NoReturn

from qubix_worker import system
from qubix_worker.control import MESSAGE_BYTES, Line
from qubix_worker.files import write_whole
from qubix_worker.paths import Paths

log = logging.getLogger(__name__)

REQUEST_BYTES = 64 * 1024
KEY_BYTES = 32
PATIENCE_SECONDS = 3.0
CONNECTIONS_MOST = 16
BACKLOG = 16
"""How many may wait to be taken in. Where it is full, the next one cannot even connect."""
COMPLAINT_SECONDS = 60.0

Handler = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes a request and gives the answer. Raises ValueError for a request that makes no sense."""


class ControlServer:
    """Serves one worker's control channel until `close`. The state folder's lock must be held."""

    def __init__(self, paths: Paths, handler: Handler) -> None:
        self._handler = handler
        self._key = _key(paths)
        self._slots = threading.BoundedSemaphore(CONNECTIONS_MOST)
        self._closing = threading.Event()
        self._complained_at = -COMPLAINT_SECONDS
        system.current().control_stale(paths.control_socket)
        self._address = contextlib.ExitStack()
        address = self._address.enter_context(
            system.current().control_address(paths.control_socket)
        )
        self._listener = channel.Listener(address, backlog=BACKLOG)
        with contextlib.suppress(FileNotFoundError):  # a pipe of Windows has no file
            paths.control_socket.chmod(0o600)
        threading.Thread(target=self._accept, name="control", daemon=True).start()

    def close(self) -> None:
        """Ends the channel. Connections that are open now get no answer."""
        self._closing.set()
        self._listener.close()
        self._address.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection = self._listener.accept()
            except OSError:
                if not self._closing.is_set():
                    log.warning("a control connection failed", exc_info=True)
                    self._closing.wait(0.1)
                continue
            if not self._slots.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: channel.Connection[Any, Any]) -> None:
        try:
            with contextlib.closing(connection):
                if not self._authenticated(_line(connection)):
                    return
                answer = self._answer(_line(connection).recv_bytes(REQUEST_BYTES))
                _line(connection).send_bytes(answer)
        except (OSError, EOFError):
            log.debug("a control connection ended early")
        except Exception:
            log.exception("a control request failed")
        finally:
            self._slots.release()

    def _authenticated(self, line: Line) -> bool:
        try:
            line.challenge(self._key)
            line.answer(self._key)
        except (AuthenticationError, ValueError):
            self._complain()
            return False
        return True

    def _complain(self) -> None:
        """Once in a while: strangers must not fill the log."""
        if time.monotonic() - self._complained_at > COMPLAINT_SECONDS:
            self._complained_at = time.monotonic()
            log.warning("a control connection did not know the key")

    def _answer(self, request: bytes) -> bytes:
        try:
            message = json.loads(request, parse_constant=_no_number)
            if not isinstance(message, dict):
                raise ValueError("a request is an object")
            # A half of a surrogate pair is no text: it could be kept nowhere.
            json.dumps(message, ensure_ascii=False).encode()
            answer = json.dumps({"ok": True, **self._handler(message)}).encode()
            if len(answer) > MESSAGE_BYTES:
                raise ValueError("the answer would be too long")
            return answer
        except (ValueError, ArithmeticError, RecursionError) as error:
            return json.dumps({"ok": False, "error": str(error)[:200]}).encode()


def _line(connection: channel.Connection[Any, Any]) -> Line:
    return Line(connection, time.monotonic() + PATIENCE_SECONDS)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _key(paths: Paths) -> bytes:
    """The key of this state folder, made at the first start, and anew where it is damaged or where
    others could have read it (Windows shows no such rights: there it is anew each time). Where the
    disk does not take a new one, the former one goes on: the socket keeps others out by itself."""
    path = paths.control_key
    try:
        former = path.read_bytes()
        shared = bool(path.stat().st_mode & 0o077)
    except FileNotFoundError:
        former, shared = b"", False
    is_whole = len(former) == KEY_BYTES
    if is_whole and not shared:
        return former
    key = secrets.token_bytes(KEY_BYTES)
    try:
        write_whole(path, key)
    except OSError:
        if not is_whole:
            raise
        log.warning("a new key could not be kept; the former one goes on", exc_info=True)
        return former
    return key
