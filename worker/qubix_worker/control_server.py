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
import socket
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from typing import Any

from qubix_worker import system
from qubix_worker.control import MESSAGE_BYTES
from qubix_worker.files import write_whole
from qubix_worker.paths import Paths

log = logging.getLogger(__name__)

REQUEST_BYTES = 64 * 1024
PATIENCE_SECONDS = 3.0
CONNECTIONS_MOST = 16

Handler = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes a request and gives the answer. Raises ValueError for a request that makes no sense."""


class ControlServer:
    """Serves one worker's control channel until `close`. The state folder's lock must be held."""

    def __init__(self, paths: Paths, handler: Handler) -> None:
        self._handler = handler
        self._key = _key(paths)
        self._slots = threading.BoundedSemaphore(CONNECTIONS_MOST)
        self._closing = threading.Event()
        system.current().control_stale(paths.control_socket)
        self._address = contextlib.ExitStack()
        address = self._address.enter_context(
            system.current().control_address(paths.control_socket)
        )
        self._listener = channel.Listener(address)
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
                if not self._authenticated(connection):
                    return
                if connection.poll(PATIENCE_SECONDS):
                    answer = self._answer(connection.recv_bytes(REQUEST_BYTES))
                    connection.send_bytes(json.dumps(answer).encode()[:MESSAGE_BYTES])
        except (OSError, EOFError):
            log.debug("a control connection ended early")
        except Exception:
            log.exception("a control request failed")
        finally:
            self._slots.release()

    def _authenticated(self, connection: channel.Connection[Any, Any]) -> bool:
        # deliver_challenge waits for an answer; what arrives in time decides.
        watch = threading.Timer(PATIENCE_SECONDS, _cut, args=(connection,))
        watch.daemon = True
        watch.start()
        try:
            channel.deliver_challenge(connection, self._key)
            channel.answer_challenge(connection, self._key)
        except (AuthenticationError, ValueError):
            log.warning("a control connection did not know the key")
            return False
        finally:
            watch.cancel()
        return True

    def _answer(self, request: bytes) -> dict[str, Any]:
        try:
            message = json.loads(request)
            if not isinstance(message, dict):
                raise ValueError("a request is an object")
            return {"ok": True, **self._handler(message)}
        except (ValueError, RecursionError) as error:
            return {"ok": False, "error": str(error)[:200]}


def _cut(connection: channel.Connection[Any, Any]) -> None:
    # Closing a descriptor under a reader would not wake it; shutting the socket down does.
    with contextlib.suppress(OSError, AttributeError):
        duplicate = socket.socket(fileno=connection.fileno())
        try:
            duplicate.shutdown(socket.SHUT_RDWR)
        finally:
            duplicate.detach()


def _key(paths: Paths) -> bytes:
    """The key of this state folder, made at the first start."""
    try:
        key = paths.control_key.read_bytes()
    except FileNotFoundError:
        key = b""
    if len(key) < 32:
        key = secrets.token_bytes(32)
        write_whole(paths.control_key, key)
    return key
