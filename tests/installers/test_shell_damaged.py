"""installer.sh that has not come whole: cut short it runs nothing, changed it is refused."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from qubix_server.installers.scripts import shell_script
from qubix_worker.amalgamation import amalgamate
from tests.installers.conftest import TOOLS, Machine

BACKEND = "https://compute.example.org"
NAME = "qubix-worker-installer.sh"
EVERY_BYTE = 4096
SHELLS = ["dash", "bash", "busybox sh", "mksh", "zsh"]
DAMAGED = "qubix: The worker in this file is damaged. Download the file again, then run it.\n"


class Watched:
    """A machine on which every command writes down that it was started."""

    def __init__(self, machine: Machine, shell: str) -> None:
        name, *options = shell.split()
        program = shutil.which(name)
        if program is None:
            pytest.skip(f"{name} is not on this machine")
        interpreter = " ".join([program, *options])
        for command in {*TOOLS, "python3", "python", "curl", "wget", "uv", "sudo", "apt-get"}:
            tool = machine.tool(command, "")
            tool.write_text(f"#!{interpreter}\n: >>started\n")
        self._shell = [program, *options]
        self._home = machine.home
        self._environment = machine.environment
        self._file = machine.home / NAME

    def place(self, content: bytes) -> None:
        self._file.write_bytes(content)

    def cut(self, length: int) -> None:
        os.truncate(self._file, length)

    def ran(self, *, by_pipe: bool = False) -> str:
        """What it was seen to do: words, or a file that was written. Empty where it was nothing."""
        script = [] if by_pipe else [str(self._file)]
        with self._file.open("rb") if by_pipe else Path(os.devnull).open("rb") as stdin:
            done = subprocess.run(
                [*self._shell, *script],
                env=self._environment,
                cwd=self._home,
                stdin=stdin,
                capture_output=True,
                check=False,
            )
        written = sorted(set(os.listdir(self._home)) - {NAME})  # noqa: PTH208 - thousands of times
        for name in written:
            path = self._home / name
            path.unlink() if path.is_file() else shutil.rmtree(path)
        said = done.stdout.decode(errors="replace")
        # zsh quotes the script where it complains, so only a line of its own counts.
        complained = "qubix:" if b"\nqubix:" in b"\n" + done.stderr else ""
        return said + complained + " ".join(written)


@pytest.fixture(params=SHELLS)
def watched(request: pytest.FixtureRequest, machine: Machine) -> Watched:
    return Watched(machine, request.param)


def whole() -> bytes:
    return shell_script(BACKEND, "token", amalgamate())


def code_ends(content: bytes) -> list[int]:
    """Where each line of code ends: there a cut is likeliest not to be noticed."""
    start = content.index(b'main "$@" 3<<')
    return [at + 1 for at in range(start + 60) if content[at : at + 1] == b"\n"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_cut_short_at_any_byte_it_runs_nothing(watched: Watched) -> None:
    content = whole()
    last = len(content) - 2  # without its last newline it is whole, too
    places = random.Random(4).sample(range(EVERY_BYTE, last), 2000)
    end = content.rindex(b"END_OF_THE")
    tail = [*range(end - 2, last + 1)]
    watched.place(content)
    for length in sorted({*range(EVERY_BYTE), *places, *code_ends(content), *tail}, reverse=True):
        watched.cut(length)
        assert watched.ran() == "", length


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_cut_short_on_its_way_through_a_pipe_it_runs_nothing(watched: Watched) -> None:
    """As `curl ... | sh`, which a shell reads and runs bit by bit."""
    content = whole()
    places = random.Random(5).sample(range(EVERY_BYTE), 400)
    later = random.Random(6).sample(range(EVERY_BYTE, len(content) - 2), 100)
    watched.place(content)
    for length in sorted({*places, *later, *code_ends(content), len(content) - 2}, reverse=True):
        watched.cut(length)
        assert watched.ran(by_pipe=True) == "", length


@pytest.mark.parametrize("by_pipe", [False, True])
def test_what_it_runs_when_it_is_whole_would_be_seen(watched: Watched, by_pipe: bool) -> None:
    watched.place(whole())
    assert "started" in watched.ran(by_pipe=by_pipe)


@pytest.mark.parametrize("by_pipe", [False, True])
def test_without_its_braces_a_cut_would_be_seen(watched: Watched, by_pipe: bool) -> None:
    """So that the tests above can fail: the same script, as scripts are usually written."""
    content = whole().replace(b"\n{\n#", b"\n#", 1)
    watched.place(content)
    seen = []
    for length in (len(content) - 2, len(content) // 2, content.index(b'main "$@" 3<<') + 60):
        watched.cut(length)
        seen.append(watched.ran(by_pipe=by_pipe))
    assert any("started" in what for what in seen)


@pytest.mark.parametrize("command", [b"uname", b"echo x", b": >written", b"python3", b"err no"])
def test_any_command_that_comes_before_the_end_would_be_seen(
    watched: Watched, command: bytes
) -> None:
    content = whole()
    watched.place(content.replace(b"\n{\n#", b"\n" + command + b"\n{\n#", 1))
    watched.cut(EVERY_BYTE)
    seen = watched.ran()
    assert (seen != "") is (command != b"err no")


@pytest.mark.slow
@pytest.mark.parametrize("new", [b"\0", b"\n", b"'", b"x"])
def test_a_changed_byte_anywhere_in_a_small_worker_is_refused(new: bytes, machine) -> None:
    worker = b"import os\nprint('a worker', os)\n"
    content = shell_script(BACKEND, "token", worker)
    start = content.rindex(worker)
    path = machine.home / NAME
    for at in range(start, start + len(worker) - 1):
        if content[at : at + 1] == new:
            continue
        path.write_bytes(content[:at] + new + content[at + 1 :])
        done = machine.run(["sh", str(path)])
        assert (done.returncode, done.stdout) == (1, ""), at
        assert done.stderr.endswith(DAMAGED)
        assert machine.files() == [NAME]


@pytest.mark.provokes("damaged")
def test_a_changed_byte_in_the_whole_worker_is_refused(shell: list[str], machine) -> None:
    content = whole()
    start = content.index(b"END_OF_THE") + 30
    path = machine.home / NAME
    for at in random.Random(7).sample(range(start, content.rindex(b"END_OF_THE") - 1), 5):
        changed = b"y" if content[at : at + 1] == b"x" else b"x"
        path.write_bytes(content[:at] + changed + content[at + 1 :])
        done = machine.run([*shell, str(path)])
        assert (done.returncode, done.stdout) == (1, ""), at
        assert done.stderr.endswith(DAMAGED)
        assert machine.files() == [NAME]
