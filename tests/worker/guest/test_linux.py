"""How a Linux computer tells: recorded power supplies, a real bus with services as desktops have
them, and what is opened and started for it, which is nothing by default."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.guest import rules
from qubix_worker.settings import Settings
from qubix_worker.system.senses_bus import Bus, BusError
from qubix_worker.system.senses_linux import Linux, on_battery
from tests.conftest import wait_until
from tests.worker.guest.conftest import Answer, Call, OwnBus, XServer

NOW = 1_790_000_000.0

# --- The battery -------------------------------------------------------------------------------

# Names and values as the kernel's Documentation/ABI/testing/sysfs-class-power gives them, in
# sets that public reports of such machines show (`upower -d` and the like).
AC, AC_OUT = {"type": "Mains", "online": "1"}, {"type": "Mains", "online": "0"}
MOUSE = {"type": "Battery", "scope": "Device", "present": "1", "status": "Discharging",
         "model_name": "Wireless Mouse"}  # fmt: skip
USB_C, USB_C_OUT = {"type": "USB", "online": "1"}, {"type": "USB", "online": "0"}


def battery(status: str, **more: str) -> dict[str, str]:
    return {"type": "Battery", "present": "1", "status": status, "technology": "Li-ion"} | more


POWER_SUPPLIES: dict[str, tuple[dict[str, dict[str, str]], bool | None]] = {
    "a desktop": ({}, None),
    "a desktop with a wireless mouse": ({"hidpp_battery_0": MOUSE}, None),
    "a laptop on the mains": ({"AC": AC, "BAT0": battery("Charging")}, False),
    "a laptop that is full": ({"ADP1": AC, "BAT0": battery("Full")}, False),
    "a laptop that holds at 80 %": ({"AC": AC, "BAT0": battery("Not charging")}, False),
    "a laptop on battery": ({"AC": AC_OUT, "BAT0": battery("Discharging")}, True),
    "a laptop just unplugged": ({"AC": AC_OUT, "BAT0": battery("Full")}, True),
    "a laptop whose status is odd": ({"AC": AC_OUT, "BAT0": battery("Unknown")}, True),
    "two batteries, one at work": (
        {"AC": AC_OUT, "BAT0": battery("Not charging"), "BAT1": battery("Discharging")},
        True,
    ),
    "a weak charger": ({"AC": AC, "BAT0": battery("Discharging")}, False),
    "a laptop at a port of USB": (
        {"AC": AC_OUT, "BAT0": battery("Charging"), "ucsi-source-psy-USBC000:001": USB_C},
        False,
    ),
    "a full laptop at a port of USB": (
        {"AC": AC_OUT, "BAT0": battery("Full"), "ucsi-source-psy-USBC000:001": USB_C},
        False,
    ),
    "a laptop that feeds a telephone": (
        {"AC": AC_OUT, "BAT0": battery("Discharging"), "ucsi-source-psy-USBC000:001": USB_C},
        True,
    ),
    "a laptop of Arm without mains, charging": (
        {"qcom-battmgr-bat": battery("Charging"), "qcom-battmgr-usb": USB_C},
        False,
    ),
    "the same on battery": (
        {"qcom-battmgr-bat": battery("Discharging"), "qcom-battmgr-usb": USB_C_OUT},
        True,
    ),
    "a laptop whose battery was taken out": (
        {"AC": AC, "BAT0": {"type": "Battery", "present": "0", "status": "Unknown"}},
        None,
    ),
    "a laptop on the mains and a mouse": (
        {"AC": AC, "BAT0": battery("Full", scope="System"), "hidpp_battery_1": MOUSE},
        False,
    ),
    "a machine behind a power supply that holds out": (
        {"ups": {"type": "UPS", "status": "Discharging"}},
        True,
    ),
    "a battery that tells nothing": ({"BAT0": {"type": "Battery"}}, None),
}


@pytest.mark.parametrize("machine", POWER_SUPPLIES)
def test_a_computer_knows_whether_it_runs_on_its_battery(tmp_path: Path, machine: str) -> None:
    supplies, expected = POWER_SUPPLIES[machine]
    for name, files in supplies.items():
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text + "\n")
    assert on_battery(tmp_path) is expected


def test_power_supplies_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    (tmp_path / "BAT0").mkdir()
    (tmp_path / "BAT0" / "type").write_bytes(b"\xff\xfe\0Battery")
    (tmp_path / "BAT1").symlink_to(tmp_path / "gone")
    assert on_battery(tmp_path) is None
    assert on_battery(tmp_path / "nowhere") is None


# --- A whole computer --------------------------------------------------------------------------


@dataclasses.dataclass
class Computer:
    root: Path
    environment: dict[str, str]
    uptime: float = 1000.0

    def __post_init__(self) -> None:
        for folder in ("dev/pts", "tmp/.X11-unix", "run/user", "proc/net", "run/runtime"):
            (self.root / folder).mkdir(parents=True)
        self.environment = {
            "XDG_RUNTIME_DIR": str(self.root / "run/runtime"),
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.root}/none",
            **self.environment,
        }
        self.body = Linux(
            self.root, self.environment, now=lambda: NOW, monotonic=lambda: self.uptime
        )

    def typed(self, terminal: str, seconds_ago: float) -> None:
        file = self.root / "dev" / terminal
        file.touch()
        os.utime(file, (NOW - seconds_ago, NOW))

    def runs_network_manager(self) -> None:
        (self.root / "run/NetworkManager").mkdir()

    def goes_online_by(self, gateway: str) -> None:
        (self.root / "proc/net/route").write_text(
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
            f"wlan0\t00000000\t{gateway}\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
        )


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path / "root", {})


def with_buses(tmp_path: Path, **buses: OwnBus) -> Computer:
    return Computer(
        tmp_path / "root",
        {f"DBUS_{name.upper()}_BUS_ADDRESS": bus.address for name, bus in buses.items()},
    )


# --- The use -----------------------------------------------------------------------------------


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


def test_a_terminal_whose_clock_is_ahead_was_used_now(computer: Computer) -> None:
    computer.typed("pts/0", -3600)
    assert computer.body.idle_seconds() == 0


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
    assert idle() < before


def gnome(milliseconds: int) -> Answer:
    def answer(call: Call) -> tuple[str, tuple[Any, ...]] | None:
        known = (call.interface, call.method) == ("org.gnome.Mutter.IdleMonitor", "GetIdletime")
        return ("t", (milliseconds,)) if known else None

    return answer


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


def session(**told: Any) -> dict[str, Any]:
    """As logind tells of one (org.freedesktop.login1(5)); somebody at a desktop."""
    return {
        "Class": "user", "Type": "wayland", "Active": True, "IdleHint": False, "IdleSinceHint": 0,
        "seat": "seat0", "user": os.getuid() + 1,
    } | told  # fmt: skip


def logind(*sessions: dict[str, Any]) -> Answer:
    signatures = {"Class": "s", "Type": "s", "Active": "b", "IdleHint": "b", "IdleSinceHint": "t"}

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


HOUR_AGO = int((NOW - 3600) * 1e6)


@pytest.mark.parametrize(
    ("sessions", "idle"),
    [
        ([], math.inf),
        ([session(IdleHint=True, IdleSinceHint=HOUR_AGO)], 3600),
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


# --- The connection ----------------------------------------------------------------------------


def network_manager(metered: Callable[[], int]) -> Answer:
    def answer(call: Call) -> tuple[str, tuple[Any, ...]] | None:
        wanted = ("org.freedesktop.NetworkManager", "Metered")
        return ("v", (("u", metered()),)) if call.body == wanted else None

    return answer


@pytest.mark.parametrize(
    ("told", "metered"), [(0, False), (1, True), (2, False), (3, True), (4, False)]
)
def test_network_manager_tells_what_a_connection_costs(
    tmp_path: Path, system_bus: OwnBus, told: int, metered: bool
) -> None:
    system_bus.serve("org.freedesktop.NetworkManager", network_manager(lambda: told))
    computer = with_buses(tmp_path, system=system_bus)
    computer.runs_network_manager()
    assert computer.body.metered() is metered


def test_the_cost_is_asked_again_only_with_other_routes_or_after_minutes(
    tmp_path: Path, system_bus: OwnBus
) -> None:
    told = [2]
    system_bus.serve("org.freedesktop.NetworkManager", network_manager(lambda: told[0]))
    computer = with_buses(tmp_path, system=system_bus)
    computer.runs_network_manager()
    computer.goes_online_by("0101A8C0")
    assert computer.body.metered() is False
    told[0] = 1
    for _ in range(20):
        assert computer.body.metered() is False
    assert len(system_bus.calls) == 1
    computer.goes_online_by("012BA8C0")  # by a telephone
    assert computer.body.metered() is True
    told[0] = 2
    computer.uptime += 301
    assert computer.body.metered() is False


def test_a_network_manager_that_has_gone_tells_nothing(tmp_path: Path, system_bus: OwnBus) -> None:
    computer = with_buses(tmp_path, system=system_bus)
    computer.runs_network_manager()
    assert computer.body.metered() is None


# --- The bus -----------------------------------------------------------------------------------


def test_a_bus_that_never_answers_costs_its_patience_only(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "bus"))
        listening.listen()
        with pytest.raises(OSError, match="authenticate"):
            Bus(f"unix:path={tmp_path}/bus")


@pytest.mark.parametrize(
    "address", ["", "tcp:host=192.0.2.1,port=1", "rubbish", "unix:path=/nowhere", "unix:dir=/tmp"]
)
def test_an_address_that_is_no_bus_is_an_error_of_its_kind(address: str) -> None:
    with pytest.raises(OSError, match=r"bus|No such file"):
        Bus(address)


def test_nobody_is_started_only_to_answer(session_bus: OwnBus) -> None:
    bus = Bus(session_bus.address)
    with pytest.raises(BusError, match=r"ServiceUnknown|NameHasNoOwner"):
        bus.call("org.example.Sleeping", "/", "org.example.Sleeping", "Wake")
    bus.close()


# --- Staying awake -----------------------------------------------------------------------------


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


# --- What it costs -----------------------------------------------------------------------------

LOOKS_OF_A_DAY = """
import json, os, sys
opened = []
def note(event, arguments):
    if event in ("socket.connect", "subprocess.Popen", "os.posix_spawn", "os.exec", "os.fork",
                 "os.forkpty", "os.system", "ctypes.dlopen"):
        opened.append(event)
