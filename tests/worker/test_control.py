"""The control channel: commands reach the worker; strangers and rubbish have no effect."""

from __future__ import annotations

import contextlib
import json
import multiprocessing.connection as channel
import os
import random
import resource
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from qubix_worker import identity, system
from qubix_worker.control import Control
from qubix_worker.control_server import BACKLOG, ControlServer
from qubix_worker.errors import ControlError
from qubix_worker.paths import Paths
from qubix_worker.status import Status
from qubix_worker.wire import to_wire
from tests.accounts import PYTHON, Account
from tests.conftest import wait_until

STATUS = Status("online", 1.0, "computer", "http://h", "A network", "w-1", "0.1.0", 1)


class Asked:
    """A handler that keeps the requests that reached it."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def __call__(self, message: dict[str, Any]) -> dict[str, Any]:
        if message.get("command") not in ("status", "pause", "resume", "logs"):
            raise ValueError("unknown command")
        self.messages.append(message)
        return {"status": to_wire(STATUS), "logs": ["a line"]}


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths.under(tmp_path / "home")
    paths.state.mkdir(parents=True)
    return paths


@pytest.fixture
def asked(paths: Paths) -> Iterator[Asked]:
    handler = Asked()
    with contextlib.closing(ControlServer(paths, handler)):
        yield handler


def test_a_command_is_answered_with_the_status(paths: Paths, asked: Asked) -> None:
    control = Control(paths)
    assert control.status() == STATUS
    assert control.pause(60) == STATUS
    assert control.logs(10) == ["a line"]
    assert asked.messages[1] == {"command": "pause", "seconds": 60}


def test_without_a_worker_it_says_that_none_runs(paths: Paths) -> None:
    with pytest.raises(ControlError) as caught:
        Control(paths).status()
    assert caught.value.problem.code == "worker_not_running"


def test_the_key_is_readable_by_its_user_only(paths: Paths, asked: Asked) -> None:
    assert stat.S_IMODE(paths.control_key.stat().st_mode) == 0o600


def test_the_socket_is_its_users_only_whatever_the_umask(paths: Paths) -> None:
    former = os.umask(0)
    try:
        with contextlib.closing(ControlServer(paths, Asked())):
            assert stat.S_IMODE(paths.control_socket.stat().st_mode) == 0o600
            assert stat.S_IMODE(paths.control_key.stat().st_mode) == 0o600
    finally:
        os.umask(former)


@pytest.mark.parametrize("spoil", ["short", "empty", "long", "shared"])
def test_a_key_that_is_damaged_or_shared_is_made_anew(paths: Paths, spoil: str) -> None:
    ControlServer(paths, Asked()).close()
    former = paths.control_key.read_bytes()
    if spoil == "shared":
        paths.control_key.chmod(0o644)
    else:
        damaged = {"short": former[:31], "empty": b"", "long": former + b"x"}
        paths.control_key.write_bytes(damaged[spoil])
    with contextlib.closing(ControlServer(paths, Asked())):
        assert Control(paths).status() == STATUS
    assert paths.control_key.read_bytes() != former
    assert stat.S_IMODE(paths.control_key.stat().st_mode) == 0o600


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process can grow."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


def test_a_full_disk_does_not_keep_a_worker_that_has_a_whole_key_from_starting(
    paths: Paths,
) -> None:
    ControlServer(paths, Asked()).close()
    paths.control_key.chmod(0o644)  # as every file looks on Windows
    with full_disk():
        server = ControlServer(paths, Asked())
    with contextlib.closing(server):
        assert Control(paths).status() == STATUS


def test_a_full_disk_keeps_a_worker_without_a_key_from_starting(paths: Paths) -> None:
    with full_disk(), pytest.raises(OSError, match="too large"):
        ControlServer(paths, Asked())


def test_a_key_that_was_changed_meanwhile_is_said(paths: Paths, asked: Asked) -> None:
    for damaged in (b"", b"x" * 32, b"x" * 10_000):
        paths.control_key.write_bytes(damaged)
        with pytest.raises(ControlError) as caught:
            Control(paths).status()
        assert caught.value.problem.code == "control_key"
        assert "qubix-worker stop" in caught.value.problem.todo


def test_a_key_that_cannot_be_read_is_said(paths: Paths, asked: Asked) -> None:
    paths.control_key.unlink()
    paths.control_key.mkdir()  # unreadable for root, too
    with pytest.raises(ControlError) as caught:
        Control(paths).status()
    assert caught.value.problem.code == "control_key"
    assert str(paths.control_key) in caught.value.problem.happened


STRANGER = """
import socket, sys
state = sys.argv[1]
for name in ("control.key", "identity.json"):
    try:
        open(f"{state}/{name}", "rb").read()
        sys.exit(f"{name} can be read")
    except PermissionError:
        pass
try:
    socket.socket(socket.AF_UNIX).connect(f"{state}/control.sock")
    sys.exit("the socket can be spoken to")
except PermissionError:
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_another_account_can_neither_read_the_key_nor_speak_to_the_worker(
    account: Account, mode: int
) -> None:
    with tempfile.TemporaryDirectory(prefix="qubix-") as folder:
        Path(folder).chmod(0o755)
        paths = Paths.under(Path(folder) / "home")
        paths.state.mkdir(parents=True)
        identity.save(paths.identity, identity.new("http://h", "computer", "A network"))
        with contextlib.closing(ControlServer(paths, Asked())):
            # Even where somebody has opened the folder to all.
            paths.state.chmod(mode)
            done = account.run(str(PYTHON), "-c", STRANGER, str(paths.state))
            assert done.returncode == 0, done.stderr
            assert Control(paths).status() == STATUS


