"""The whole path on Windows: the .bat that a real server hands out, by cmd and its own Python."""

from __future__ import annotations

from typing import Any

from qubix_worker.amalgamation import amalgamate
from tests.conftest import LiveServer
from tests.installers.platforms import record
from tests.installers.windows.machine import PYTHON, Windows

RUN_KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"


def newest(server: LiveServer, enrollment: str) -> Any:
    answer = server.ask("GET", f"/api/providers/check-new?enrollment={enrollment}")
    return answer.json()["newProvider"]


@record(
    platform="Windows 10 by Wine 8, 64 bits",
    has="python.org's embeddable Python 3.13 on the PATH, and a venv of a few lines",
    account="a profile with blanks, accents and & ( ) !",
    shell="cmd",
    result="online, and away again",
)
def test_it_goes_online_and_away_again(windows: Windows, live_server: LiveServer) -> None:
    windows.move_in(r"C:\users\account José & (Ünal)!")
    windows.path = (PYTHON,)
    enrollment = live_server.enroll()["enrollment"]
    answer = live_server.ask("GET", f"/api/installer/windows?enrollment={enrollment}")
    script = windows.place(
        rf"{windows.profile}\Downloads\qubix-worker-installer (1).bat", answer.content
    )

    done = windows.batch(script)
    assert done.code == 0, done.text
    assert "This computer is online as " in done.text
    assert newest(live_server, enrollment)["isOnline"] is True
    assert (windows.data / "qubix_worker.py").read_bytes() == amalgamate()
    started = windows.registered(RUN_KEY, "QUBIX")
    assert "qubix_worker.py" in started
    assert windows.profile in started

    gone = windows.batch(script, "--uninstall", "--yes")
    assert gone.code == 0, gone.text
    assert newest(live_server, enrollment) is None
    assert windows.registered(RUN_KEY, "QUBIX") == ""
    assert not windows.data.exists()
    kept = windows.local / "qubix" / "config" / "settings.toml"
    assert [path for path in (windows.local / "qubix").rglob("*") if path.is_file()] == [kept]

    foretold = windows.batch(script, "--uninstall", "--purge", "--dry-run")
    assert "Would remove the settings." in foretold.text
    assert kept.exists()
    for _ in range(2):
        purged = windows.batch(script, "--uninstall", "--purge", "--yes")
        assert (purged.code, purged.text) == (0, "QUBIX is not on this computer.\n")
        assert not (windows.local / "qubix").exists()
