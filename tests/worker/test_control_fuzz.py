"""Ten thousand messages to a running worker that make no sense: none may have an effect."""

from __future__ import annotations

import contextlib
import json
import multiprocessing.connection as channel
import os
import random
import socket
import struct
from collections.abc import Callable, Iterator
from multiprocessing import AuthenticationError
from pathlib import Path
from typing import Any

import psutil
import pytest

from qubix_worker import system
from qubix_worker.errors import ControlError
from qubix_worker.paths import Paths
from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MESSAGES = 10_000
BEFORE_AUTHENTICATION = 3_000
HALF = 36
"""Messages that are begun and never ended; each holds the line until the worker loses patience."""


@pytest.fixture(scope="module")
def worker(
    tmp_path_factory: pytest.TempPathFactory, shared_server: LiveServer
) -> Iterator[LiveWorker]:
    worker = LiveWorker(tmp_path_factory.mktemp("fuzzed") / "home", shared_server)
    done = worker.setup("--name", "computer")
    assert done.returncode == 0, done.stdout + done.stderr
    yield worker
    worker.run("stop")


class Unharmed:
    """What must be as it was."""

    def __init__(self, worker: LiveWorker) -> None:
        self._worker = worker
        self._process = psutil.Process(worker.status().pid)
        self._was = self._facts()
        self._threads = self._process.num_threads()
        self._lines = self._open_lines()

    def _open_lines(self) -> int:
        """Not all of its files: it may have called the server meanwhile, and keep that open."""
        return len(self._process.net_connections("unix"))

    def _facts(self) -> dict[str, Any]:
        paths, status = self._worker.paths, self._worker.status()
        return {
            "state": status.state,
            "pause": (status.paused_by, status.paused_until, paths.pause.exists()),
            "jobs": status.jobs,
            "settings": self._worker.control.settings(),
            "file": paths.settings.read_bytes(),
            "key": paths.control_key.read_bytes(),
            "files": sorted(p.name for p in paths.state.iterdir()),
        }

    def check(self) -> None:
        assert self._facts() == self._was
        assert self._process.is_running()
        wait_until(lambda: self._process.num_threads() <= self._threads)
        wait_until(lambda: self._open_lines() <= self._lines)
        log = self._worker.paths.log.read_text(encoding="utf-8")
        assert "Traceback" not in log, log[-3000:]
        assert len(log) < 64 * 1024


def test_ten_thousand_messages_have_no_effect(worker: LiveWorker) -> None:
    draw = random.Random(int(os.environ.get("QUBIX_FUZZ_SEED", "4")))
    unharmed = Unharmed(worker)
    for _ in range(BEFORE_AUTHENTICATION):
        say_raw(worker.paths, rubbish(draw))
    for _ in range(MESSAGES - BEFORE_AUTHENTICATION):
        message = nonsense(draw)
        answer = say(worker.paths, message)
        assert answer is None or answer["ok"] is False, message[:500]
    unharmed.check()


