"""installer.sh finds a Python: whatever it is called and wherever it is, if it is fit."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from qubix_server.installers.scripts import shell_script

NAME = "qubix-worker-installer.sh"


FIT = os.path.realpath(shutil.which("python3", path=os.defpath) or "")
WRAPPER = f'exec "{FIT}" "$@"'
"""A fit Python under another name: not a link, since that would tell it another prefix."""


@pytest.fixture
def script(machine, recorder: bytes) -> str:
    """The script, on a machine without a Python."""
    (machine.tools / "python3").unlink()
    path = machine.home / NAME
    path.write_bytes(shell_script("https://compute.example.org", "token", recorder))
    return str(path)


def used(done) -> str:
    """The Python that a dry run names."""
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("Would run "))
    return line.removeprefix("Would run ").partition(" /")[0]


@pytest.mark.parametrize("name", ["python3.14", "python3.11", "python3", "python"])
def test_by_any_of_its_names(name: str, shell: list[str], machine, script: str) -> None:
    there = machine.tool(name, WRAPPER)
    assert used(machine.run([*shell, script, "--dry-run"])) == str(there)


@pytest.mark.parametrize(
    "place",
    [
        "miniconda3/bin/python3",
        "anaconda3/bin/python3",
        "miniforge3/bin/python3",
        ".pyenv/versions/3.12.1/bin/python3",
        ".local/share/uv/python/cpython-3.13.0-linux-x86_64-gnu/bin/python3",
        ".local/share/qubix/python/cpython-3.13-linux-x86_64-gnu/bin/python3",
    ],
)
def test_where_others_keep_theirs(place: str, shell: list[str], machine, script: str) -> None:
    there = machine.tool(machine.home / place, WRAPPER)
    # As these have them: a shim on the PATH whose Python is not chosen, and versions too old.
    machine.tool("python3", "exit 127")
    machine.tool(machine.home / ".pyenv/versions/3.8.18/bin/python3", "exit 1")
    done = machine.run([*shell, script, "--dry-run"])
    assert used(done) == str(there), done.stdout


@pytest.mark.parametrize(
    ("variable", "rest"),
    [("CONDA_PREFIX", "bin/python3"), ("PYENV_ROOT", "versions/3.13.0/bin/python3")],
)
def test_where_the_environment_says(
    variable: str, rest: str, machine, script: str, tmp_path: Path
) -> None:
    there = machine.tool(tmp_path / "elsewhere, far" / rest, WRAPPER)
    where = {variable: str(tmp_path / "elsewhere, far")}
    assert used(machine.run(["sh", script, "--dry-run"], **where)) == str(there)


def test_pythons_that_are_too_old_or_broken_are_passed_over(
    machine, script: str, other_pythons: dict[str, Path]
) -> None:
    old = next((by for name, by in other_pythons.items() if name.startswith("3.9.")), None)
    if old is None:
        pytest.skip("no Python 3.9 is on this machine (by pyenv)")
    (machine.tools / "python3").symlink_to(old)
    machine.tool("python3.12", "exit 127")
    there = machine.tool("python", WRAPPER)
    assert used(machine.run(["sh", script, "--dry-run"])) == str(there)


@pytest.mark.parametrize("part", ["ensurepip", "venv", "ssl", "zlib", "ctypes"])
def test_one_that_lacks_a_part_is_passed_over(part: str, machine, script: str) -> None:
    """Debian's without python3-venv, or one that somebody has built without a library."""
    lacking = f"import sys; sys.modules['{part}'] = None; "
    machine.tool(
        "python3.13",
        f'[ "$1 $2" = "-IB -c" ] || exit 9\nexec "{FIT}" -IB -c "{lacking}$3"',
    )
    there = machine.tool("python", WRAPPER)
    assert used(machine.run(["sh", script, "--dry-run"])) == str(there)


def test_the_one_that_lacks_a_part_would_be_taken_if_it_had_it(machine, script: str) -> None:
    machine.tool("python3.13", f'exec "{FIT}" -IB -c "import sys; $3"')
    assert used(machine.run(["sh", script, "--dry-run"])) == str(machine.tools / "python3.13")


def test_settings_for_another_python_do_not_disturb_it(
    shell: list[str], machine, script: str, tmp_path: Path
) -> None:
    machine.tool("python3", WRAPPER)
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')\n")
    done = machine.run([*shell, script], PYTHONPATH=str(tmp_path), PYTHONHOME="/nowhere")
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.record is not None


@pytest.mark.provokes("no_downloader", "no_python")
def test_without_any_it_says_why_and_what_to_do(shell: list[str], machine, script: str) -> None:
    done = machine.run([*shell, script])
    assert done.returncode == 1
    assert "there is no curl, no wget and no Python" in done.stderr
    assert "no Python 3.11 or newer" in done.stderr
    assert done.stderr.endswith("\n  https://www.python.org/downloads/\n")
    assert machine.files() == [NAME]
