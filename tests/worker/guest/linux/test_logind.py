"""Other people's desktops at the same computer, of which logind tells."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest

from tests.worker.guest.linux.buses import Answer, Call, OwnBus
from tests.worker.guest.linux.computer import NOW, gnome, with_buses

HOUR_AGO = int((NOW - 3600) * 1e6)
AHEAD = int((NOW + 7200) * 1e6)


def session(**told: Any) -> dict[str, Any]:
    """As logind tells of one (org.freedesktop.login1(5)); somebody at a desktop."""
    return {
        "Class": "user", "Type": "wayland", "Active": True, "IdleHint": False, "IdleSinceHint": 0,
        "IdleSinceHintMonotonic": 0, "seat": "seat0", "user": os.getuid() + 1,
    } | told  # fmt: skip


def logind(*sessions: dict[str, Any]) -> Answer:
    signatures = {"Class": "s", "Type": "s", "Active": "b", "IdleHint": "b", "IdleSinceHint": "t"}
    signatures["IdleSinceHintMonotonic"] = "t"

    def answer(call: Call) -> tuple[str, tuple[Any, ...]] | None:
        if call.method == "ListSessions":
            rows = [
                (str(at), told["user"], "somebody", told["seat"], f"/org/session/{at}")
                for at, told in enumerate(sessions)
            ]
            return "a(susso)", (rows,)
        if call.method == "GetAll":
            # Answers come in the order of the questions, which is that of the list.
            told = sessions[next(asked) % len(sessions)]
            return "a{sv}", ({key: (sign, told[key]) for key, sign in signatures.items()},)
        return None

    asked = iter(range(1000))
    return answer


@pytest.mark.parametrize(
    ("sessions", "idle"),
    [
        ([], math.inf),
        ([session(IdleHint=True, IdleSinceHint=HOUR_AGO)], 3600),
        # The clock was set back meanwhile; the computer has run for 1000 seconds.
        ([session(IdleHint=True, IdleSinceHint=AHEAD, IdleSinceHintMonotonic=100_000_000)], 900),
        ([session(IdleSinceHint=HOUR_AGO)], 0),  # it told once, and says: in use
        ([session()], None),  # it never told
        ([session(Active=False)], math.inf),  # somebody else's turn at the screen
        ([session(Class="greeter")], math.inf),  # nobody is signed in
        ([session(Type="tty", seat="")], math.inf),  # over the network: its terminal tells
        ([session(Type="tty")], math.inf),  # a console: likewise
        ([session(IdleHint=True, IdleSinceHint=HOUR_AGO), session()], None),
        ([session(IdleHint=True, IdleSinceHint=HOUR_AGO), session(IdleSinceHint=1)], 0),
    ],
)
def test_other_peoples_desktops_are_asked_of_logind(
    tmp_path: Path, system_bus: OwnBus, sessions: list[dict[str, Any]], idle: float | None
) -> None:
    system_bus.serve("org.freedesktop.login1", logind(*sessions))
    assert with_buses(tmp_path, system=system_bus).body.idle_seconds() == idle


def test_a_desktop_that_was_begun_from_a_console_and_does_not_tell_is_not_known(
    tmp_path: Path, system_bus: OwnBus
) -> None:
    system_bus.serve("org.freedesktop.login1", logind(session(Type="tty")))
    computer = with_buses(tmp_path, system=system_bus)
    (computer.root / "tmp/.X11-unix/X0").touch()
    assert computer.body.idle_seconds() is None


def test_after_everybody_has_signed_out_the_old_desktop_holds_nothing_up(
    tmp_path: Path, system_bus: OwnBus
) -> None:
    system_bus.serve("org.freedesktop.login1", logind(session(Class="greeter")))
    computer = with_buses(tmp_path, system=system_bus)
    computer.environment |= {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}
    assert computer.body.idle_seconds() == math.inf


def test_somebody_else_at_the_screen_counts_though_this_account_is_idle(
    tmp_path: Path, session_bus: OwnBus, system_bus: OwnBus
) -> None:
    session_bus.serve("org.gnome.Mutter.IdleMonitor", gnome(9_000_000))
    mine = session(user=os.getuid())
    others = session(IdleSinceHint=HOUR_AGO)
    system_bus.serve("org.freedesktop.login1", logind(others, mine))
    computer = with_buses(tmp_path, session=session_bus, system=system_bus)
    assert computer.body.idle_seconds() == 0


def test_what_this_accounts_desktop_tells_itself_is_not_asked_of_logind(
    tmp_path: Path, session_bus: OwnBus, system_bus: OwnBus
) -> None:
    session_bus.serve("org.gnome.Mutter.IdleMonitor", gnome(9_000_000))
    system_bus.serve("org.freedesktop.login1", logind(session(user=os.getuid())))
    computer = with_buses(tmp_path, session=session_bus, system=system_bus)
    assert computer.body.idle_seconds() == 9000
