"""Ctrl+C while installer.sh is at work: it stops, takes back what it has begun, and says so."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from qubix_server.installers.scripts import shell_script
from tests.conftest import wait_until
from tests.installers.conftest import Machine
from tests.installers.publisher import archive, publishing

NAME = "qubix-worker-installer.sh"
FIT = os.path.realpath(shutil.which("python3", path=os.defpath) or "")
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
HANGS = ': >"$RECORD.reached"\nexec sleep 60'
SAYS = "qubix: Stopped before the end. What was begun has been taken back; "
# A worker that waits for Ctrl+C as setup does: it takes back its own part, and says so by 130.
WAITS = b"""\
import os, pathlib, signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
signal.signal(signal.SIGHUP, lambda *_: sys.exit(130))
folder = pathlib.Path(__file__).parent / "environment-0123"
folder.mkdir(exist_ok=True)
(folder.parent / "qubix-worker").write_text("the short command")
pathlib.Path(os.environ["RECORD"] + ".reached").touch()
signal.pause()
"""


def write(machine: Machine, content: bytes) -> str:
    path = machine.home / NAME
    path.write_bytes(content)
    return str(path)


def stop(
    machine: Machine, command: list[str], number: int, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs `command` until it has reached the place, and sends all of it `number`, as a terminal
    does at Ctrl+C."""
    reached = Path(machine.environment["RECORD"] + ".reached")
    process = subprocess.Popen(
        command,
        env={**machine.environment, **environment},
        cwd=machine.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: reached.exists() or process.poll() is not None)
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=30)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


DOWNLOADS = 'while [ "$1" != -o ]; do shift; done\necho part >"$2"\n' + HANGS
# A Python that has begun to write.
PLACES = 'mkdir -p "$5"\n: >"$5/qubix_worker.77.part"\n' + HANGS
WORKS: dict[str, dict[str, str | None]] = {
    "it downloads": {"python3": None, "curl": DOWNLOADS},
    "uv gets a Python": {
        "python3": None,
        "uv": 'mkdir -p "$UV_PYTHON_INSTALL_DIR/.temp" "$UV_CACHE_DIR"\n' + HANGS,
    },
    "the package manager works": {"python3": None, "id": "echo 0", "apk": HANGS},
    "it looks for a Python": {"python3": HANGS},
    "it puts the worker in place": {
        "python3": f'case $3 in *fsync*) {PLACES} ;; esac\nexec "{FIT}" "$@"',
    },
}
"""What it is at, and the tools that it finds then. None: there is none."""


@pytest.mark.provokes("stopped")
@pytest.mark.parametrize(
    ("work", "number"),
    [
        *(("it downloads", number) for number in SIGNALS),
        *((work, signal.SIGINT) for work in WORKS if work != "it downloads"),
    ],
)
def test_what_was_begun_is_taken_back_while(
    work: str, number: int, shell: list[str], machine: Machine, recorder: bytes
) -> None:
    for name, does in WORKS[work].items():
        if does is None:
            (machine.tools / name).unlink()
        else:
            machine.tool(name, does)
    script = write(machine, shell_script("https://compute.example.org", "token", recorder))
    done = stop(machine, [*shell, script], number)
    assert done.returncode == 130
    assert SAYS in done.stderr
    assert machine.files() == [NAME]


@pytest.mark.parametrize("number", SIGNALS)
def test_while_setup_works_what_was_put_there_goes_again(
    number: int, shell: list[str], machine: Machine
) -> None:
    script = write(machine, shell_script("https://compute.example.org", "token", WAITS))
    done = stop(machine, [*shell, script], number)
    assert (done.returncode, done.stderr) == (130, "")  # setup has said it
    assert machine.files() == [NAME]


def test_what_was_there_before_stays(shell: list[str], machine: Machine) -> None:
    script = write(machine, shell_script("https://compute.example.org", "token", WAITS))
    ours = machine.home / ".local/share/qubix"
    (ours / "python").mkdir(parents=True)
    (ours / "modules").mkdir()
    (ours / "qubix_worker.py").write_text("an older one")
    assert stop(machine, [*shell, script], signal.SIGINT).returncode == 130
    assert (ours / "qubix_worker.py").read_bytes() == WAITS
    assert (ours / "environment-0123").exists()
    assert (ours / "python").exists()


def test_what_is_anothers_stays(shell: list[str], machine: Machine) -> None:
    """The application keeps its things in the same folder, and needs no script."""
    script = write(machine, shell_script("https://compute.example.org", "token", WAITS))
    ours = machine.home / ".local/share/qubix"
    (ours / "modules").mkdir(parents=True)
    assert stop(machine, [*shell, script], signal.SIGINT).returncode == 130
    assert [path.name for path in ours.iterdir()] == ["modules"]


def test_a_setup_that_failed_keeps_what_a_second_try_can_use(
    machine: Machine, recorder: bytes
) -> None:
    script = write(machine, shell_script("https://compute.example.org", "token", recorder))
    assert machine.run(["sh", script], WORKER_EXIT="1").returncode == 1
    assert (machine.home / ".local/share/qubix/qubix_worker.py").exists()


@pytest.mark.provokes("other_setup")
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_second_run_beside_it_leaves_it_alone(
    options: list[str], shell: list[str], machine: Machine, recorder: bytes
) -> None:
    (machine.tools / "python3").unlink()
    machine.tool("curl", 'while [ "$1" != -o ]; do shift; done\necho part >"$2"\n' + HANGS)
    script = write(machine, shell_script("https://compute.example.org", "token", recorder))
    first = subprocess.Popen(
        [*shell, script], env=machine.environment, cwd=machine.home, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    reached = Path(machine.environment["RECORD"] + ".reached")
    wait_until(lambda: reached.exists() or first.poll() is not None)
    there = machine.files()
    second = machine.run([*shell, script, *options])
    assert second.returncode == 1
    assert "qubix: Another setup of QUBIX is under way on this computer. Wait " in second.stderr
    assert machine.files() == there
    os.killpg(first.pid, signal.SIGINT)
    assert "Stopped before the end." in first.communicate(timeout=30)[1]
    assert machine.files() == [NAME]


def test_the_next_run_goes_on_after_a_kill(machine: Machine, recorder: bytes) -> None:
    """When it is killed nothing is taken back: that must not disturb the next run."""
    (machine.tools / "python3").unlink()
    machine.tool("curl", DOWNLOADS)
    uv = f"""#!/bin/sh
mkdir -p "$UV_PYTHON_INSTALL_DIR/cpython-3.13-here/bin"
ln -s "{FIT}" "$UV_PYTHON_INSTALL_DIR/cpython-3.13-here/bin/python3"
"""
    (machine.tools / "ln").symlink_to(shutil.which("ln") or "")
    with publishing(archive(uv.encode())) as publisher:
        content = shell_script("https://compute.example.org", "token", recorder, publisher.uv)
        script = write(machine, content)
        assert stop(machine, ["sh", script], signal.SIGKILL).returncode == -signal.SIGKILL
        assert (machine.home / ".local/share/qubix/uv/uv.tar.gz").exists()
        (machine.tools / "curl").unlink()
        (machine.tools / "curl").symlink_to(shutil.which("curl") or "")
        done = machine.run(["sh", script], UV_INSTALLER_GITHUB_BASE_URL=publisher.url)
    assert done.returncode == 0, done.stderr
    assert machine.record["argv"][1] == "setup"
    assert not (machine.home / ".local/share/qubix/uv").exists()