from datetime import datetime
from pathlib import Path
from qubix_worker.guest.senses import Senses
from qubix_worker.guest.watch import Watch
from qubix_worker.settings import Settings
from qubix_worker.system.senses_linux import Linux
sys.addaudithook(note)
clock = [1e9]
body = Linux(Path(sys.argv[1]), {"DISPLAY": ":0", "HOME": "/root"}, monotonic=lambda: clock[0])
watch = Watch(Settings, lambda told: None, Senses(body, list), body)
for look in range(5760):
    watch.look()
    clock[0] += 15
loaded = [name for name in sys.modules if name.startswith(("jeepney", "asyncio"))]
print(json.dumps({"opened": opened, "loaded": loaded}))
"""


def looks_of_a_day(root: Path) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", LOOKS_OF_A_DAY, root], capture_output=True, text=True, check=True
    )
    told: dict[str, list[str]] = json.loads(done.stdout)
    return told


def test_a_desktop_with_default_settings_starts_nothing_and_opens_no_bus(
    computer: Computer,
) -> None:
    assert looks_of_a_day(computer.root) == {"opened": [], "loaded": []}


def test_where_network_manager_runs_it_is_asked_every_five_minutes_and_nothing_else_is_opened(
    computer: Computer,
) -> None:
    computer.runs_network_manager()
    opened = looks_of_a_day(computer.root)["opened"]
    assert set(opened) == {"socket.connect"}
    assert len(opened) <= 24 * 12


def test_default_settings_do_not_ask_whether_somebody_uses_the_computer() -> None:
    assert "use" not in rules.questions(Settings(), datetime.fromtimestamp(NOW))
