"""installer.bat in windows that are set in one way or another, and with names of every kind."""

from __future__ import annotations

import pytest

from qubix_server.installers.scripts import batch_script
from tests.installers.windows.console import at_console
from tests.installers.windows.machine import PYTHON, SHARE, Windows
from tests.installers.windows.test_options import RECORDER, REFUSED

CONTENT = batch_script("http://h", None, RECORDER)
NAMES = ["a & b", "(c) d", "e ! f", "José ü", "g ^ h", "i ; , = j"]


@pytest.mark.parametrize("name", NAMES)
def test_each_character_may_stand_in_the_path(windows: Windows, name: str) -> None:
    windows.path = (PYTHON,)
    script = windows.place(rf"C:\dl\{name}\installer {name}.bat", CONTENT)
    done = windows.batch(script, QUBIX_HOME=rf"C:\dl\home {name}")
    assert done.code == 0, done.text
    assert windows.at(rf"C:\dl\home {name}\data\qubix_worker.py").read_bytes() == RECORDER


@pytest.mark.parametrize("page", ["65001", "437"])
def test_in_a_window_with_another_code_page_and_delayed_expansion_on(
    windows: Windows, page: str
) -> None:
    """/V:ON is what the registry's DelayedExpansion does, which this Wine does not read. With it,
    cmd itself finds no script whose path has an exclamation mark: all others have one here."""
    windows.move_in(r"C:\users\account José & (Ünal)! ^")
    windows.path = (windows.link(PYTHON, r"C:\dl\Python! (é) & ^"),)
    script = windows.place(r"C:\dl\é & (1) ^\installer é & (1) ^.bat", CONTENT)
    by = windows.place(
        r"C:\dl\by.bat", b'@chcp %PAGE%>nul\r\n@chcp\r\n@echo [!PAGE!]\r\n@"%SCRIPT%"\r\n'
    )
    done = at_console(windows, "cmd", "/v:on", "/c", by, PAGE=page, SCRIPT=script)
    assert done.code == 0, done.text
    assert f"page: {page}\n[{page}]\n" in done.text
    assert (windows.data / "qubix_worker.py").read_bytes() == RECORDER


def test_from_a_network_s_folder_into_another(windows: Windows) -> None:
    windows.path = (PYTHON,)
    script = windows.place(rf"{SHARE}\our tools & (more)\installer (1).bat", CONTENT)
    done = windows.batch(script, QUBIX_HOME=rf"{SHARE}\homes\José")
    assert done.code == 0, done.text
    assert windows.at(rf"{SHARE}\homes\José\data\qubix_worker.py").read_bytes() == RECORDER


def test_the_window_stays_open_with_the_reason(windows: Windows) -> None:
    script = windows.place(r"C:\dl\installer.bat", CONTENT)
    command = ("cmd", "/c", script, "--no-such")
    done = at_console(windows, *command, typed=[("Press", b" ")], QUBIX_NO_PAUSE="")
    assert done.code == 2
    assert REFUSED in done.text
    assert "Press" in done.text
