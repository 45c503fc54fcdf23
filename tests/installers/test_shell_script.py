"""installer.sh: what it does in each shell, and what it never does, whatever is in it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qubix_server.installers.scripts import shell_script
from qubix_worker.amalgamation import amalgamate
from qubix_worker.paths import Paths

PLACE = ".local/share/qubix/qubix_worker.py"
TEMPLATE = Path(shell_script.__code__.co_filename).with_name("installer.sh")
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
        script = TEMPLATE
    done = subprocess.run([checker, script], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


def test_it_is_short_enough_to_be_read() -> None:
    """The worker and two pieces of Python aside, which are read beside it."""
    template = TEMPLATE.read_text()
    assert len(template.splitlines()) <= 250
    assert max(map(len, template.splitlines())) <= 120


@pytest.mark.parametrize("piped", [False, True])
def test_it_puts_the_worker_in_place_and_runs_its_setup(
    shell: list[str], piped: bool, machine, recorder: bytes
) -> None:
    content = shell_script(BACKEND, "a-secret-token", recorder)
    if piped:
        done = machine.run([*shell, "-s", "--", "--no-start", "--name=two words"], piped=content)
    else:
        script = written(machine.home, content)
        done = machine.run([*shell, str(script), "--no-start", "--name=two words"])
    assert (done.returncode, done.stderr) == (0, "")
    assert (machine.home / PLACE).read_bytes() == recorder
    asked = ["setup", "--server", BACKEND, "--no-start", "--name=two words"]
    assert machine.record["argv"][1:] == asked
    assert machine.record["enrollment"] == "a-secret-token"
    assert machine.record["file"] == str(machine.home / PLACE)


def test_the_whole_worker_comes_out_byte_for_byte(shell: list[str], machine) -> None:
    script = written(machine.home, shell_script("http://127.0.0.1:9", None, amalgamate()))
    done = machine.run([*shell, str(script), "--memory-limit-mb=much"])
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


@pytest.mark.provokes("not_written")
def test_a_folder_that_cannot_be_made_is_a_sentence(machine, recorder: bytes) -> None:
    (machine.home / ".local").write_text("a file where a folder should be")
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    done = machine.run(["sh", str(script)])
    assert done.returncode == 1
    assert done.stderr.startswith("qubix: The worker could not be written to ")
    assert done.stderr.count("\n") == 1


@pytest.mark.provokes("no_home")
@pytest.mark.parametrize("home", ["", "relative", "./a/b"])
@pytest.mark.parametrize("name", ["dash", "bash", "mksh"])
def test_without_a_home_it_says_so(name: str, home: str, machine, recorder: bytes) -> None:
    """(zsh gives HOME the account's own value where it is no whole path.)"""
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    by = shutil.which(name)
    if by is None:
        pytest.skip(f"{name} is not on this machine")
    done = machine.run([by, str(script)], HOME=home)
    assert done.returncode == 1
    assert done.stderr.startswith("qubix: HOME is not set")
    assert machine.files() == [script.name]


def test_a_home_may_end_with_a_slash_be_a_link_or_not_be_there_yet(
    shell: list[str], machine, recorder: bytes
) -> None:
    script = written(machine.home.parent, shell_script(BACKEND, "token", recorder))
    link = machine.home.with_name("a link")
    link.symlink_to(machine.home.name)
    for home in (f"{machine.home}/", str(link), f"{machine.home}/-new one/x"):
        done = machine.run([*shell, str(script)], HOME=home)
        assert (done.returncode, done.stderr) == (0, "")
        assert Path(home, PLACE).read_bytes() == recorder


@pytest.mark.provokes("no_commands")
@pytest.mark.parametrize("name", ["uname", "rm", "mkdir"])
def test_a_path_without_the_system_s_commands_is_said(
    name: str, shell: list[str], machine, recorder: bytes
) -> None:
    (machine.tools / name).unlink()
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    done = machine.run([*shell, str(script)], PATH=str(machine.tools))
    assert done.returncode == 1
    assert done.stderr.startswith("qubix: One of the commands that every system has")
    assert done.stderr.endswith(f"({name})\n")
    assert machine.files() == [script.name]


@pytest.mark.parametrize(("mask", "modes"), [("000", (0o755, 0o644)), ("777", (0o700, 0o600))])
def test_nobody_else_may_change_what_it_puts_there(
    mask: str, modes: tuple[int, int], shell: list[str], machine, recorder: bytes
) -> None:
    """Nor may a shell that lets nothing be read by anybody keep it from its own files."""
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    done = machine.run(["/bin/sh", "-c", f'umask {mask}; exec "$@"', "sh", *shell, str(script)])
    if "mksh" in shell[0] and mask == "777" and os.geteuid():  # nor its own here-documents
        assert (done.returncode, machine.files()) == (1, [script.name])
        return
    assert (done.returncode, done.stderr) == (0, "")
    share, worker = machine.home / ".local/share", machine.home / PLACE
    assert (stat.S_IMODE(share.stat().st_mode), stat.S_IMODE(worker.stat().st_mode)) == modes


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_do_it_no_harm(
    closed: str, shell: list[str], machine, recorder: bytes
) -> None:
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    done = machine.run(["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *shell, str(script)])
    assert done.returncode == 0, done.stderr
    assert (machine.home / PLACE).read_bytes() == recorder
    assert machine.record["enrollment"] == "token"


@pytest.mark.parametrize("options", ["-u", "-eu", "-f", "-euf"])
def test_a_stricter_shell_runs_it_as_well(
    options: str, shell: list[str], machine, recorder: bytes
) -> None:
    script = written(machine.home, shell_script(BACKEND, "token", recorder))
    by = [shell[0], *shell[1:], options]
    done = machine.run([*by, str(script)], IFS="/", CDPATH="/tmp")
    assert (done.returncode, done.stderr) == (0, "")
    assert (machine.home / PLACE).read_bytes() == recorder
