"""The second wall, as a thread meets it that has got through the first one."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

BEHIND_THE_WALL = """
import os, signal, socket, sys
from pathlib import Path
from qubix_worker.kinds.confine import HERE
place, secret, port, what = sys.argv[1:]
os.chdir(place)
socket.socket  # loaded before
if not HERE.wall_in(Path()):
    sys.exit(77)
acts = {
    "read outside": lambda: open(secret).read(),
    "read by ..": lambda: open("../secret").read(),
    "read through a link": lambda: open("link").read(),
    "list outside": lambda: os.listdir("/"),
    "write outside": lambda: open(secret + "2", "w"),
    "run a program": lambda: os.execv("/bin/true", ["true"]),
    "connect": lambda: socket.create_connection(("127.0.0.1", int(port))),
    "listen": lambda: socket.socket().bind(("127.0.0.1", 0)),
    "signal the parent": lambda: os.kill(os.getppid(), 0),
    "own files": lambda: (os.mkdir("a"), open("a/b", "w").close(), os.rename("a/b", "c"),
                          os.truncate("c", 10), os.link("c", "d"), os.unlink("c")),
}
try:
    acts[what]()
except (PermissionError, FileNotFoundError) as error:
    sys.exit(3)
"""


@pytest.fixture
def try_to(tmp_path: Path) -> Callable[[str], int]:
    place = tmp_path / "place"
    place.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (place / "link").symlink_to(secret)

    def attempt(what: str) -> int:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = str(server.getsockname()[1])
            arguments = [str(place), str(secret), port, what]
            code = subprocess.run([sys.executable, "-c", BEHIND_THE_WALL, *arguments], check=False)
        if code.returncode == 77:
            pytest.skip("this system has no Landlock")
        return code.returncode

    return attempt


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
@pytest.mark.parametrize(
    "what",
    ["read outside", "read by ..", "read through a link", "list outside", "write outside",
     "run a program", "connect", "listen", "signal the parent"],
)  # fmt: skip
def test_nothing_outside_is_reached(try_to: Callable[[str], int], what: str) -> None:
    assert try_to(what) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
def test_its_own_folder_is_all_its_own(try_to: Callable[[str], int]) -> None:
    assert try_to("own files") == 0


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
def test_a_program_runs_behind_the_wall(
    at_work: Callable[..., tuple[Any, psutil.Process]],
    try_to: Callable[[str], int],
    wait_until: Callable[[Callable[[], object]], None],
) -> None:
    try_to("own files")  # skips where there is no wall
    _, child = at_work()
    status = Path(f"/proc/{child.pid}/status")
    wait_until(lambda: "NoNewPrivs:\t1" in status.read_text())
