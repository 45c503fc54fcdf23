"""installer.sh and the system's package manager: never without leave, and never sudo unasked."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from qubix_server.installers.scripts import shell_script
from tests.conftest import wait_until
from tests.installers.conftest import Machine
from tests.terminal import Terminal

NAME = "qubix-worker-installer.sh"
FIT = os.path.realpath(shutil.which("python3", path=os.defpath) or "")
APT = "apt-get -q update; apt-get -qy satisfy 'python3-venv (>= 3.11) | python3.11-venv'"
QUESTION = "Run it? [y/N] "


@pytest.fixture
def script(machine: Machine, recorder: bytes) -> str:
    """The script, on a machine without a Python, and nothing that could fetch one."""
    (machine.tools / "python3").unlink()
    (machine.tools / "chmod").symlink_to(shutil.which("chmod") or "")
    path = machine.home / NAME
    path.write_bytes(shell_script("https://compute.example.org", "token", recorder))
    return str(path)


def manager(machine: Machine, name: str, *, brings: bool = True) -> None:
    """A package manager that writes down how it was run, and puts a Python on the PATH."""
    install = f"""printf '#!/bin/sh\\nexec "{FIT}" "$@"\\n' >"{machine.tools}/python3"
chmod 755 "{machine.tools}/python3"
"""
    machine.tool(name, f'echo "{name} $*" >>"$RECORD.ran"\n{install if brings else "exit 100"}')


def account(machine: Machine, number: int, *, sudo: bool = True) -> None:
    machine.tool("id", f"echo {number}")
    if sudo:
        machine.tool("sudo", 'echo "sudo $*" >>"$RECORD.ran"\nexec "$@"')


def ran(machine: Machine) -> list[str]:
    path = Path(machine.environment["RECORD"] + ".ran")
    return path.read_text().splitlines() if path.exists() else []


def at_a_terminal(machine: Machine, shell: list[str], script: str, answer: bytes) -> Terminal:
    """Runs it as a person does, whose terminal says `answer` once it is asked."""
    setsid = shutil.which("setsid") or ""
    command = [setsid, "--ctty", "--wait", *shell, script]
    terminal = Terminal(command, machine.environment)
    terminal.press(answer)
    terminal.ended()
    return terminal


def test_root_is_told_and_not_asked(shell: list[str], machine: Machine, script: str) -> None:
    account(machine, 0)
    manager(machine, "apt-get")
    done = machine.run([*shell, script])
    assert done.returncode == 0, done.stderr
    assert f"Running {APT}\n" in done.stderr
    assert ran(machine) == [
        "apt-get -q update",
        "apt-get -qy satisfy python3-venv (>= 3.11) | python3.11-venv",
    ]
    assert machine.record["argv"][1] == "setup"


@pytest.mark.parametrize("answer", [b"y\n", b"Yes\n"])
def test_a_person_is_asked_and_sudo_used_after_a_yes(
    answer: bytes, shell: list[str], machine: Machine, script: str
) -> None:
    account(machine, 1000)
    manager(machine, "apt-get")
    with at_a_terminal(machine, shell, script, answer) as terminal:
        assert terminal.process.returncode == 0, terminal.text
    assert f'sudo sh -c "{APT}"' in terminal.text
    assert QUESTION in terminal.text
    assert ran(machine)[0] == f"sudo sh -c {APT}"
    assert machine.record["argv"][1] == "setup"


@pytest.mark.parametrize("answer", [b"\n", b"n\n", b"\x04", b"what?\n"])
def test_without_a_yes_nothing_is_run(
    answer: bytes, shell: list[str], machine: Machine, script: str
) -> None:
    account(machine, 1000)
    manager(machine, "apt-get")
    with at_a_terminal(machine, shell, script, answer) as terminal:
        assert terminal.process.returncode == 1, terminal.text
    assert terminal.text.rstrip().endswith(f'sudo sh -c "{APT}"')
    assert ran(machine) == []
    assert machine.files() == [NAME]


def test_ctrl_c_at_the_question_stops_it(shell: list[str], machine: Machine, script: str) -> None:
    account(machine, 1000)
    manager(machine, "apt-get")
    setsid = shutil.which("setsid") or ""
    with Terminal([setsid, "--ctty", "--wait", *shell, script], machine.environment) as terminal:
        wait_until(lambda: QUESTION in terminal.text)
        terminal.press(b"\x03")
        assert terminal.ended() == 130
    assert "Stopped before the end." in terminal.text
    assert ran(machine) == []
    assert machine.files() == [NAME]


@pytest.mark.parametrize("sudo", [True, False])
def test_without_a_terminal_it_only_shows_the_command(
    sudo: bool, shell: list[str], machine: Machine, script: str
) -> None:
    account(machine, 1000, sudo=sudo)
    manager(machine, "apt-get")
    setsid = shutil.which("setsid") or ""  # away from the terminal that these tests may run in
    done = machine.run([setsid, "--wait", *shell, script], piped=b"y\ny\n")
    assert done.returncode == 1
    assert done.stderr.endswith(f'\n  sudo sh -c "{APT}"\n')
    assert ran(machine) == []
    assert machine.files() == [NAME]


def test_without_sudo_nobody_is_asked(machine: Machine, script: str) -> None:
    account(machine, 1000, sudo=False)
    manager(machine, "apt-get")
    with at_a_terminal(machine, ["/bin/sh"], script, b"y\n") as terminal:
        assert terminal.process.returncode == 1
    assert QUESTION not in terminal.text
    assert ran(machine) == []


def test_homebrew_is_asked_for_without_sudo(machine: Machine, script: str) -> None:
    account(machine, 501)
    manager(machine, "brew")
    with at_a_terminal(machine, ["/bin/sh"], script, b"y\n") as terminal:
        assert terminal.process.returncode == 0, terminal.text
    assert ran(machine) == ["brew install python"]


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("dnf", ["dnf -y install python3.12"]),
        ("yum", ["yum -y install python3.12"]),
        ("zypper", ["zypper -n install python313"]),
        ("pacman", ["pacman -S --noconfirm python"]),
        ("apk", ["apk add python3"]),
    ],
)
def test_the_other_package_managers(
    name: str, commands: list[str], machine: Machine, script: str
) -> None:
    account(machine, 0)
    manager(machine, name)
    assert machine.run(["sh", script]).returncode == 0
    assert ran(machine) == commands


@pytest.mark.parametrize(
    ("name", "last"),
    [("zypper", "zypper -n install python311"), ("pacman", "pacman -Sy --noconfirm python")],
)
def test_a_second_name_is_tried_where_the_first_is_not_known(
    name: str, last: str, machine: Machine, script: str
) -> None:
    account(machine, 0)
    manager(machine, name, brings=False)
    done = machine.run(["sh", script])
    assert ran(machine)[1:] == [last]
    assert done.returncode == 1
    assert "no Python 3.11 or newer" in done.stderr
    assert machine.files() == [NAME]


def test_a_package_manager_that_brings_none_ends_in_words(machine: Machine, script: str) -> None:
    account(machine, 0)
    manager(machine, "apt-get", brings=False)
    done = machine.run(["sh", script])
    assert done.returncode == 1
    assert done.stderr.endswith(f"\n  {APT}\n")
    assert machine.files() == [NAME]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only Debian has apt-get")
@pytest.mark.parametrize(("version", "there_is"), [("3.11", True), ("9.9", False)])
def test_apt_understands_what_it_is_asked_for(version: str, there_is: bool) -> None:
    """What it would do (-s does nothing): and that it does nothing for a version there is not."""
    wanted = f"python3-venv (>= {version}) | python{version}-venv"
    command = ["apt-get", "-qys", "satisfy", wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if there_is and "installable" in done.stdout + done.stderr:
        pytest.skip("this Debian has no list of packages, or is older")
    assert (done.returncode == 0) is there_is, done.stderr
