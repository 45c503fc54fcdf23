"""How long nobody has touched an X11 desktop: asked of a real X server."""

from __future__ import annotations

import contextlib
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qubix_worker.system.senses_x11 import X11Error, display_number, idle_seconds
from tests.conftest import suspend, wait_until
from tests.worker.guest.linux.conftest import XServer


@pytest.mark.parametrize(
    ("display", "number"),
    [
        (":0", 0), (":0.0", 0), (":12.1", 12), ("unix:3", 3), ("", None), ("host:0", None),
        ("localhost:10.0", None), ("192.0.2.1:0", None), (":", None), (":x", None),
        ("/tmp/launch/org.xquartz:0", None), (":0 ", None), (":\u0661", None),
    ],
)  # fmt: skip
def test_only_a_display_of_this_computer_has_a_number(display: str, number: int | None) -> None:
    assert display_number(display) == number


@pytest.mark.slow
@pytest.mark.display
def test_the_clock_runs_while_nobody_touches_the_screen_and_begins_anew_with_a_touch(
    x_server: XServer,
) -> None:
    number = display_number(x_server.display)
    assert number is not None

    def idle() -> float:
        return idle_seconds(number, x_server.authority)

    def is_below(before: float) -> Callable[[], bool]:
        return lambda: idle() < before

    for touch in (["mousemove_relative", "5", "5"], ["key", "a"]):
        before = wait_until(lambda: (told := idle()) > 1.5 and told)
        x_server.do(*touch)
        wait_until(is_below(before))


@pytest.mark.display
def test_a_wrong_cookie_is_no_end(x_server: XServer, tmp_path: Path) -> None:
    """Some servers let in whoever is of the same account, cookie or not; others refuse."""
    number = display_number(x_server.display)
    assert number is not None
    wrong = tmp_path / "wrong"
    add = ["xauth", "-f", str(wrong), "add", x_server.display, "MIT-MAGIC-COOKIE-1", "0" * 32]
    subprocess.run(add, check=True, capture_output=True)
    with pytest.raises(X11Error, match="refuses"):
        idle_seconds(number, wrong)


@pytest.mark.slow
@pytest.mark.display
def test_a_server_that_hangs_costs_its_answer_only(x_server: XServer) -> None:
    number = display_number(x_server.display)
    assert number is not None
    suspend(x_server.process.pid)
    try:
        with pytest.raises(OSError, match="timed out"):
            idle_seconds(number, x_server.authority)
    finally:
        x_server.process.send_signal(signal.SIGCONT)
    wait_until(lambda: idle_seconds(number, x_server.authority) > 0)


EVENT = b"\x22" + bytes(31)
"""MappingNotify, which every client is sent."""

LET_IN = struct.pack("<BxHHH", 1, 11, 0, 10) + bytes(40)
"""No vendor, no formats, one screen cut short behind its root window's id."""


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Callable[[list[bytes]], Path]]:
    """A server that sends these answers, each to one question, wherever its socket is."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(str(tmp_path / "X7"))
        listening.listen()

        def play(answers: list[bytes]) -> Path:
            def serve() -> None:
                with listening.accept()[0] as client:
                    for answer in answers:
                        client.recv(4096)
                        client.sendall(answer)

            serving = threading.Thread(target=serve)
            serving.start()
            stack.callback(serving.join)
            return tmp_path

        yield play


def test_a_keyboard_layout_that_changes_meanwhile_is_no_answer(
    played: Callable[[list[bytes]], Path],
) -> None:
    present = b"\1" + bytes(7) + b"\1\x90" + bytes(22)
    info = b"\1" + bytes(15) + struct.pack("<I", 61_500) + bytes(12)
    sockets = played([LET_IN, EVENT + present, EVENT * 3 + info])
    assert idle_seconds(7, sockets / "Xauthority", sockets) == 61.5


def test_a_display_that_is_not_there_is_an_error_and_no_end(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        idle_seconds(0, tmp_path / "Xauthority", tmp_path)


@pytest.mark.parametrize(
    "answers",
    [
        [b""],
        [b"\0\x05" + bytes(6)],  # refused
        [b"\1" + bytes(7)],  # let in, with nothing behind it
        [b"\1" + bytes(5) + struct.pack("<H", 8) + bytes(32)],  # a cut list of screens
        [LET_IN, bytes(32)],  # an error
        [LET_IN, b"\1" + bytes(31)],  # no such extension
        [LET_IN, b"\1" + bytes(7) + b"\1\x90" + bytes(22), b"\1" + bytes(9)],
        [bytes(range(64))],
    ],
)
def test_rubbish_is_an_error_and_no_end(
    played: Callable[[list[bytes]], Path], answers: list[bytes]
) -> None:
    sockets = played(answers)
    with pytest.raises(OSError, match=r"X server|reset|pipe"):
        idle_seconds(7, sockets / "Xauthority", sockets)


@pytest.mark.parametrize("data", [b"", b"\1", b"\1\0\0\xff", b"\1\0" + b"\xff" * 50, bytes(200)])
def test_a_damaged_file_of_cookies_holds_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "Xauthority").write_bytes(data)
    with pytest.raises(OSError, match="No such file"):
        idle_seconds(0, tmp_path / "Xauthority", tmp_path)
