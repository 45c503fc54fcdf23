"""What differs between operating systems: one module for each, chosen once, here.

Nothing else in the worker asks which system it is on. The modules are imported only where they
work, so `windows.py` may use winreg and `posix.py` fcntl.
"""

from __future__ import annotations

import functools
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, NoReturn, Protocol

if TYPE_CHECKING:
    import multiprocessing.connection as channel


NO_PYTHON = (
    "qubix-worker: A part of what QUBIX needs on this computer is missing: its Python. "
    "Run the installer again, which mends that."
)
"""What the short command says where its environment has none: nothing of ours can run then."""


class Autostart(Protocol):
    """The entry that starts a program when this user signs in."""

    @property
    def folder(self) -> Path | None:
        """The folder that it lies in, where it is a file."""
        ...

    def exists(self) -> bool: ...
    def add(self, command: list[str], needs: Path | None = None) -> None:
        """Runs `command` at each sign-in, and once the file `needs` is gone, nothing that fails."""
        ...

    def remove(self) -> None: ...


class System(Protocol):
    """What the worker needs of an operating system."""

    @property
    def name(self) -> Literal["linux", "windows", "macos"]: ...

    @property
    def shim_name(self) -> str:
        """The file's name of the short command that a script installation gets."""
        ...

    def shim(self, environment: Path, home: Path | None) -> bytes:
        """That command: runs `qubix_worker.py` beside it in the environment there, with QUBIX_HOME
        where `home` is given, else with the folders of its own that this process was given (XDG),
        whatever the terminal has set."""
        ...

    def become(self, command: list[str]) -> NoReturn:
        """Goes on as another program, in place of this one."""
        ...

    def typed(self, command: list[str], home: Path | None) -> str:
        """`command` as a person types it in a terminal, with QUBIX_HOME where `home` is given."""
        ...

    def version(self) -> str:
        """The system as its users call it, such as `Debian GNU/Linux 12 (bookworm)`."""
        ...

    def try_lock(self, file: IO[Any]) -> bool:
        """Takes the lock on an open file, without waiting. It ends with the process."""
        ...

    def end_lock(self, file: IO[Any], path: Path) -> None:
        """Closes a file whose lock is held, and removes it, so that at no moment a lock on it
        and one on a new file of its name would both count. Raises OSError where it stays."""
        ...

    def control_address(self, socket: Path) -> AbstractContextManager[str]:
        """The address of the control channel, valid inside the context."""
        ...

    def control_connection(self, address: str, seconds: float) -> channel.Connection[Any, Any]:
        """A connection to the worker there. Raises TimeoutError where that takes longer than
        `seconds`, as with a worker that takes none in, and OSError where none is there."""
        ...

    def control_stale(self, socket: Path) -> None:
        """Removes what a killed worker left of its control channel. The lock must be held."""
        ...

    def detached(self) -> dict[str, Any]:
        """Popen's arguments for a process that outlives this one and its terminal."""
        ...

    def environment_python(self, environment: Path) -> Path:
        """The interpreter inside a virtual environment."""
        ...

    def remove_tree(self, folder: Path) -> None:
        """Removes a folder, also with the program in it that asks for this. Raises OSError."""
        ...

    def autostart(self, home: Path | None) -> Autostart:
        """Sign-in entries; under `home` (QUBIX_HOME) they are written there and nowhere else, and
        hand it on, or else the folders of its own that this process was given (XDG)."""
        ...


@functools.cache
def current() -> System:
    """The system that this process runs on."""
    if sys.platform == "win32":
        from qubix_worker.system import windows  # noqa: PLC0415

        return windows.Windows()
    if sys.platform == "darwin":
        from qubix_worker.system import macos  # noqa: PLC0415

        return macos.MacOS()
    from qubix_worker.system import linux  # noqa: PLC0415

    return linux.Linux()