def test_messages_that_are_only_begun_keep_nobody_out(worker: LiveWorker) -> None:
    draw = random.Random(5)
    unharmed = Unharmed(worker)
    for _ in range(HALF // 12):
        with contextlib.ExitStack() as stack:
            for _ in range(12):
                stack.enter_context(half(worker.paths, draw))
            assert worker.status().state == "online"
        assert worker.status().state == "online"
    unharmed.check()


def test_those_who_hold_every_line_are_cut_off(worker: LiveWorker) -> None:
    unharmed = Unharmed(worker)
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            with contextlib.suppress(OSError):
                stack.enter_context(half(worker.paths, random.Random(6)))
        wait_until(lambda: _answers(worker), seconds=20)
    unharmed.check()


def _answers(worker: LiveWorker) -> bool:
    try:
        return worker.status().state == "online"
    except ControlError:
        return False


# --- How they are said -----------------------------------------------------------------------


def say_raw(paths: Paths, data: bytes) -> None:
    with contextlib.suppress(OSError), contextlib.closing(_line(paths)) as line:
        line.sendall(data)


def say(paths: Paths, message: bytes) -> dict[str, Any] | None:
    """The answer; None where the worker ended the connection without one."""
    try:
        with contextlib.closing(_proven(paths)) as connection:
            connection.send_bytes(message)
            answer: dict[str, Any] = json.loads(connection.recv_bytes())
            return answer
    except (OSError, EOFError):
        return None


@contextlib.contextmanager
def half(paths: Paths, draw: random.Random) -> Iterator[None]:
    """A connection that stops in the middle of something, and stays open."""
    begun = draw.choice([b"", b"\0", b"\0\0\0\x20", b"\0\0\0\x20" + b"x" * 7])
    if draw.random() < 0.5:
        with contextlib.closing(_line(paths)) as line:
            line.sendall(begun)
            yield
        return
    with contextlib.closing(_proven(paths)) as connection:
        os.write(connection.fileno(), begun)
        yield


def _line(paths: Paths) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    with system.current().control_address(paths.control_socket) as address:
        line.connect(address)
    return line


def _proven(paths: Paths) -> Any:
    with system.current().control_address(paths.control_socket) as address:
        return channel.Client(address, authkey=paths.control_key.read_bytes())


# --- What is said ----------------------------------------------------------------------------


def rubbish(draw: random.Random) -> bytes:
    """Bytes of one who does not know the key."""
    frame = struct.pack("!i", draw.choice([0, 1, 20, 52, 300, 1 << 20, 0x7FFFFFFF, -1, -7]))
    challenge = b"#CHALLENGE#" + draw.randbytes(20)
    forms: list[Callable[[], bytes]] = [
        lambda: draw.randbytes(draw.randrange(200)),
        lambda: frame + draw.randbytes(draw.randrange(400)),
        lambda: struct.pack("!i", 16) + draw.randbytes(16),
        lambda: struct.pack("!i", 40) + b"{sha256}" + draw.randbytes(32),
        lambda: struct.pack("!i", len(challenge)) + challenge,
        lambda: struct.pack("!i", -1) + struct.pack("!Q", draw.getrandbits(63)),
        lambda: b'{"command": "stop"}',
        lambda: struct.pack("!i", 19) + b'{"command": "stop"}' * draw.randrange(1, 50),
        lambda: b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]
    return draw.choice(forms)()


EFFECTIVE = ("pause", "resume", "stop", "change")
COMMANDS = (*EFFECTIVE, "status", "settings", "logs", "run", "exec", "__init__", "")
SETTINGS = (
    "server", "name", "memory_limit_mb", "processor", "processor_percent", "priority",
    "jobs_at_once", "excluded_cards", "hours", "idle_minutes", "on_battery", "when_paused",
    "stop_above_celsius", "__class__", "unheard_of",
)  # fmt: skip


def nonsense(draw: random.Random) -> bytes:
    """A message of one who knows the key, and that no worker may act upon."""
    while True:
        message = draw.choice([_wrong_form, _wrong_pause, _wrong_change, _wrong_logs, _damaged])(
            draw
        )
        if not _makes_sense(message):
            return message


def _wrong_form(draw: random.Random) -> bytes:
    depth = draw.choice([1, 10, 1000, 20_000])
    return draw.choice(
        [
            draw.randbytes(draw.randrange(2000)),
            b"[" * depth + b"]" * depth,
            b'{"command":' * min(depth, 5000),
            b'{"a":' * min(depth, 5000) + b"1" + b"}" * min(depth, 5000),
            b" " * draw.randrange(100_000),
            b"9" * draw.randrange(1, 60_000),
            json.dumps(value(draw)).encode(),
            json.dumps({"command": value(draw)}).encode(),
            json.dumps({draw.choice(COMMANDS): value(draw)}).encode(),
            json.dumps(list(COMMANDS)).encode("utf-16"),
        ]
    )


def _wrong_pause(draw: random.Random) -> bytes:
    seconds = draw.choice(
        ["NaN", "Infinity", "-Infinity", "1e999", "-1", "0", "-0.0", "1e300", "true", "false",
         '"60"', "[]", "[60]", "{}", "9" * 400, "1" + "0" * 5000, json.dumps(value(draw))]
    )  # fmt: skip
    return b'{"command": "pause", "seconds": ' + seconds.encode() + b"}"


def _wrong_change(draw: random.Random) -> bytes:
    names = draw.sample(SETTINGS, draw.randrange(1, 4))
    changes = draw.choice(
        [value(draw), {name: value(draw) for name in names}, [[names[0], 1]], {"": 1}]
    )
    return json.dumps({"command": "change", "changes": changes}).encode()


def _wrong_logs(draw: random.Random) -> bytes:
    lines = draw.choice([value(draw), -1, 0, 10**9, True, 2.5])
    return json.dumps({"command": "logs", "lines": lines}).encode()


def _damaged(draw: random.Random) -> bytes:
    whole = bytearray(
        json.dumps(
            {"command": draw.choice(COMMANDS), "seconds": 60, "changes": {"on_battery": True}}
        ).encode()
    )
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(whole))
        whole[at] = draw.randrange(256)
    return bytes(whole[: draw.randrange(len(whole) + 1)])


