"""What setup writes in cmd's language on Windows: the short command, and the entry for signing in
of an installation with a home of its own. Both find that, whatever the window has set."""

from __future__ import annotations

import json

import pytest

from tests.conftest import wait_until
from tests.installers.windows.machine import PYTHON, ROOT, Windows

NAMES = ["a & b (c)", "e ! f ^ g", "José, ünter; = d"]
WRITER = rf"""
import sys
from pathlib import Path
sys.dont_write_bytecode = True
sys.path.insert(0, r"Z:{ROOT}\worker")
from qubix_worker.system.windows import Windows
home = Path(sys.argv[1])
environment = Path(sys.argv[2], "environment-1")
command = environment.with_name(Windows.shim_name)
command.parent.mkdir(parents=True, exist_ok=True)
command.write_bytes(Windows().shim(environment, home if sys.argv[3] == "own" else None))
entry = Windows().autostart(home)
entry.path.parent.mkdir(parents=True, exist_ok=True)
entry.add([str(environment / "Scripts" / "python.exe"), "an argument & more"])
"""
TELLER = """
import json, os, sys
told = json.dumps([os.environ.get("QUBIX_HOME"), sys.argv[1:]])
print(told)
if "TOLD" in os.environ:
    with open(os.environ["TOLD"], "w") as file:
        print(told, file=file)
sys.exit(3)
"""


def written(windows: Windows, home: str, beside: str, whose: str = "own") -> None:
    """The two files, and a Python in the environment that tells what it was run with."""
    writer = windows.place(r"C:\dl\writer.py", WRITER.encode())
    program = windows.place(r"C:\dl\python.exe", b"")
    windows.program(program, TELLER)
    windows.place(rf"{beside}\environment-1\Scripts\python.exe", windows.at(program).read_bytes())
    done = windows.run(rf"{PYTHON}\python.exe", writer, home, beside, whose)
    assert done.code == 0, done.text


@pytest.mark.parametrize("name", NAMES)
def test_the_short_command_finds_its_installation(windows: Windows, name: str) -> None:
    home = rf"C:\dl\home {name}"
    written(windows, home, rf"{home}\data")
    done = windows.batch(
        rf"{home}\data\qubix-worker.cmd", "status", "x & y", QUBIX_HOME=r"C:\another"
    )
    assert done.code == 3, done.text
    assert json.loads(done.text)[0] == home
    assert json.loads(done.text)[1] == [rf"{home}\data\qubix_worker.py", "status", "x & y"]


def test_so_does_one_that_lies_elsewhere(windows: Windows) -> None:
    written(windows, r"C:\dl\José's & home", r"C:\dl\Downloads")
    done = windows.batch(r"C:\dl\Downloads\qubix-worker.cmd", "status")
    assert json.loads(done.text)[0] == r"C:\dl\José's & home"


def test_without_its_python_it_says_what_mends_it(windows: Windows) -> None:
    written(windows, r"C:\dl\home", r"C:\dl\home\data")
    windows.at(r"C:\dl\home\data\environment-1\Scripts\python.exe").unlink()
    done = windows.batch(r"C:\dl\home\data\qubix-worker.cmd", "status")
    assert done.code == 1
    assert done.text.startswith("qubix-worker: A part of what QUBIX needs on this computer is ")
    assert done.text.endswith("missing: its Python. Run the installer again, which mends that.\n")


def test_what_it_sets_ends_with_it(windows: Windows) -> None:
    written(windows, r"C:\dl\home", r"C:\dl\home\data")
    lines = ('@set "QUBIX_HOME="', r"@call C:\dl\home\data\qubix-worker", "@echo [%QUBIX_HOME%]")
    by = windows.place(r"C:\dl\window.bat", "\r\n".join(lines).encode())
    done = windows.batch(by)
    told, left = done.text.splitlines()
    assert json.loads(told)[0] == r"C:\dl\home"
    assert left == "[]"


def test_one_of_the_account_s_own_folders_sets_none(windows: Windows) -> None:
    beside = rf"{windows.profile}\AppData\Local\qubix\data"
    written(windows, r"C:\dl\home", beside, "the account's")
    done = windows.batch(rf"{beside}\qubix-worker.cmd")
    assert json.loads(done.text)[0] is None


def test_the_entry_for_signing_in_finds_its_installation(windows: Windows) -> None:
    home = r"C:\dl\José (home) & more"
    written(windows, home, rf"{home}\data")
    windows.batch(rf"{home}\config\autostart.cmd", TOLD=r"C:\dl\told")  # which waits for nothing
    told = windows.at(r"C:\dl\told")
    wait_until(lambda: told.exists() and told.read_text().endswith("\n"))
    assert json.loads(told.read_text()) == [home, ["an argument & more"]]
