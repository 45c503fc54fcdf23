"""How this program is started again: as a package, as the one readable file, or frozen."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from qubix_worker import amalgamation, system
from qubix_worker.paths import Paths


def worker_command() -> list[str]:
    """The command line that runs this same worker program, to which a command is added."""
    if getattr(sys, "frozen", False):
        name = "qubix-worker.exe" if system.current().name == "windows" else "qubix-worker"
        return [str(Path(sys.executable).with_name(name))]
    if file := amalgamation.running_from():
        return [_interpreter(), str(file)]
    return [_interpreter(), "-m", "qubix_worker"]


def sign_in_command() -> list[str]:
    """The command line that starts the worker when its user signs in: by the application, which is
    then in the tray, where it is installed."""
    command = _application_command() or [*worker_command(), "run"]
    return without_console(command) if system.current().name == "windows" else command


def sign_in_needs() -> Path:
    """What that command begins with. Once it is gone, QUBIX was removed by hand."""
    if getattr(sys, "frozen", False):
        return Path(sys.executable)
    return amalgamation.running_from() or Path(__file__)


def _application_command() -> list[str] | None:
    if getattr(sys, "frozen", False):
        program = Path(sys.executable).with_name("qubix")  # on Windows: see `without_console`
        return [str(program), "--background"] if program.exists() else None
    if amalgamation.running_from() or not all(map(find_spec, ("qubix_desktop", "PySide6"))):
        return None
    return [_interpreter(), "-m", "qubix_desktop", "--background"]


def without_console(command: list[str]) -> list[str]:
    """The same by a program beside it for which Windows opens no console, where there is one."""
    program = Path(command[0])
    if program.name.lower() == "python.exe":
        windowed = program.with_name("pythonw.exe")
        return [str(windowed), *command[1:]] if windowed.exists() else command
    application = program.with_name("qubix.exe")
    if program.name.lower() == "qubix-worker.exe" and application.exists():
        return [str(application), "--background"]  # which starts the worker
    return command


def shown_command(paths: Paths) -> str:
    """The shortest way for a person to type `worker_command` on this computer."""
    here = system.current()
    if file := amalgamation.running_from():
        shim = file.with_name(here.shim_name)
        if shim.exists():
            return here.typed([shown_path(shim)], None)
    home = Path(shown_path(paths.home)) if paths.home else None
    if shutil.which("qubix-worker"):
        return here.typed(["qubix-worker"], home)
    if Path(sys.argv[0]).name.startswith("qubix-worker"):
        return here.typed([shown_path(Path(sys.argv[0]))], home)
    return here.typed(worker_command(), home)


def shown_path(path: Path) -> str:
    """A path as it may be called from here: relative where that is shorter."""
    with contextlib.suppress(ValueError):
        shown = str(path.absolute().relative_to(Path.cwd()))
        # A name alone would be looked for on the PATH.
        return shown if os.sep in shown else f"{os.curdir}{os.sep}{shown}"
    return str(path)


def _interpreter() -> str:
    """This Python; where it is the one without a console, the one with: it speaks with those
    who start it, and is started with no window anyway."""
    program = Path(sys.executable)
    spoken = program.with_name("python.exe")
    is_silent = program.name.lower() == "pythonw.exe" and spoken.exists()
    return str(spoken) if is_silent else sys.executable


def start_worker(paths: Paths) -> subprocess.Popen[bytes]:
    """Starts the background worker; it outlives this process and its terminal.

    What it prints before its own log is open goes to `worker.out` in the state folder.
    """
    paths.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = {k: v for k, v in os.environ.items() if k != "QUBIX_ENROLLMENT"}
    if paths.home:
        environment["QUBIX_HOME"] = str(paths.home)
    with paths.worker_output.open("wb") as output:
        return subprocess.Popen(
            [*worker_command(), "run"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=paths.state,
            env=environment,
            **system.current().detached(),
        )
