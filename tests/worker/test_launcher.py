"""How the worker is started again, and on Windows with no console window at each sign-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from qubix_worker.launcher import sign_in_command, without_console, worker_command


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


def test_elsewhere_the_worker_itself_is_started_at_sign_in() -> None:
    assert sign_in_command() == [*worker_command(), "run"]
