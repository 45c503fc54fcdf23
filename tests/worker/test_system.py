"""What differs between systems: sign-in entries, short names for long folders, locks."""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing.connection
import os
import plistlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_worker import lock, system
from qubix_worker.lock import AlreadyRunningError, Lock
from qubix_worker.paths import Paths
from qubix_worker.system import macos
from qubix_worker.system.linux import DesktopEntry, Linux, exec_argument
from qubix_worker.system.posix import FOLDERS
from tests.desktop_entry import command_of


def unquoted(text: str) -> str:
    """What a launcher reads: first the string's escapes, then the quotes, then the percents."""
    for escape, character in (("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r")):
        text = text.replace("\\\\", "\0").replace(escape, character).replace("\0", "\\\\")
    text = text.replace("\\\\", "\\")
    assert text[0] == text[-1] == '"'
    inner, out = iter(text[1:-1]), ""
    for character in inner:
        out += next(inner) if character == "\\" else character
    return out.replace("%%", "%")


@given(st.text(st.sampled_from("a \"`$\\%'é&|;()<>")))
def test_any_argument_survives_the_exec_line(argument: str) -> None:
    assert unquoted(exec_argument(argument)) == argument


def test_a_sign_in_entry_runs_the_worker(tmp_path: Path) -> None:
    entry = DesktopEntry(tmp_path / "autostart" / "qubix-worker.desktop")
    assert not entry.exists()
    entry.add(["/a b/python", "-m", "qubix_worker", "run"])
    text = entry.path.read_text()
    assert 'Exec="/a b/python" "-m" "qubix_worker" "run"\n' in text
    assert "TryExec=/a b/python\n" in text
    entry.remove()
    entry.remove()
    assert not entry.exists()


def test_a_launch_agent_is_a_property_list(tmp_path: Path) -> None:
    agent = macos.LaunchAgent(tmp_path / "agents" / "org.qubix.worker.plist")
    agent.add(["/Applications/QUBIX & co", "run"])
    told = plistlib.loads(agent.path.read_bytes())
    assert told["ProgramArguments"] == ["/Applications/QUBIX & co", "run"]
    assert told["RunAtLoad"] is True
    agent.remove()
    assert not agent.exists()


def commands(entry: Path) -> list[str]:
    """What a desktop, or launchd, runs at sign-in."""
    if entry.suffix == ".plist":
        told: list[str] = plistlib.loads(entry.read_bytes())["ProgramArguments"]
        return told
    return command_of(entry)


