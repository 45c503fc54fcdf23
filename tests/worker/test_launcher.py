"""How the worker is started again, and on Windows with no console window at each sign-in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qubix_worker import amalgamation, system
from qubix_worker.launcher import (
    shown_path,
    sign_in_command,
    sign_in_needs,
    without_console,
    worker_command,
)

WITHOUT_WINDOWS = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "PySide6" else real(name)
from qubix_worker.launcher import sign_in_command, worker_command
print(sign_in_command() == [*worker_command(), "run"])
"""


@pytest.mark.parametrize(
    ("program", "beside", "expected"),
    [
        ("python.exe", "pythonw.exe", ["pythonw.exe", "worker.py", "run"]),
        ("python.exe", "other.exe", ["python.exe", "worker.py", "run"]),
        ("qubix-worker.exe", "qubix.exe", ["qubix.exe", "--background"]),
        ("qubix-worker.exe", "other.exe", ["qubix-worker.exe", "worker.py", "run"]),
        ("pypy.exe", "pythonw.exe", ["pypy.exe", "worker.py", "run"]),
    ],
)
def test_a_program_without_a_console_takes_its_place_where_there_is_one(
    tmp_path: Path, program: str, beside: str, expected: list[str]
) -> None:
    (tmp_path / beside).touch()
    command = without_console([str(tmp_path / program), "worker.py", "run"])
    assert [Path(command[0]).name, *command[1:]] == expected
    assert Path(command[0]).parent == tmp_path


def test_elsewhere_the_application_is_started_where_it_is_installed() -> None:
    """The one file knows of no application: it starts itself."""
    application = [sys.executable, "-m", "qubix_desktop", "--background"]
    as_one_file = amalgamation.running_from()
    assert sign_in_command() == ([*worker_command(), "run"] if as_one_file else application)
    assert sign_in_needs().exists()


def test_else_it_is_the_worker_itself() -> None:
    """Where PySide6 is missing, as in an installation of the worker alone."""
    said = subprocess.run(
        [sys.executable, "-c", WITHOUT_WINDOWS], capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == "True"


def test_what_is_to_be_typed_runs_from_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name alone is looked for on the PATH, where it is not."""
    beside, below = tmp_path / "qubix-worker", tmp_path / "Down loads" / "qubix-worker"
    below.parent.mkdir()
    for program in (beside, below):
        program.write_text("#!/bin/sh\necho found\n")
        program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    for program in (beside, below):
        typed = system.current().typed([shown_path(program)], None)
        assert not typed.startswith("/")
        done = subprocess.run(["sh", "-c", typed], capture_output=True, text=True, check=True)
        assert done.stdout == "found\n"
