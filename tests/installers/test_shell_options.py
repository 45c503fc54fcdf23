"""What installer.sh is asked for: its options, and what they must not do."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from qubix_server.installers.scripts import shell_script
from qubix_server.installers.uv import PINNED
from qubix_worker.paths import Paths
from tests.inventory import differences, take

BACKEND = "https://compute.example.org:8443/base"
NAME = "qubix-worker-installer.sh"


@pytest.fixture
def script(machine, recorder: bytes) -> str:
    path = machine.home / NAME
    path.write_bytes(shell_script(BACKEND, "a-secret-token", recorder))
    return str(path)


def test_help_needs_nothing(shell: list[str], machine, script: str) -> None:
    (Path(machine.environment["PATH"]) / "python3").unlink()
    done = machine.run([*shell, script, "--help"], HOME="")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--uninstall" in done.stdout
    assert machine.files() == [NAME]


@pytest.mark.provokes("unknown_option")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--no-such-option"], "--no-such-option"),
        (["--no-start", "word"], "word"),
        (["--name"], "--name"),
        (["--server=https://elsewhere.example"], "--server=https://elsewhere.example"),
        ([""], ""),
        (["--dry-run", "-x; touch canary"], "-x; touch canary"),
    ],
)
def test_an_option_that_there_is_not_is_refused_before_anything_is_done(
    arguments: list[str], named: str, shell: list[str], machine, script: str
) -> None:
    done = machine.run([*shell, script, *arguments])
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("qubix: There is no such option, ")
    assert done.stderr.endswith(f" ({named})\n")
    assert machine.files() == [NAME]
    assert machine.record is None


@pytest.mark.provokes("not_together")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--purge"], "--purge"),
        (["--purge", "--no-start", "--dry-run"], "--purge"),
        (["--uninstall", "--no-start"], "--no-start"),
        (["--no-start", "--yes", "--purge", "--uninstall"], "--no-start"),
        (["--name=a", "--uninstall", "--dry-run"], "--name=a"),
        (["--uninstall", "--no-autostart"], "--no-autostart"),
        (["--uninstall", "--code=K7QM-2XWD"], "--code=K7QM-2XWD"),
        (["--uninstall", "--memory-limit-mb=1"], "--memory-limit-mb=1"),
    ],
)
def test_options_that_contradict_each_other_are_refused_before_anything_is_done(
    arguments: list[str], named: str, shell: list[str], machine, script: str
) -> None:
    machine.run([*shell, script])
    Path(machine.environment["RECORD"]).unlink()
    before = take(machine.home)
    done = machine.run([*shell, script, *arguments])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("qubix: These options contradict each other: ")
    assert done.stderr.endswith(f" ({named})\n")
    assert differences(before, take(machine.home)) == []
    assert machine.record is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["--name=two words", "--no-start", "--no-autostart", "--memory-limit-mb=512"],
        ["--code=K7QM-2XWD", "-y", "-q"],
        ["--name=$(touch canary) * --help ; '\" --uninstall", "--json"],
    ],
)
def test_what_setup_knows_is_passed_on_as_it_is(
    arguments: list[str], shell: list[str], machine, script: str
) -> None:
    assert machine.run([*shell, script, *arguments]).returncode == 0
    assert machine.record["argv"][1:] == ["setup", "--server", BACKEND, *arguments]


def test_a_dry_run_says_what_it_would_do_and_does_nothing(
    shell: list[str], machine, script: str, recorder: bytes
) -> None:
    done = machine.run([*shell, script, "--dry-run"])
    assert (done.returncode, done.stderr) == (0, "")
    assert hashlib.sha256(recorder).hexdigest() in done.stdout
    assert f"setup --server {BACKEND}" in done.stdout
    assert "would fetch its libraries, whose SHA-256 stand in it, into " in done.stdout
    assert done.stdout.endswith("Nothing was done.\n")
    assert "a-secret-token" not in done.stdout
    assert machine.files() == [NAME]
    assert machine.record is None


def test_a_dry_run_without_a_python_tells_each_way_to_one_and_goes_none(
    shell: list[str], machine, script: str
) -> None:
    tools = Path(machine.environment["PATH"])
    (tools / "python3").unlink()
    for name in ("curl", "wget", "apt-get", "sudo", "uv"):
        (tools / name).write_text(f"#!/bin/sh\n: >{machine.home}/ran\n")
        (tools / name).chmod(0o755)
    done = machine.run([*shell, script, "--dry-run"])
    assert done.returncode == 0
    ours = machine.home / ".local/share/qubix"
    digest = PINNED.digests["UVLINUXX64"]
    assert f"Would get a Python 3.13 by {tools}/uv into {ours}/python\n" in done.stdout
    assert f"Would fetch uv, SHA-256 {digest}, from https://github.com/" in done.stdout
    assert "apt-get -qy satisfy 'python3-venv (>= 3.11) | python3.11-venv'" in done.stdout
    assert f"Would run that Python {ours}/qubix_worker.py setup --server {BACKEND}" in done.stdout
    assert machine.files() == [NAME]


@pytest.mark.parametrize(
    ("kind", "build", "slot"),
    [
        ("arm64", "aarch64-apple-darwin", "UVMACARM64"),
        ("x86_64", "x86_64-apple-darwin", "UVMACX64"),
    ],
)
def test_what_it_would_do_on_a_mac(kind: str, build: str, slot: str, machine, script: str) -> None:
    """As far as a dry run elsewhere can tell: by what uname says, on a machine with Homebrew."""
    (machine.tools / "python3").unlink()
    machine.tool("uname", f"case ${{1-}} in -m) echo {kind} ;; *) echo Darwin ;; esac")
    machine.tool("id", "echo 501")
    machine.tool("brew", f": >{machine.home}/ran")
    done = machine.run(["sh", script, "--dry-run"])
    assert done.returncode == 0
    ours = machine.home / "Library/Application Support/qubix/data"
    assert f"SHA-256 {PINNED.digests[slot]}, from https://github.com/" in done.stdout
    assert f"/uv-{build}.tar.gz\n" in done.stdout
    assert f"Would run that Python {ours}/qubix_worker.py setup" in done.stdout
    assert done.stdout.count("brew install python") == 1
    assert "sudo" not in done.stdout
    assert machine.files() == [NAME]


@pytest.mark.parametrize("arguments", [["--dry-run"], ["--dry-run", "--uninstall"]])
def test_a_dry_run_does_nothing_even_where_nobody_hears_it(
    arguments: list[str], shell: list[str], machine, script: str
) -> None:
    """Its standard output is a full disk: what it says fails, and must not let it go on."""
    (Path(machine.environment["PATH"]) / "python3").unlink()
    tell = 'exec "$@" >/dev/full 2>&1'
    machine.run(["/bin/sh", "-c", tell, "sh", *shell, script, *arguments])
    assert machine.files() == [NAME]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--dry-run", "--uninstall", "--purge"],
        ["--purge", "--dry-run", "--uninstall", "--dry-run", "--uninstall"],
        ["--no-start", "--dry-run", "--no-start", "--name=a", "--name=b"],
    ],
)
def test_a_dry_run_leaves_what_is_there_whatever_else_is_asked(
    arguments: list[str], shell: list[str], machine, script: str
) -> None:
    machine.run([*shell, script])
    settings = machine.home / ".config/qubix/settings.toml"
    settings.parent.mkdir(parents=True)
    settings.touch()
    Path(machine.environment["RECORD"]).unlink()
    before = take(machine.home)
    done = machine.run([*shell, script, *arguments])
    assert (done.returncode, done.stderr) == (0, "")
    given = " ".join(one for one in arguments if one not in ("--dry-run", "--uninstall"))
    asked = "uninstall" if "--uninstall" in arguments else f"setup --server {BACKEND}"
    assert f"qubix_worker.py {asked} {given}\n" in done.stdout
    assert done.stdout.endswith("Nothing was done.\n")
    assert machine.record is None
    assert differences(before, take(machine.home)) == []


def test_help_is_given_by_a_file_whose_worker_is_damaged_and_setup_is_not(
    shell: list[str], machine, script: str, recorder: bytes
) -> None:
    whole = Path(script).read_bytes()
    Path(script).write_bytes(whole.replace(recorder, recorder.replace(b"sys", b"xys", 1)))
    assert "--uninstall" in machine.run([*shell, script, "--help", "--no-such"]).stdout
    done = machine.run([*shell, script])
    assert done.returncode == 1
    assert done.stderr.startswith("qubix: The worker in this file is damaged.")
    assert machine.files() == [NAME]


def test_uninstall_runs_the_worker_that_is_there(shell: list[str], machine, script: str) -> None:
    machine.run([*shell, script])
    machine.run([*shell, script, "--uninstall", "--purge"])
    assert machine.record["argv"][1:] == ["uninstall", "--purge"]


def test_uninstall_is_content_where_nothing_is(shell: list[str], machine, script: str) -> None:
    done = machine.run([*shell, script, "--uninstall"])
    assert (done.returncode, done.stdout) == (0, "QUBIX is not on this computer.\n")
    assert machine.record is None
    assert machine.files() == [NAME]


NOT_HERE = "QUBIX is not on this computer.\n"


def settings_left(machine, monkeypatch, **places: str) -> Paths:
    """Those that an uninstall has left, where the worker itself would look for them."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "QUBIX_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": str(machine.home), **places}.items():
        monkeypatch.setenv(name, value)
    paths = Paths.of_user(os.environ)
    paths.config.mkdir(parents=True)
    paths.settings.write_text('server = "https://compute.example.org"\n')
    return paths