def test_a_worker_that_ended_leaves_nothing_in_the_way(paths: Paths) -> None:
    first = ControlServer(paths, Asked())
    first.close()
    paths.control_socket.touch()  # as a killed one would leave it
    with contextlib.closing(ControlServer(paths, Asked())):
        assert Control(paths).status() == STATUS


def test_another_key_is_refused(paths: Paths, asked: Asked) -> None:
    key = paths.control_key.read_bytes()
    paths.control_key.write_bytes(b"x" * 32)
    with pytest.raises(ControlError):
        Control(paths).resume()
    paths.control_key.write_bytes(key)
    assert Control(paths).status() == STATUS
    assert [message["command"] for message in asked.messages] == ["status"]


def test_a_worker_that_is_gone_before_its_answer_is_out_has_stopped(paths: Paths) -> None:
    def vanish(message: dict[str, Any]) -> dict[str, Any]:
        raise EOFError

    with contextlib.closing(ControlServer(paths, vanish)):
        Control(paths).stop()
        with pytest.raises(ControlError) as caught:
            Control(paths).status()
    assert caught.value.problem.code == "worker_not_running"


def test_a_worker_that_hangs_is_said_to_hang(paths: Paths) -> None:
    released = threading.Event()

    def hang(message: dict[str, Any]) -> dict[str, Any]:
        released.wait(10)
        return {}

    with contextlib.closing(ControlServer(paths, hang)):
        with pytest.raises(ControlError) as caught:
            Control(paths, timeout_seconds=0.2).status()
        released.set()
    assert caught.value.problem.code == "worker_hangs"


STOPPED = """
import os, signal, sys, threading
from pathlib import Path
from qubix_worker.control_server import ControlServer
from qubix_worker.lock import Lock
from qubix_worker.paths import Paths

paths = Paths.under(Path(sys.argv[1]))
ended = threading.Event()
signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[2] == "deaf" else lambda *_: ended.set())
lock = Lock(paths.lock)
lock.acquire()
server = ControlServer(paths, lambda message: {})
print("ready", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
while not ended.wait(0.05):
    pass
lock.release()
"""


@contextlib.contextmanager
def suspended(paths: Paths, how: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker's process that takes nothing in."""
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED, str(paths.home), how], stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout and process.stdout.readline() == b"ready\n"
            wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_every_command_to_a_suspended_worker_ends_in_its_time(paths: Paths) -> None:
    with suspended(paths, "polite"):
        for _ in range(BACKLOG + 4):
            began = time.monotonic()
            with pytest.raises(ControlError) as caught:
                Control(paths, timeout_seconds=0.1).status()
            assert caught.value.problem.code == "worker_hangs"
            assert time.monotonic() - began < 2


@pytest.mark.parametrize("how", ["polite", "deaf"])
def test_a_suspended_worker_is_ended_all_the_same(paths: Paths, how: str) -> None:
    with suspended(paths, how) as process:
        Control(paths, timeout_seconds=0.1, stop_seconds=0.5).stop()
        assert process.wait(10) == (0 if how == "polite" else -signal.SIGKILL)
    with pytest.raises(ControlError) as caught:
        Control(paths).status()
    assert caught.value.problem.code == "worker_not_running"


def test_a_worker_that_stops_in_the_middle_of_a_message_hangs(paths: Paths) -> None:
    paths.control_key.write_bytes(b"x" * 32)
    with socket.socket(socket.AF_UNIX) as listener:
        with system.current().control_address(paths.control_socket) as address:
            listener.bind(address)
        listener.listen()

        def begin() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"\0\0\0\x20#CHAL")
                connection.recv(1)

        beginner = threading.Thread(target=begin)
        beginner.start()
        with pytest.raises(ControlError) as caught:
            Control(paths, timeout_seconds=0.2).status()
        beginner.join(10)
    assert caught.value.problem.code == "worker_hangs"


def raw(paths: Paths) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    with system.current().control_address(paths.control_socket) as address:
        connection.connect(address)
    return connection


def test_strangers_that_hold_the_line_do_not_keep_others_out(paths: Paths, asked: Asked) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(contextlib.closing(raw(paths)))
        assert Control(paths).status() == STATUS


def test_rubbish_before_authentication_has_no_effect(paths: Paths, asked: Asked) -> None:
    draw = random.Random(7)
    for _ in range(300):
        with contextlib.closing(raw(paths)) as connection, contextlib.suppress(OSError):
            connection.sendall(draw.randbytes(draw.randrange(200)))
    assert asked.messages == []
    assert Control(paths).status() == STATUS


def with_key(paths: Paths, message: bytes) -> Any:
    with system.current().control_address(paths.control_socket) as address:
        connection = channel.Client(address, authkey=paths.control_key.read_bytes())
    with contextlib.closing(connection):
        connection.send_bytes(message)
        return json.loads(connection.recv_bytes())


@pytest.mark.parametrize(
    "message",
    [
        b"", b"{", b"[]", b"null", b'{"command": 1}', b'{"command": "rm"}', b"\xff", b"[" * 60000,
        b'{"command": ["status"]}', b'{"command": "pause", "seconds": NaN}',
        b'{"command": "pause", "seconds": -Infinity}', b'{"command": "status", "x": "\\ud800"}',
    ],
)  # fmt: skip
def test_a_message_that_makes_no_sense_gets_an_error(
    paths: Paths, asked: Asked, message: bytes
) -> None:
    assert with_key(paths, message)["ok"] is False
    assert asked.messages == []


def test_a_message_that_is_too_long_ends_the_connection(paths: Paths, asked: Asked) -> None:
    with pytest.raises((EOFError, OSError)):
        with_key(paths, b" " * (1 << 20))
    assert Control(paths).status() == STATUS
