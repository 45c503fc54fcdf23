"""A computer is kept awake by whoever would put it to sleep, and no longer than the worker runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import wait_until
from tests.worker.guest.linux.buses import Call, OwnBus
from tests.worker.guest.linux.computer import Computer, with_buses


class PowerManagers:
    """gnome-session, a power manager and logind, as far as staying awake goes."""

    def __init__(self) -> None:
        self.read, self.write = os.pipe()
        self.wishes: list[Call] = []

    def answer(self, call: Call) -> tuple[str, tuple[Any, ...]] | None:
        if call.method != "Inhibit":
            return None
        self.wishes.append(call)
        return ("h", (self.write,)) if "login1" in call.interface else ("u", (7,))

    def file_is_closed(self) -> bool:
        os.set_blocking(self.read, False)
        try:
            return os.read(self.read, 1) == b""
        except BlockingIOError:
            return False


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("org.gnome.SessionManager", ("QUBIX", 0, "A job is at work.", 4)),
        ("org.freedesktop.PowerManagement", ("QUBIX", "A job is at work.")),
        ("org.freedesktop.login1", ("idle", "QUBIX", "A job is at work.", "block")),
    ],
)
def test_whoever_would_put_the_computer_to_sleep_is_asked_not_to(
    tmp_path: Path, session_bus: OwnBus, name: str, body: tuple[Any, ...]
) -> None:
    managers = PowerManagers()
    session_bus.serve(name, managers.answer)
    computer = with_buses(tmp_path, session=session_bus, system=session_bus)
    computer.body.stay_awake("A job is at work.")
    (wish,) = managers.wishes
    assert wish.body == body
    assert session_bus.has(wish.sender)
    computer.body.may_sleep()
    wait_until(lambda: not session_bus.has(wish.sender))


def test_where_nobody_takes_the_wish_that_is_said(
    tmp_path: Path, session_bus: OwnBus, computer: Computer
) -> None:
    with pytest.raises(OSError, match="power manager"):
        computer.body.stay_awake("A job is at work.")
    with pytest.raises(OSError, match="power manager"):
        with_buses(tmp_path / "other", session=session_bus).body.stay_awake("A job is at work.")


def test_the_wish_ends_with_the_worker_however_that_ends(
    tmp_path: Path, session_bus: OwnBus
) -> None:
    managers = PowerManagers()
    session_bus.serve("org.freedesktop.login1", managers.answer)
    code = (
        "import os, sys; from qubix_worker.system.senses_linux import Linux; "
        "body = Linux(environment=dict(os.environ)); body.stay_awake('A job.'); "
        "print('awake', flush=True); sys.stdin.read()"
    )
    environment = {
        **os.environ,
        "DBUS_SYSTEM_BUS_ADDRESS": session_bus.address,
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere",
    }
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout
        assert worker.stdout.readline() == b"awake\n"
        os.close(managers.write)
        assert not managers.file_is_closed()
        worker.kill()
        worker.wait()
    wait_until(managers.file_is_closed)
    wait_until(lambda: not session_bus.has(managers.wishes[0].sender))
