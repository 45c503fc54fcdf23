"""The local control channel: asking the running worker how it is, and telling it what to do.

JSON in bytes over multiprocessing.connection, never pickles. Both sides prove that they know the
key in the state folder, which only this user can read.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing.connection as channel
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import AuthenticationError
from typing import TYPE_CHECKING, Any, cast

from qubix_worker import lock, system
from qubix_worker.errors import ControlError
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings, changed
from qubix_worker.status import Status
from qubix_worker.wire import WireError, from_wire

if TYPE_CHECKING:
    import psutil

MESSAGE_BYTES = 1 << 20
STOP_SECONDS = 20.0
KILL_SECONDS = 5.0


class _UnansweredError(ControlError):
    """A worker was there, and ended the connection instead of answering."""


class Control:
    """Calls to the worker of one state folder; each opens the channel anew. Raises ControlError."""

    def __init__(
        self, paths: Paths, timeout_seconds: float = 5.0, stop_seconds: float = STOP_SECONDS
    ) -> None:
        """A call takes `timeout_seconds` at the most, whatever the worker does; `stop` gives it
        `stop_seconds` more to end in."""
        self._paths = paths
        self._timeout = timeout_seconds
        self._stop_seconds = stop_seconds

    def status(self) -> Status:
        return self._status({"command": "status"})

    def pause(self, seconds: float | None) -> Status:
        """Pauses for `seconds`, or with None until resumed."""
        return self._status({"command": "pause", "seconds": seconds})

    def pause_until(self, moment: float) -> Status:
        """Pauses until the clock on the wall shows `moment`, in seconds since the epoch."""
        return self._status({"command": "pause", "until": moment})

    def resume(self) -> Status:
        return self._status({"command": "resume"})

    def settings(self) -> Settings:
        """The settings that are in force."""
        return self._settings({"command": "settings"})

    def change(self, changes: Mapping[str, Any]) -> Settings:
        """Changes settings, by their names in settings.toml, at once and for good. All of them."""
        return self._settings({"command": "change", "changes": dict(changes)})

    def logs(self, lines: int) -> list[str]:
        """The last `lines` lines of the worker's log."""
        answer = self._ask({"command": "logs", "lines": lines})
        return [str(line) for line in answer.get("logs", ())]

    def stop(self) -> None:
        """Asks the worker to end, and returns when it has. One that cannot be spoken to is ended by
        a signal, and killed where that is of no avail."""
        silent: psutil.Process | None = None
        # It may be gone before its answer is out; whether it has ended, its lock tells.
        with contextlib.suppress(_UnansweredError):
            try:
                self._ask({"command": "stop"})
            except ControlError:
                silent = self._terminate()
                if silent is None:
                    raise
        if self._ends_within(self._stop_seconds):
            return
        if silent is not None:
            _kill(silent)
            if self._ends_within(KILL_SECONDS):
                return
        raise ControlError(
            "worker_does_not_stop",
            f"Sharing did not end within {self._stop_seconds:.0f} seconds.",
            "Try again; if it lasts, restart this computer.",
        )

    def _ends_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while lock.is_held(self._paths.lock):
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def _terminate(self) -> psutil.Process | None:
        """For a worker that holds the lock and cannot be spoken to (it hangs, its key is gone, it
        is of another version): a signal, which ends it as cleanly. None where none runs."""
        pid = lock.holder(self._paths.lock)
        if pid is None or not lock.is_held(self._paths.lock):
            return None
        import psutil  # noqa: PLC0415 - a look every second shall not hold it in memory

        try:
            process = psutil.Process(pid)
            process.terminate()
        except psutil.Error:
            return None
        with contextlib.suppress(psutil.Error):
            process.resume()  # one that is suspended would not take the signal in
        return process

    def _status(self, message: dict[str, Any]) -> Status:
        try:
            return from_wire(Status, self._ask(message).get("status"))
        except WireError as error:
            raise _other_version(str(error)) from error

    def _settings(self, message: dict[str, Any]) -> Settings:
        try:
            return changed(Settings(), self._ask(message)["settings"])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise _other_version(str(error)) from error

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        key = self._key()
        until = time.monotonic() + self._timeout
        try:
            with system.current().control_address(self._paths.control_socket) as address:
                connection = system.current().control_connection(address, self._timeout)
        except TimeoutError as error:
            raise self._hangs() from error
        except OSError as error:
            raise self._absent() from error
        with contextlib.closing(connection):
            line = Line(connection, until)
            try:
                line.answer(key)
                line.challenge(key)
                line.send_bytes(json.dumps(message).encode())
                answer = json.loads(line.recv_bytes(MESSAGE_BYTES))
            except AuthenticationError as error:
                raise ControlError(
                    "control_key",
                    "What shares here now has another key than the one that is kept in "
                    f"{self._paths.control_key}.",
                    "Stop it with `qubix-worker stop`, then start it again: that makes a new one.",
                ) from error
            except TimeoutError as error:
                raise self._hangs() from error
            except (OSError, EOFError) as error:
                raise self._absent(_UnansweredError) from error
            except ValueError as error:
                raise _other_version("its answer is not JSON") from error
        if not isinstance(answer, dict) or not answer.get("ok"):
            reason = str(answer.get("error")) if isinstance(answer, dict) else "no answer"
            raise ControlError("control_refused", f"That was refused: {reason}.", "Try again.")
        return answer

    def _key(self) -> bytes:
        try:
            return self._paths.control_key.read_bytes()
        except FileNotFoundError as error:
            raise self._absent() from error
        except OSError as error:
            raise ControlError(
                "control_key",
                f"The key in {self._paths.control_key} cannot be read ({error.strerror}).",
                "Use the account that shares this computer; if it is that one, delete this file, "
                "then stop sharing and start it again.",
            ) from error

    def _hangs(self) -> ControlError:
        return ControlError(
            "worker_hangs",
            f"Sharing did not answer within {self._timeout:.0f} seconds.",
            "Wait a moment and try again; if it lasts, `qubix-worker stop` ends it.",
        )

    def _absent(self, kind: type[ControlError] = ControlError) -> ControlError:
        if kind is ControlError and lock.is_held(self._paths.lock):
            return ControlError(
                "worker_unreachable",
                "QUBIX is running on this computer, but cannot be spoken to.",
                "It may just be starting; if it lasts, `qubix-worker stop` ends it.",
            )
        return kind(
            "worker_not_running",
            "QUBIX is not running on this computer.",
            "Start it with `qubix-worker run`, or from the application.",
        )