@pytest.mark.parametrize(
    "kind", [DesktopEntry, macos.LaunchAgent], ids=["desktop entry", "launch agent"]
)
def test_what_was_removed_by_hand_leaves_nothing_that_fails_at_sign_in(
    tmp_path: Path, kind: type[DesktopEntry] | type[macos.LaunchAgent]
) -> None:
    program, needs, ran = (tmp_path / name for name in ("a prog$ram", "it`s file", "ran"))
    program.write_text(f'#!/bin/sh\necho "$1" > "{ran}"\n')
    program.chmod(0o755)
    needs.touch()
    entry = kind(tmp_path / ("e.plist" if kind is macos.LaunchAgent else "e.desktop"))
    entry.add([str(program), 'an "argument" of 100 %'], needs)

    def signs_in() -> tuple[int, bytes]:
        done = subprocess.run(
            commands(entry.path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        return done.returncode, done.stdout

    assert signs_in() == (0, b"")
    assert ran.read_text() == 'an "argument" of 100 %\n'
    ran.unlink()
    for gone in (needs, program):
        gone.unlink()
        assert signs_in() == (0, b"")
        assert not ran.exists()


@pytest.mark.parametrize(
    "kind", [DesktopEntry, macos.LaunchAgent], ids=["desktop entry", "launch agent"]
)
@pytest.mark.parametrize("is_guarded", [True, False])
def test_an_entry_of_an_installation_with_a_home_of_its_own_finds_that(
    tmp_path: Path, kind: type[DesktopEntry] | type[macos.LaunchAgent], is_guarded: bool
) -> None:
    home = tmp_path / "all of $it, 100 %"
    home.mkdir()
    entry = kind(home / ("e.plist" if kind is macos.LaunchAgent else "e.desktop"), home)
    entry.add(["/bin/sh", "-c", 'echo "$QUBIX_HOME"'], home if is_guarded else None)
    said = subprocess.run(commands(entry.path), stdout=subprocess.PIPE, text=True, check=True)
    assert said.stdout == f"{home}\n"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Those of an account that keeps its own elsewhere, as this process was told."""
    monkeypatch.delenv("QUBIX_HOME", raising=False)
    for name in FOLDERS:
        monkeypatch.setenv(name, str(tmp_path / f"of $it's own, 100 % {name}"))
    return Paths.of_user()


TELLER = ("-c", "from qubix_worker.paths import Paths; print(repr(Paths.of_user()))")


def told_without(command: list[str]) -> str:
    """What it says where it is begun by something that knows nothing of such folders."""
    known = {k: v for k, v in os.environ.items() if k not in FOLDERS}
    return subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env=known
    ).stdout.rstrip("\n")


@pytest.mark.parametrize("kind", [DesktopEntry, macos.LaunchAgent])
@pytest.mark.parametrize("is_guarded", [True, False])
def test_an_entry_finds_what_was_set_up_in_folders_of_ones_own(
    tmp_path: Path, folders: Paths, kind: Any, is_guarded: bool
) -> None:
    entry = kind(tmp_path / ("e.plist" if kind is macos.LaunchAgent else "e.desktop"))
    entry.add([sys.executable, *TELLER], tmp_path if is_guarded else None)
    assert told_without(commands(entry.path)) == repr(folders)


@pytest.mark.parametrize("is_usual_there", [True, False])
def test_a_desktop_that_knows_nothing_of_them_finds_the_entry(
    tmp_path: Path, folders: Paths, monkeypatch: pytest.MonkeyPatch, is_usual_there: bool
) -> None:
    """Each desktop looks into one folder. Where there is no usual one, none is made."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    usual = tmp_path / "home/.config"
    usual.mkdir(parents=True) if is_usual_there else usual.parent.mkdir()
    entry = Linux().autostart(None)
    entry.add([sys.executable, *TELLER])
    own = folders.config.parent / "autostart/qubix-worker.desktop"
    other = usual / "autostart/qubix-worker.desktop"
    assert entry.folder == own.parent
    assert other.exists() is is_usual_there
    for path in (own, other) if is_usual_there else (own,):
        assert told_without(command_of(path)) == repr(folders)
    own.unlink()
    assert entry.exists() is is_usual_there
    entry.remove()
    assert not entry.exists()
    assert usual.exists() is is_usual_there
    assert not other.parent.exists()


def test_an_entry_where_nobody_may_write_is_no_failure_if_there_is_another(
    tmp_path: Path, folders: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home/.config").mkdir(parents=True)
    (tmp_path / "home/.config/autostart").write_text("a file where a folder should be")
    entry = Linux().autostart(None)
    entry.add(["/bin/true"])
    assert (folders.config.parent / "autostart/qubix-worker.desktop").exists()
    entry.remove()
    assert not entry.exists()


def test_the_short_command_finds_what_was_set_up_in_folders_of_ones_own(
    folders: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = folders.data / "environment-1"
    environment.joinpath("bin").mkdir(parents=True)
    (environment / "bin/python").symlink_to(sys.executable)
    (folders.data / "qubix_worker.py").write_text(f"import sys\ndel sys.path[0]\n{TELLER[1]}")
    command = folders.data / "qubix-worker"
    command.write_bytes(system.current().shim(environment, None))
    command.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    assert told_without([str(command)]) == repr(folders)
    monkeypatch.setenv("XDG_STATE_HOME", "/another")
    assert told_without([str(command)]) == repr(folders)


@pytest.mark.parametrize("value", ["", "relative/folder"])
def test_a_folder_of_ones_own_that_is_no_whole_path_counts_for_nothing(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FOLDERS:
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert b"XDG" not in system.current().shim(tmp_path / "environment-1", None)
    assert Linux().autostart(None).folder == tmp_path / ".config/autostart"


@pytest.mark.parametrize("by", ["its path", "a link", "the PATH"])
def test_the_short_command_finds_its_installation_from_anywhere(tmp_path: Path, by: str) -> None:
    home, links = tmp_path / "all of $it, 100 %", tmp_path / "links"
    python = home / "data/environment-1/bin/python"
    for folder in (python.parent, links):
        folder.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$QUBIX_HOME" "$@"\n')
    python.chmod(0o755)
    command = home / "data/qubix-worker"
    command.write_bytes(system.current().shim(home / "data/environment-1", home))
    command.chmod(0o755)
    (links / "a link").symlink_to("qubix-worker")
    (links / "qubix-worker").symlink_to(command)
    called = {"its path": str(command), "a link": "./a link", "the PATH": "qubix-worker"}[by]
    path = f"{home / 'data'}:{os.defpath}"
    said = subprocess.run(
        ["/bin/sh", "-c", '"$@"', "sh", called, "an argument"], cwd=links,
        env={"PATH": path, "QUBIX_HOME": "/another"},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    home_of, file, argument = said.stdout.splitlines()
    assert (home_of, argument) == (str(home), "an argument")
    assert Path(file).resolve() == home / "data/qubix_worker.py"


def test_under_qubix_home_the_sign_in_entry_stays_inside(tmp_path: Path) -> None:
    entry = system.current().autostart(tmp_path)
    entry.add(["/bin/true", "run"])
    assert entry.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("depth", [1, 20])
def test_a_control_socket_works_however_deep_its_folder_is(tmp_path: Path, depth: int) -> None:
    folder = tmp_path.joinpath(*["a folder with a name"] * depth)
    folder.mkdir(parents=True)
    socket = folder / "control.sock"
    with system.current().control_address(socket) as address:
        listener = multiprocessing.connection.Listener(address)
        with contextlib.closing(listener):
            assert socket.exists()
            with system.current().control_address(socket) as other:
                client = multiprocessing.connection.Client(other)
            server = listener.accept()
            client.send_bytes(b"hello")
            assert server.recv_bytes() == b"hello"
            client.close()
            server.close()


def test_a_second_process_finds_the_lock_taken(tmp_path: Path) -> None:
    path = tmp_path / "état" / "worker.lock"
    first = Lock(path)
    first.acquire()
    assert lock.is_held(path)
    assert lock.holder(path) == os.getpid()
    with pytest.raises(AlreadyRunningError, match=str(os.getpid())):
        Lock(path).acquire()
    first.release()
    assert not lock.is_held(path)


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "worker.lock"
    code = (
        "import sys, pathlib; from qubix_worker.lock import Lock; "
        "held = Lock(pathlib.Path(sys.argv[1])); held.acquire(); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == b"held\n"
        assert lock.is_held(path)
        child.kill()
        child.wait()
    assert not lock.is_held(path)
    Lock(path).acquire()


def test_a_lock_that_is_let_go_leaves_no_file_and_those_that_wait_hold_one_after_another(
    tmp_path: Path,
) -> None:
    path = tmp_path / "worker.lock"
    inside, most = [0], [0]

    def take() -> None:
        for _ in range(20):
            own = Lock(path)
            while True:
                try:
                    own.acquire()
                    break
                except AlreadyRunningError:
                    continue
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            assert lock.is_held(path)
            inside[0] -= 1
            own.release()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for taken in [pool.submit(take) for _ in range(4)]:
            taken.result()
    assert most == [1]
    assert not path.exists()
