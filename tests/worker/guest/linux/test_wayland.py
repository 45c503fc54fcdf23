"""How long nobody has touched a Wayland desktop: asked of a real compositor, and of one that the
test plays where none that speaks the newer protocol is at hand."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qubix_worker.system.senses_linux import Linux
from qubix_worker.system.senses_wayland import Wayland, WaylandError
from tests.conftest import wait_until

NOTIFIER, OLD_NOTIFIER, SEAT = "ext_idle_notifier_v1", "org_kde_kwin_idle", "wl_seat"
IDLED, RESUMED = 0, 1


@dataclass
class Compositor:
    """Speaks the wire format as wayland.xml and ext-idle-notify-v1.xml have it."""

    path: Path
    offers: tuple[str, ...]
    asked: list[tuple[int, int]] = field(default_factory=list)
    """For each notification its patience in milliseconds, and its seat's id."""
    told: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bound: dict[int, str] = {}
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.path))
        self.listening.listen()
        self.client: socket.socket | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def tell(self, event: int, notification: int = 0) -> None:
        self._event(self.told[notification], event)

    def hang_up(self) -> None:
        assert self.client
        self.client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        if self.client:
            self.client.close()
        self.thread.join()

    def _event(self, sender: int, event: int, body: bytes = b"") -> None:
        assert self.client
        self.client.sendall(struct.pack("=II", sender, (8 + len(body)) << 16 | event) + body)

    def _run(self) -> None:
        try:
            self.client = self.listening.accept()[0]
        except OSError:
            return
        data = b""
        with self.client, contextlib.suppress(OSError):  # until the client has enough
            while part := self.client.recv(4096):
                data += part
                while len(data) >= 8:
                    to, size = struct.unpack_from("=II", data)
                    body, data = data[8 : size >> 16], data[size >> 16 :]
                    self._request(to, size & 0xFFFF, body)

    def _request(self, to: int, request: int, body: bytes) -> None:
        numbers = struct.unpack(f"={len(body) // 4}I", body)
        if (to, request) == (1, 0):
            self._event(numbers[0], 0, struct.pack("=I", 0))  # the callback is done
            self._event(1, 1, struct.pack("=I", numbers[0]))  # its id is free again
        elif (to, request) == (1, 1):
            for name, interface in enumerate(self.offers):
                text = interface.encode() + b"\0"
                text += bytes(-len(text) % 4)
                head = struct.pack("=II", name, len(interface) + 1)
                self._event(numbers[0], 0, head + text + struct.pack("=I", 9))
        elif to == 2:
            self.bound[numbers[-1]] = self.offers[numbers[0]]
            if self.offers[numbers[0]] == SEAT:
                self._event(numbers[-1], 0, struct.pack("=I", 3))  # it has a pointer and a keyboard
        elif self.bound[to] == NOTIFIER:
            assert request == 1
            self.told.append(numbers[0])
            self.asked.append((numbers[1], numbers[2]))


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="wl") as name:
        yield Path(name)


@pytest.fixture
def played(folder: Path) -> Iterator[Callable[..., Compositor]]:
    compositors: list[Compositor] = []

    def play(*offers: str) -> Compositor:
        compositors.append(Compositor(folder / "wayland-0", offers))
        return compositors[-1]

    yield play
    for compositor in compositors:
        compositor.close()


def eventually(wayland: Wayland, seconds: float) -> None:
    wait_until(lambda: wayland.idle_seconds() == seconds)


def test_quiet_that_the_compositor_tells_of_is_counted_until_somebody_is_back(
    played: Callable[..., Compositor],
) -> None:
    compositor = played("wl_compositor", SEAT, NOTIFIER)
    clock = [100.0]
    wayland = Wayland(compositor.path, lambda: clock[0])
    assert compositor.asked == [(5000, compositor.told[0] - 1)]
    assert wayland.idle_seconds() == 0
    compositor.tell(IDLED)
    eventually(wayland, 5)
    clock[0] += 60
    assert wayland.idle_seconds() == 65
    compositor.tell(RESUMED)
    eventually(wayland, 0)
    wayland.close()


