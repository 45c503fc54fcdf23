"""How long nobody has used a Linux computer, by its terminals and this account's own desktop."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import wait_until
from tests.worker.guest.linux.buses import Call, OwnBus
from tests.worker.guest.linux.computer import Computer, gnome, with_buses
from tests.worker.guest.linux.conftest import XServer


def test_at_a_machine_without_screen_and_terminal_nobody_can_be(computer: Computer) -> None:
    assert computer.body.idle_seconds() == math.inf


def test_who_typed_last_in_any_terminal_counts(computer: Computer) -> None:
    computer.typed("pts/0", 4000)
    computer.typed("pts/3", 77)
    computer.typed("tty2", 500)
    computer.typed("tty", 1)  # the terminal of whoever asks: not one of its own
    computer.typed("pts/ptmx", 1)
    computer.typed("ttyS0", 1)  # a modem or a console of a machine room
    assert computer.body.idle_seconds() == 77


def test_a_terminal_from_the_future_was_used_when_it_is_first_seen(computer: Computer) -> None:
    """As on a computer whose clock was set back after it had started."""
    computer.typed("tty1", -7200)
    assert computer.body.idle_seconds() == 0
    computer.pass_time(3000)
    assert computer.body.idle_seconds() == 3000


@pytest.mark.parametrize("jump", [-7200.0, 7200.0])
def test_a_clock_that_is_set_is_nobody_who_types_and_nobody_who_has_gone(
    computer: Computer, jump: float
) -> None:
    computer.typed("pts/0", 100)
    assert computer.body.idle_seconds() == 100
    computer.now += jump
    computer.pass_time(60)
    assert computer.body.idle_seconds() == 160


@pytest.mark.parametrize("jump", [-7200.0, 7200.0])
def test_who_types_while_the_clock_is_set_is_there(computer: Computer, jump: float) -> None:
    computer.typed("pts/0", 9000)
    computer.body.idle_seconds()
    computer.pass_time(15)
    computer.typed("pts/0", 5)
    computer.now += jump
    told = computer.body.idle_seconds()
    assert told is not None
    assert told <= 15


def test_who_types_after_the_clock_was_set_back_is_there(computer: Computer) -> None:
    computer.typed("pts/0", 100)
    computer.body.idle_seconds()
    computer.now -= 7200
    computer.pass_time(60)
    computer.typed("pts/0", 3)
    assert computer.body.idle_seconds() == 3


@pytest.mark.parametrize("sign", ["DISPLAY", "WAYLAND_DISPLAY", "X11", "wayland"])
def test_a_desktop_that_does_not_tell_is_not_known(computer: Computer, sign: str) -> None:
    if sign == "X11":
        (computer.root / "tmp/.X11-unix/X0").touch()
    elif sign == "wayland":
        (computer.root / "run/user/1000").mkdir()
        (computer.root / "run/user/1000/wayland-0").touch()
    else:
        computer.environment[sign] = ":77"
    computer.typed("pts/0", 9000)
    assert computer.body.idle_seconds() is None


@pytest.mark.display
def test_an_x11_desktop_is_asked_by_its_server(tmp_path: Path, x_server: XServer) -> None:
    environment = {"DISPLAY": x_server.display, "XAUTHORITY": str(x_server.authority)}
    computer = Computer(tmp_path / "root", environment)
    real = Path("/tmp/.X11-unix") / f"X{x_server.display[1:]}"
    (computer.root / "tmp/.X11-unix" / real.name).symlink_to(real)

    def idle() -> float:
        told = computer.body.idle_seconds()
        assert told is not None
        return told

    before = wait_until(lambda: (told := idle()) > 1.5 and told)
    x_server.do("mousemove_relative", "3", "3")
    wait_until(lambda: idle() < before)


def test_gnome_tells_in_milliseconds(tmp_path: Path, session_bus: OwnBus) -> None:
    session_bus.serve("org.gnome.Mutter.IdleMonitor", gnome(61_500))
    computer = with_buses(tmp_path, session=session_bus)
    computer.environment["WAYLAND_DISPLAY"] = "wayland-0"
    assert computer.body.idle_seconds() == 61.5
    computer.typed("pts/0", 2)
    assert computer.body.idle_seconds() == 2


@pytest.mark.parametrize(
    ("actions", "seconds", "idle"),
    [(0, 600, 600), (4, 600, 600), (8, 600, 0), (12, 600, 0), (8, 20, 20), (8, 20_000, 20_000)],
)
def test_a_film_that_keeps_the_screen_on_is_somebody_for_some_hours(
    tmp_path: Path, session_bus: OwnBus, actions: int, seconds: int, idle: float
) -> None:
    """4 is what QUBIX itself asks for while it keeps the computer awake."""

    def answer(call: Call) -> tuple[str, tuple[Any, ...]] | None:
        return ("v", (("u", actions),)) if call.method == "Get" else None

    session_bus.serve("org.gnome.Mutter.IdleMonitor", gnome(seconds * 1000))
    session_bus.serve("org.gnome.SessionManager", answer)
    assert with_buses(tmp_path, session=session_bus).body.idle_seconds() == idle


def test_a_screen_that_is_shown_somewhere_else_is_none_of_this_computer(
    computer: Computer,
) -> None:
    computer.environment["DISPLAY"] = "localhost:10.0"
    assert computer.body.idle_seconds() == math.inf


def test_a_bus_is_found_where_it_lies_when_the_environment_does_not_tell(
    tmp_path: Path, session_bus: OwnBus
) -> None:
    """As for a worker that was started over the network."""
    session_bus.serve("org.gnome.Mutter.IdleMonitor", gnome(5000))
    computer = Computer(tmp_path / "root", {})
    place = session_bus.address.split("path=")[1].split(",")[0]
    (computer.root / "run/runtime/bus").symlink_to(place)
    assert computer.body.idle_seconds() == 5