class Line:
    """A connection on which nothing lasts longer than `until`, of the steady clock: what it waits
    for raises TimeoutError then."""

    def __init__(self, connection: channel.Connection[Any, Any], until: float) -> None:
        self._connection = connection
        self._until = until

    def answer(self, key: bytes) -> None:
        """Proves to the other side that this one knows `key`. Raises AuthenticationError."""
        channel.answer_challenge(cast("channel.Connection[Any, Any]", self), key)

    def challenge(self, key: bytes) -> None:
        """Has the other side prove that it knows `key`. Raises AuthenticationError."""
        channel.deliver_challenge(cast("channel.Connection[Any, Any]", self), key)

    def recv_bytes(self, maxlength: int | None = None) -> bytes:
        # On Windows nothing cuts a reader off; there a message arrives whole, or not at all.
        if not self._connection.poll(max(0.0, self._until - time.monotonic())):
            raise TimeoutError
        with self._cut_off():
            return self._connection.recv_bytes(maxlength)

    def send_bytes(self, data: bytes) -> None:
        with self._cut_off():
            self._connection.send_bytes(data)

    @contextmanager
    def _cut_off(self) -> Iterator[None]:
        """A reader would else wait for ever for the rest of a message that was only begun."""
        watch = threading.Timer(
            max(0.0, self._until - time.monotonic()), _cut, args=(self._connection,)
        )
        watch.daemon = True
        watch.start()
        try:
            yield
        except (OSError, EOFError) as error:
            if time.monotonic() >= self._until:
                raise TimeoutError from error
            raise
        finally:
            watch.cancel()


def _kill(process: psutil.Process) -> None:
    import psutil  # noqa: PLC0415

    with contextlib.suppress(psutil.Error):
        process.kill()


def _cut(connection: channel.Connection[Any, Any]) -> None:
    # Closing a descriptor under a reader would not wake it; shutting the socket down does.
    with contextlib.suppress(OSError, AttributeError):
        duplicate = socket.socket(fileno=connection.fileno())
        try:
            duplicate.shutdown(socket.SHUT_RDWR)
        finally:
            duplicate.detach()


def _other_version(reason: str) -> ControlError:
    return ControlError(
        "worker_other_version",
        f"What shares here now speaks in a way that this program does not understand ({reason}).",
        "Stop it, then start it again.",
    )
