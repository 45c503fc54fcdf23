"""installer.sh: what it does in each shell, and what it never does, whatever is in it."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qubix_server.installers.scripts import shell_script
from qubix_worker.amalgamation import amalgamate
from qubix_worker.paths import Paths

PLACE = ".local/share/qubix/qubix_worker.py"
BACKEND = "https://compute.example.org:8443/base"
HOSTILE = [
    "'; touch canary; '",
    "$(touch canary)",
    "`touch canary`",
    '"; touch canary; "',
    "a\ntouch canary\n",
    "\\'; touch canary #",
    "@WORKER@ @END@ @SHA256@",
    "END_OF_THE_QUBIX_WORKER\ntouch canary",
    "&& touch canary || touch canary | touch canary &",
    "> canary",
    "%PATH% ^ !x! %0",
    "\u202ekcuf\u2066 \u00e9",
    "\x01\x1b[31m\x7f\r",
    "{a,b} * ~ $HOME ${IFS}",
    "-n --help",
]


def written(folder: Path, content: bytes) -> Path:
    script = folder / "qubix-worker-installer.sh"
    script.write_bytes(content)
    return script


@pytest.mark.parametrize("template", [False, True])
def test_shellcheck_has_nothing_to_say(tmp_path: Path, template: bool) -> None:
    checker = shutil.which("shellcheck")
    if checker is None:
        pytest.skip("shellcheck is not on this machine")
    script = written(tmp_path, shell_script(BACKEND, "token", amalgamate()))
    if template:
        script = Path(shell_script.__code__.co_filename).with_name("installer.sh")
    done = subprocess.run([checker, script], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


def test_it_is_short_enough_to_be_read() -> None:
    script = shell_script(BACKEND, "token", b"the worker\n").decode()
    assert len(script.split("\n")) < 250


@pytest.mark.parametrize("piped", [False, True])
def test_it_puts_the_worker_in_place_and_runs_its_setup(
    shell: list[str], piped: bool, machine, recorder: bytes
) -> None:
    content = shell_script(BACKEND, "a-secret-token", recorder)
    if piped:
        done = machine.run([*shell, "-s", "--", "--no-start", "two words"], piped=content)
    else:
        script = written(machine.home, content)
        done = machine.run([*shell, str(script), "--no-start", "two words"])
    assert (done.returncode, done.stderr) == (0, "")
    assert (machine.home / PLACE).read_bytes() == recorder
    assert machine.record["argv"][1:] == ["setup", "--server", BACKEND, "--no-start", "two words"]
    assert machine.record["enrollment"] == "a-secret-token"
    assert machine.record["file"] == str(machine.home / PLACE)


def test_the_whole_worker_comes_out_byte_for_byte(shell: list[str], machine) -> None:
    script = written(machine.home, shell_script("http://127.0.0.1:9", None, amalgamate()))
    done = machine.run([*shell, str(script), "--no-such-option"])
    assert done.returncode != 0
    assert (machine.home / PLACE).read_bytes() == amalgamate()


def test_the_exit_status_is_that_of_setup(machine, recorder: bytes) -> None:
    script = written(machine.home, shell_script(BACKEND, None, recorder))
    assert machine.run(["sh", str(script)], WORKER_EXIT="3").returncode == 3


def test_an_invitation_from_outside_is_used_where_the_script_has_none(
    machine, recorder: bytes
) -> None:
    script = written(machine.home, shell_script(BACKEND, None, recorder))
    machine.run(["sh", str(script)], QUBIX_ENROLLMENT="K7QM-2XWD")
    assert machine.record["enrollment"] == "K7QM-2XWD"


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "name", ["dash", *(pytest.param(name, marks=pytest.mark.slow) for name in ("bash", "busybox"))]
)
def test_no_value_becomes_a_command(
    name: str, value: str, machine, recorder: bytes, canary: Callable[[], bool]
) -> None:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    shell = [found, "sh"] if name == "busybox" else [found]
    touch = shutil.which("touch")
    assert touch
    (Path(machine.environment["PATH"]) / "touch").symlink_to(touch)
    script = written(machine.home, shell_script(value, value, recorder))
    done = machine.run([*shell, str(script)])
    assert done.returncode == 0, done.stderr
    assert machine.record["argv"][1:] == ["setup", "--server", value]
    assert machine.record["enrollment"] == value
    assert not canary()


def test_the_canary_would_be_seen(machine, canary: Callable[[], bool]) -> None:
    touch = shutil.which("touch")
    assert touch
    machine.run([touch, "canary"])
    assert canary()


def test_a_value_of_a_megabyte_is_inert(machine, recorder: bytes) -> None:
    script = written(machine.home, shell_script("x'" * 500_000, None, recorder))
    done = machine.run(["sh", str(script), "--dry-run"])
    assert done.returncode == 0
    assert machine.record is None


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_a_value_that_no_shell_can_hold_is_refused(value: str, recorder: bytes) -> None:
    with pytest.raises(ValueError, match=r"NUL|surrogates"):
        shell_script(value, None, recorder)


def test_a_changed_byte_is_refused_and_nothing_is_written(shell: list[str], machine) -> None:
    content = shell_script(BACKEND, "token", amalgamate())
    changed = content.replace(b"# All that is in here", b"# All that is in hers")
    assert changed != content
    done = machine.run([*shell, str(written(machine.home, changed))])
    assert done.returncode == 1
    assert done.stderr == (
        "qubix: The worker in this file is damaged. Download the file again, then run it.\n"
    )
    assert machine.files() == ["qubix-worker-installer.sh"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dash", "bash", "busybox"])
def test_a_file_that_was_cut_short_runs_nothing(name: str, machine, recorder: bytes) -> None:
    """Cut at every byte of the first 4 KiB and at a hundred places after. A command that ran
    would be a Python (which writes `started`), `uname`, `cat`, or a word on standard output."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    shell = [found, "sh"] if name == "busybox" else [found]
    tools = Path(machine.environment["PATH"])
    for command in ("python3", "uname", "cat"):
        (tools / command).unlink()
        (tools / command).write_text(f"#!{found}{' sh' if name == 'busybox' else ''}\n: >started\n")
        (tools / command).chmod(0o755)
    content = shell_script(BACKEND, "token", amalgamate())
    whole = len(content) - 1  # without its last newline the file is whole, too
    places = random.Random(4).sample(range(4096, whole), 100)
    ends = [content.rindex(b"END_OF_THE"), content.rindex(b"END_OF_THE") + 24, whole - 1]
    script = machine.home / "script"
    for length in [*range(4097), *places, *ends]:
        script.write_bytes(content[:length])
        done = subprocess.run(
            [*shell, script],
            env=machine.environment,
            cwd=machine.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert done.stdout == b"", length
    assert machine.files() == ["script"]


def test_a_dry_run_says_what_it_would_do_and_does_nothing(machine, recorder: bytes) -> None:
    script = written(machine.home, shell_script(BACKEND, "a-secret-token", recorder))
    done = machine.run(["sh", str(script), "--dry-run"])
    assert done.returncode == 0
    assert hashlib.sha256(recorder).hexdigest() in done.stdout
    assert f"setup --server {BACKEND}" in done.stdout
    assert "Nothing was done." in done.stdout
    assert "a-secret-token" not in done.stdout
    assert machine.files() == ["qubix-worker-installer.sh"]


def test_help_needs_nothing(machine, recorder: bytes) -> None:
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    (Path(machine.environment["PATH"]) / "python3").unlink()
    done = machine.run(["sh", str(script), "--help"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "--uninstall" in done.stdout


def test_uninstall_runs_the_worker_that_is_there(machine, recorder: bytes) -> None:
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    machine.run(["sh", str(script)])
    machine.run(["sh", str(script), "--uninstall", "--purge"])
    assert machine.record["argv"][1:] == ["uninstall", "--purge"]


def test_uninstall_is_content_where_nothing_is(machine, recorder: bytes) -> None:
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    done = machine.run(["sh", str(script), "--uninstall"])
    assert (done.returncode, done.stdout) == (0, "QUBIX is not on this computer.\n")
    assert machine.record is None


def test_without_a_python_it_says_what_to_do(shell: list[str], machine, recorder: bytes) -> None:
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    tools = Path(machine.environment["PATH"])
    (tools / "python3").unlink()
    done = machine.run([*shell, str(script)])
    assert done.returncode == 1
    assert "no Python 3.11 or newer" in done.stderr
    assert "sudo apt install python3-venv" in done.stderr
    assert machine.files() == ["qubix-worker-installer.sh"]


def test_pythons_that_are_too_old_or_broken_are_passed_over(
    machine, recorder: bytes, other_pythons: dict[str, Path]
) -> None:
    tools = Path(machine.environment["PATH"])
    old = next((by for name, by in other_pythons.items() if name.startswith("3.9.")), None)
    if old is None:
        pytest.skip("no Python 3.9 is on this machine (by pyenv)")
    (tools / "python").symlink_to((tools / "python3").resolve())
    (tools / "python3").unlink()
    (tools / "python3").symlink_to(old)
    (tools / "python3.12").write_text("#!/bin/sh\nexit 127\n")
    (tools / "python3.12").chmod(0o755)
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    done = machine.run(["sh", str(script), "--dry-run"])
    assert f"Would run {tools / 'python'} " in done.stdout


def test_uv_is_asked_for_a_python_where_there_is_none(machine, recorder: bytes) -> None:
    tools = Path(machine.environment["PATH"])
    fit = (tools / "python3").resolve()
    (tools / "python3").unlink()
    (tools / "uv").write_text(
        f'#!/bin/sh\nif [ "$*" = "python find 3.13" ]; then echo {fit}; fi\necho "$*" >>uv-asked\n'
    )
    (tools / "uv").chmod(0o755)
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    assert "uv gets" in machine.run(["sh", str(script), "--dry-run"]).stdout
    assert not (machine.home / "uv-asked").exists()
    assert machine.run(["sh", str(script)]).returncode == 0
    assert (machine.home / "uv-asked").read_text() == "python install 3.13\npython find 3.13\n"
    assert machine.record["argv"][1] == "setup"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"XDG_DATA_HOME": "/{tmp}/xdg data"},
        {"XDG_DATA_HOME": "relative"},
        {"QUBIX_HOME": "/{tmp}/all of it"},
        {"QUBIX_HOME": "/{tmp}/all of it", "XDG_DATA_HOME": "/{tmp}/xdg"},
    ],
)
def test_it_puts_the_worker_where_the_worker_looks_for_itself(
    more: dict[str, str], machine, recorder: bytes, tmp_path: Path, monkeypatch
) -> None:
    more = {key: value.replace("/{tmp}", str(tmp_path)) for key, value in more.items()}
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    done = machine.run(["sh", str(script)], **more)
    assert done.returncode == 0, done.stderr
    for name in ("XDG_DATA_HOME", "QUBIX_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": str(machine.home), **more}.items():
        monkeypatch.setenv(name, value)
    assert Path(machine.record["file"]).parent == Paths.of_user(os.environ).data


def test_a_folder_that_cannot_be_made_is_a_sentence(machine, recorder: bytes) -> None:
    (machine.home / ".local").write_text("a file where a folder should be")
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    done = machine.run(["sh", str(script)])
    assert done.returncode == 1
    assert done.stderr.startswith("qubix: The worker could not be written to ")
    assert done.stderr.count("\n") == 1


def test_without_a_home_it_says_so(machine, recorder: bytes) -> None:
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    done = machine.run(["sh", str(script)], HOME="")
    assert done.returncode == 1
    assert done.stderr.startswith("qubix: HOME is not set")
