"""The whole path on Windows: the .bat that a real server hands out, by cmd and its own Python."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from pathlib import PureWindowsPath
from typing import Any

from qubix_server.installers.scripts import batch_script
from qubix_worker.amalgamation import amalgamate
from tests.conftest import LiveServer, wait_until
from tests.installers.platforms import record
from tests.installers.publisher import Publisher
from tests.installers.windows.console import stopped_at
from tests.installers.windows.machine import PYTHON, Windows
from tests.inventory import Inventory, differences, take

RUN_KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"
COMMAND = r"AppData\Local\qubix\data\qubix-worker.cmd"
NOT_OURS = re.compile(
    r"temp/CMD[0-9a-f]+\.tmp"  # of Wine's own cmd
    r"|Python313/.*__pycache__.*"  # of a Python that keeps what it has read
    r"|dl(/.*)?"  # what these tests put there
)


def newest(server: LiveServer, enrollment: str) -> Any:
    answer = server.ask("GET", f"/api/providers/check-new?enrollment={enrollment}")
    return answer.json()["newProvider"]


def pid(windows: Windows) -> int:
    """The process that shares, as it says itself."""
    done = windows.batch(str(PureWindowsPath(windows.profile, COMMAND)), "status", "--json")
    assert done.code == 0, done.text
    return int(json.loads(done.text)["pid"])


def left(windows: Windows, before: Inventory, kept: list[str]) -> list[str]:
    """What has changed on the drive since `before`, once that is as `kept` says (or too late)."""
    with contextlib.suppress(AssertionError):
        wait_until(lambda: differences(before, files(windows)) == kept)
    return differences(before, files(windows))


def files(windows: Windows) -> Inventory:
    """All on the drive."""
    found = take(windows.drive)
    return {path: entry for path, entry in found.items() if not NOT_OURS.fullmatch(path)}


@record(
    platform="Windows 10 by Wine 8, 64 bits",
    has="python.org's embeddable Python 3.13 on the PATH, and a venv of a few lines",
    account="a profile with blanks, accents and & ( ) !",
    shell="cmd",
    result="online, online again with a newer worker, and away again with --purge",
)
def test_it_goes_online_and_away_again(windows: Windows, live_server: LiveServer) -> None:
    windows.move_in(r"C:\users\account José & (Ünal)!")
    windows.path = (PYTHON,)
    enrollment = live_server.enroll()["enrollment"]
    answer = live_server.ask("GET", f"/api/installer/windows?enrollment={enrollment}")
    script = windows.place(
        rf"{windows.profile}\Downloads\qubix-worker-installer (1).bat", answer.content
    )
    before = files(windows)

    done = windows.batch(script)
    assert done.code == 0, done.text
    assert "This computer is online as " in done.text
    online = newest(live_server, enrollment)
    assert online["isOnline"] is True
    assert (windows.data / "qubix_worker.py").read_bytes() == amalgamate()
    started = windows.registered(RUN_KEY, "QUBIX")
    assert "qubix_worker.py" in started
    assert windows.profile in started

    newer = amalgamate() + b"# A newer one.\n"
    upgrade = windows.place(r"C:\dl\newer.bat", batch_script(live_server.url, None, newer))
    again = windows.batch(upgrade)
    assert again.code == 0, again.text
    assert f"This computer is online as {online['name']}" in again.text
    assert (windows.data / "qubix_worker.py").read_bytes() == newer

    # While it shares, a library gets lost. What runs cannot be replaced there, but moved.
    (environment,) = windows.data.glob("environment-*")
    shutil.rmtree(environment / "Lib/site-packages/requests")
    former = pid(windows)
    mended = windows.batch(upgrade)
    assert mended.code == 0, mended.text
    assert (environment / "Lib/site-packages/requests/__init__.py").exists()
    assert pid(windows) != former
    assert newest(live_server, enrollment)["id"] == online["id"]

    gone = windows.batch(script, "--uninstall", "--purge", "--yes")
    assert gone.code == 0, gone.text
    assert newest(live_server, enrollment) is None
    assert windows.registered(RUN_KEY, "QUBIX") == ""
    assert left(windows, before, []) == []
    content = windows.batch(script, "--uninstall")
    assert (content.code, content.text) == (0, "QUBIX is not on this computer.\n")


@record(
    platform="Windows 10 by Wine 8, 64 bits",
    has="no Python",
    account="a profile with a blank",
    shell="cmd",
    result="got a Python by uv (a stand-in); online, and away again; the settings stayed",
)
def test_without_a_python_it_goes_online_by_one_of_its_own_and_away_again(
    windows: Windows, live_server: LiveServer, publisher: Publisher
) -> None:
    enrollment = live_server.enroll()["enrollment"]
    content = batch_script(live_server.url, enrollment, amalgamate(), publisher.uv)
    script = windows.place(r"C:\dl\qubix-worker-installer.bat", content)
    before = files(windows)
    done = windows.batch(script, UV_INSTALLER_GITHUB_BASE_URL=publisher.url)
    assert done.code == 0, done.text
    assert newest(live_server, enrollment)["isOnline"] is True

    gone = windows.batch(script, "--uninstall", "--yes")
    assert gone.code == 0, gone.text
    assert newest(live_server, enrollment) is None
    qubix = windows.local.relative_to(windows.drive) / "qubix"
    kept = [f"came: {qubix / path}" for path in ("", "config", "config/settings.toml")]
    assert left(windows, before, kept) == kept


def test_ctrl_c_while_the_software_is_prepared_leaves_nothing(windows: Windows) -> None:
    """(Wine's cmd is gone at once, which is what a "yes" to Windows' question does there.)"""
    windows.path = (PYTHON,)
    content = batch_script("http://127.0.0.1:9", None, amalgamate())
    script = windows.place(r"C:\dl\qubix-worker-installer.bat", content)
    before = files(windows)
    done = stopped_at(windows, script, "Preparing the software")
    assert "Stopped" in done.text
    assert left(windows, before, []) == []