def test_somebody_who_was_there_between_two_looks_is_seen(
    played: Callable[..., Compositor],
) -> None:
    compositor = played(SEAT, NOTIFIER)
    clock = [100.0]
    wayland = Wayland(compositor.path, lambda: clock[0])
    compositor.tell(IDLED)
    eventually(wayland, 5)
    clock[0] += 1000
    compositor.tell(RESUMED)
    compositor.tell(IDLED)
    eventually(wayland, 5)
    wayland.close()


def test_of_two_seats_the_one_in_use_counts(played: Callable[..., Compositor]) -> None:
    compositor = played(NOTIFIER, SEAT, SEAT)
    wayland = Wayland(compositor.path, lambda: 100.0)
    compositor.tell(IDLED, 0)
    assert wayland.idle_seconds() == 0
    compositor.tell(IDLED, 1)
    eventually(wayland, 5)
    compositor.tell(RESUMED, 0)
    eventually(wayland, 0)
    wayland.close()


@pytest.mark.parametrize("offers", [(), (SEAT,), (NOTIFIER,), ("wl_compositor", SEAT)])
def test_a_compositor_that_does_not_tell_is_an_error(
    played: Callable[..., Compositor], offers: tuple[str, ...]
) -> None:
    with pytest.raises(WaylandError, match="does not tell"):
        Wayland(played(*offers).path)


def test_a_desktop_that_has_ended_is_an_error_and_the_next_one_is_asked_anew(
    played: Callable[..., Compositor], folder: Path
) -> None:
    compositor = played(SEAT, NOTIFIER)
    root = folder / "root"
    environment = {"XDG_RUNTIME_DIR": str(folder), "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"}
    body = Linux(root, {**environment, "WAYLAND_DISPLAY": "wayland-0"})
    assert body.idle_seconds() == 0
    compositor.hang_up()
    wait_until(lambda: body.idle_seconds() is None)  # it does not tell
    (folder / "wayland-0").unlink()
    played(SEAT, NOTIFIER)
    assert body.idle_seconds() == 0
    body.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        bytes(8),  # a message shorter than its own head
        struct.pack("=II", 2, 12 << 16) + bytes(4),  # something offered without a name
        # The display objects.
        struct.pack("=IIIII", 1, 28 << 16, 3, 0, 4) + b"bad\0" + bytes(4),
        b"\xff" * 64,
    ],
)
def test_rubbish_is_an_error_and_no_end(folder: Path, answer: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "wayland-0"))
        listening.listen()

        def serve() -> None:
            with listening.accept()[0] as client:
                client.recv(4096)
                client.sendall(answer)

        serving = threading.Thread(target=serve)
        serving.start()
        with pytest.raises(OSError, match=r"compositor|reset|pipe"):
            Wayland(folder / "wayland-0")
        serving.join()


@pytest.fixture
def sway(folder: Path) -> Iterator[dict[str, str]]:
    """A real compositor without a screen; the environment that its clients have."""
    for program in ("sway", "wtype", "setpriv"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not on this machine")
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder),
        "WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman",
    }  # fmt: skip
    (folder / "configuration").write_text("xwayland disable\n")
    command = ["sway", "-c", str(folder / "configuration")]
    if os.getuid() == 0:  # it refuses to run as root
        os.chown(folder, 65534, 65534)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    place = wait_until(lambda: [path for path in folder.glob("wayland-*") if path.is_socket()])[0]
    yield environment | {"WAYLAND_DISPLAY": place.name}
    process.terminate()
    process.wait()


@pytest.mark.display
def test_a_real_compositor_tells_of_quiet_and_of_a_key(sway: dict[str, str]) -> None:
    path = Path(sway["XDG_RUNTIME_DIR"]) / sway["WAYLAND_DISPLAY"]
    wayland = Wayland(path, quiet_seconds=0.3)
    assert wayland.idle_seconds() == 0
    before = wait_until(lambda: (told := wayland.idle_seconds()) > 1.5 and told)
    subprocess.run(["wtype", "a"], env=sway, check=True)
    wait_until(lambda: wayland.idle_seconds() < before)
    wait_until(lambda: wayland.idle_seconds() > 0.3)
    wayland.close()
