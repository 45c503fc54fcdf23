"""Windows: the registry, named pipes, and processes without a console window."""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing.connection as channel
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, NoReturn, cast

from qubix_worker.files import write_whole
from qubix_worker.system import NO_PYTHON, Autostart

# mypy checks the branch of the system that it runs on; this module is for Windows alone.
assert sys.platform == "win32"

import msvcrt  # noqa: E402
import winreg  # noqa: E402

RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"


class Windows:
    """See `System`."""

    name: Literal["windows"] = "windows"

    shim_name = "qubix-worker.cmd"

    def shim(self, environment: Path, home: Path | None) -> bytes:
        beside = home == environment.parent.parent
        python = rf"%~dp0{environment.name}\Scripts\python.exe"
        lines = [
            "@echo off",
            "rem Runs the QUBIX worker that lies beside this file.",
            "setlocal EnableExtensions DisableDelayedExpansion",
            *([] if home is None else [_home_line("%~dp0.." if beside else str(home))]),
            f'if not exist "{python}" echo {NO_PYTHON}& exit /b 1',
            f'"{python}" "%~dp0qubix_worker.py" %*',
        ]
        return _batch(lines)

    def become(self, command: list[str]) -> NoReturn:
        # Windows has no exec: this process stays as the one that its console waits for. Ctrl+C
        # and Ctrl+Break reach both, and only the other one is to act on them.
        sys.stdout.flush()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGBREAK, signal.SIG_IGN)
        sys.exit(subprocess.Popen(command).wait())

    def typed(self, command: list[str], home: Path | None) -> str:
        portable = f'set "QUBIX_HOME={home}" & ' if home else ""
        # cmd's own signs count for nothing between quotes, which no path can hold.
        words = (part if re.fullmatch(r"[\w.:\\/-]+", part) else f'"{part}"' for part in command)
        return portable + " ".join(words)

    def version(self) -> str:
        return f"Windows {platform.release()} {platform.version()}"

    def try_lock(self, file: IO[Any]) -> bool:
        try:
            # A byte far behind the text, so that others may read who holds the lock.
            file.seek(1 << 20)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def end_lock(self, file: IO[Any], path: Path) -> None:
        file.close()
        # A file that another process has opened meanwhile can't be removed here.
        path.unlink(missing_ok=True)

    @contextmanager
    def control_address(self, socket: Path) -> Iterator[str]:
        folder = hashlib.sha256(str(socket).lower().encode()).hexdigest()[:32]
        yield rf"\\.\pipe\qubix-{folder}"

    def control_connection(self, address: str, seconds: float) -> channel.Connection[Any, Any]:
        # The library tries for 20 s where no end of the pipe is free; nothing makes it give up.
        found: Future[channel.Connection[Any, Any]] = Future()

        def connect() -> None:
            try:
                found.set_result(cast("channel.Connection[Any, Any]", channel.Client(address)))
            except OSError as error:
                found.set_exception(error)

        threading.Thread(target=connect, daemon=True).start()
        try:
            return found.result(seconds)
        except TimeoutError:
            found.add_done_callback(_hang_up)
            raise

    def control_stale(self, socket: Path) -> None:
        """A pipe ends with its process: nothing is left."""

    def detached(self) -> dict[str, Any]:
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags}

    def environment_python(self, environment: Path) -> Path:
        return environment / "Scripts" / "python.exe"

    def remove_tree(self, folder: Path) -> None:
        """What runs cannot be removed on Windows, but moved: to where temporary files end. From
        there it is removed once it has ended."""
        moved: list[Path] = []

        def move_away(_: object, path: str, error: Any) -> None:
            file = Path(path)
            if not isinstance(error[1], PermissionError) or not file.is_file():
                raise error[1]
            place = moved[0].parent if moved else Path(tempfile.mkdtemp(prefix="qubix-removed-"))
            moved.append(file.replace(place / str(len(moved))))

        try:
            shutil.rmtree(folder, onerror=move_away)
        finally:
            if moved:
                _remove_later(moved[0].parent)

    def autostart(self, home: Path | None) -> Autostart:
        return StartFile(home / "config" / "autostart.cmd", home) if home else RunValue("QUBIX")


class RunValue:
    """A value of this user's Run key (learn.microsoft.com, "Run and RunOnce Registry Keys")."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def folder(self) -> None:
        return None

    def exists(self) -> bool:
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
                winreg.QueryValueEx(key, self.name)
        except FileNotFoundError:
            return False
        return True

    def add(self, command: list[str], needs: Path | None = None) -> None:
        # Of a program that is gone, Windows says nothing at sign-in, nor has pythonw a console.
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
            value = subprocess.list2cmdline(command)
            winreg.SetValueEx(key, self.name, 0, winreg.REG_SZ, value)

    def remove(self) -> None:
        access = winreg.KEY_SET_VALUE
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY, 0, access) as key:
                winreg.DeleteValue(key, self.name)
        except FileNotFoundError:
            return


class StartFile:
    """Under QUBIX_HOME the registry is left alone: the command is only noted in a file."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self._home = home

    @property
    def folder(self) -> Path:
        return self.path.parent

    def exists(self) -> bool:
        return self.path.exists()

    def add(self, command: list[str], needs: Path | None = None) -> None:
        program = subprocess.list2cmdline(command).replace("%", "%%")
        lines = ["@echo off", "setlocal EnableExtensions DisableDelayedExpansion",
                 _home_line(str(self._home)), f'start "" /b {program}']  # fmt: skip
        write_whole(self.path, _batch(lines))

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def _home_line(home: str) -> str:
    """Sets QUBIX_HOME in a batch file: to a path, or to one that begins where the file lies, which
    no code page can garble."""
    if not home.startswith("%~dp0"):
        return f'set "QUBIX_HOME={home.replace("%", "%%")}"'
    return f'for %%H in ("{home}") do set "QUBIX_HOME=%%~fH"'


def _batch(lines: list[str]) -> bytes:
    """A batch file, which cmd reads in the code page of its window."""
    return "".join(f"{line}\r\n" for line in lines).encode("oem", "replace")


def _remove_later(folder: Path) -> None:
    """Lets Windows' own cmd try once a second, for half an hour, to remove `folder`: it goes on
    when this process has ended. Only the folder's name, which we chose, is on a command line."""
    system = Path(os.environ["SYSTEMROOT"], "System32")
    again = (
        f"for /l %i in (1,1,1800) do ({system / 'ping.exe'} -n 2 127.0.0.1 >nul"
        f" & rmdir /s /q {folder.name} 2>nul & if not exist {folder.name} exit)"
    )
    subprocess.Popen(
        [system / "cmd.exe", "/d", "/c", again],
        cwd=folder.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **Windows().detached(),
    )


def _hang_up(found: Future[channel.Connection[Any, Any]]) -> None:
    """Nobody waits for it any more."""
    with contextlib.suppress(OSError):
        found.result().close()