def value(draw: random.Random, depth: int = 0) -> Any:
    plain: list[Any] = [
        None, True, False, -1, 0, 10**30, -(10**400), 1.5, -1e308, float("nan"), float("inf"),
        "", "idle ", "\0", "\ud800", "x" * draw.randrange(5000), "\u202e", "../..", "60",
    ]  # fmt: skip
    if depth > 3 or draw.random() < 0.7:
        return draw.choice(plain)
    items = [value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return items if draw.random() < 0.5 else {str(item)[:20]: item for item in items}


def _makes_sense(message: bytes) -> bool:  # noqa: PLR0911 - a table of commands
    """Whether a worker would be right to do what is asked for."""
    try:
        asked = json.loads(message)
    except (ValueError, RecursionError):
        return False
    if not isinstance(asked, dict):
        return False
    match asked.get("command"):
        case "pause":
            seconds = asked.get("seconds")
            number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
            return seconds is None or bool(number and 0 < seconds < 1e9)
        case "resume" | "stop" | "status" | "settings":
            return True
        case "logs":
            lines = asked.get("lines")
            return type(lines) is int and 0 < lines <= 5000
        case "change":
            changes = asked.get("changes")
            return isinstance(changes, dict) and _is_a_change(changes)
    return False


def _is_a_change(changes: dict[str, Any]) -> bool:
    """Whether each of `changes` has at least the right type: such a one is not nonsense."""
    types = {
        "processor": bool, "on_battery": bool, "name": str, "server": str, "hours": list,
        "excluded_cards": list, "priority": str, "when_paused": str,
    }  # fmt: skip
    return all(
        key in SETTINGS[:-2] and type(changed) is types.get(key, int)
        for key, changed in changes.items()
    )


def test_the_nonsense_is_of_every_form() -> None:
    draw = random.Random(1)
    said = [nonsense(draw) for _ in range(2000)]
    for part in (b'"seconds": NaN', b'"seconds": true', b'"changes": {', b"[[[[", b"\\ud800"):
        assert any(part in message for message in said), part


def test_another_key_is_refused_by_the_running_worker(worker: LiveWorker, tmp_path: Path) -> None:
    with system.current().control_address(worker.paths.control_socket) as address:
        for key in (b"", b"\0" * 32, worker.paths.control_key.read_bytes()[:-1]):
            with pytest.raises((AuthenticationError, EOFError, OSError)):
                channel.Client(address, authkey=key)