@pytest.mark.parametrize(
    "places",
    [
        {},
        {"XDG_CONFIG_HOME": "/{tmp}/xdg config", "XDG_STATE_HOME": "/{tmp}/xdg state"},
        {"XDG_CONFIG_HOME": "relative", "XDG_DATA_HOME": "/{tmp}/xdg data"},
        {"QUBIX_HOME": "/{tmp}/all of it", "XDG_CONFIG_HOME": "/{tmp}/xdg"},
    ],
)
def test_settings_that_an_uninstall_has_left_go_by_a_second_with_purge(
    places: dict[str, str], shell: list[str], machine, script: str, monkeypatch
) -> None:
    (machine.tools / "python3").unlink()  # nor does it take a Python to remove a folder
    tmp = str(machine.home.parent)
    places = {name: value.replace("/{tmp}", tmp) for name, value in places.items()}
    paths = settings_left(machine, monkeypatch, **places)
    done = machine.run([*shell, script, "--uninstall"], **places)
    assert (done.returncode, done.stdout) == (0, NOT_HERE)
    foretold = machine.run([*shell, script, "--uninstall", "--purge", "--dry-run"], **places)
    assert foretold.stdout == f"Would remove {paths.config}\nNothing was done.\n"
    assert paths.settings.exists()
    done = machine.run([*shell, script, "--uninstall", "--purge"], **places)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The settings of QUBIX have been removed from this computer.\n"
    assert not paths.config.parent.exists()
    assert machine.files() == [NAME]
    done = machine.run([*shell, script, "--uninstall", "--purge"], **places)
    assert (done.returncode, done.stdout) == (0, NOT_HERE)


def test_what_lies_beside_these_settings_stays(machine, script: str, monkeypatch) -> None:
    paths = settings_left(machine, monkeypatch)
    (paths.config.parent / "another").mkdir()
    assert machine.run(["sh", script, "--uninstall", "--purge"]).returncode == 0
    assert machine.files() == [".config", ".config/another", NAME]


def test_settings_of_the_application_stay(machine, script: str, monkeypatch) -> None:
    """It shares the folder, has no script's worker, and keeps a state for as long as it is here."""
    paths = settings_left(machine, monkeypatch)
    paths.state.mkdir(parents=True)
    done = machine.run(["sh", script, "--uninstall", "--purge"])
    assert (done.returncode, done.stdout) == (0, NOT_HERE)
    assert paths.settings.exists()


def test_settings_that_cannot_be_removed_are_a_failure(machine, script: str, monkeypatch) -> None:
    paths = settings_left(machine, monkeypatch)
    (machine.tools / "rm").unlink()
    machine.tool("rm", 'echo "rm: not permitted" >&2\nexit 1')
    done = machine.run(["sh", script, "--uninstall", "--purge"])
    assert (done.returncode, done.stdout) == (1, "")
    assert "not permitted" in done.stderr
    assert paths.settings.exists()
