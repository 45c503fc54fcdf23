"""What Linux and macOS share: file locks, Unix sockets, sessions."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import socket as sockets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from qubix_worker.system import NO_PYTHON

if TYPE_CHECKING:
    import multiprocessing.connection as channel

SOCKET_PATH_BYTES = 100
"""sockaddr_un holds 108 bytes on Linux, 104 on macOS (unix(7), unix(4))."""

CONNECT_AGAIN_SECONDS = 0.05

FOLDERS = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
"""What else leads to the folders of an account (XDG Base Directory Specification 0.8), on macOS too
(platformdirs). One that is not a whole path counts for nothing."""


def found_by(home: Path | None) -> dict[str, str]:
    """The variables by which this installation is found, from wherever it is begun: a terminal or
    a desktop may know nothing of those that this process was given."""
    if home:
        return {"QUBIX_HOME": str(home)}
    return {
        name: folder for name in FOLDERS if (folder := os.environ.get(name, "")).startswith("/")
    }


def while_there(command: list[str], needs: Path | None, home: Path | None) -> list[str]:
    """`command`, with what its installation is `found_by`; or nothing and no failure once its
    program or `needs` is gone."""
    variables = [f"{name}={value}" for name, value in found_by(home).items()]
    portable = ["/usr/bin/env", *variables] if variables else []
    if needs is None:
        return [*portable, *command]
    guard = '[ -x "$1" ] && [ -e "$0" ] || exit 0; exec "$@"'
    return [*portable, "/bin/sh", "-c", guard, str(needs), *command]


class Posix:
    """The shared half of a System."""

    shim_name = "qubix-worker"

    def shim(self, environment: Path, home: Path | None) -> bytes:
        variables = found_by(home).items()
        portable = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables)
        text = (
            "#!/bin/sh\n# Runs the QUBIX worker that lies beside this file.\n"
            f'{portable}file=$0; [ ! -L "$file" ] || file=$(readlink -f -- "$file")\n'
            f'here=$(dirname -- "$file") python={environment.name}/bin/python\n'
            f'[ -x "$here/$python" ] || {{ echo "{NO_PYTHON}" >&2; exit 1; }}\n'
            'exec "$here/$python" "$here/qubix_worker.py" "$@"\n'
        )
        return os.fsencode(text)

    def become(self, command: list[str]) -> NoReturn:
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606 - a list of our own

    def typed(self, command: list[str], home: Path | None) -> str:
        portable = f"QUBIX_HOME={shlex.quote(str(home))} " if home else ""
        return portable + shlex.join(command)

    def try_lock(self, file: IO[Any]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def end_lock(self, file: IO[Any], path: Path) -> None:
        try:
            path.unlink(missing_ok=True)  # while it is held: whoever waits finds another file here
        finally:
            file.close()

    @contextmanager
    def control_address(self, socket: Path) -> Iterator[str]:
        if len(os.fsencode(socket)) <= SOCKET_PATH_BYTES:
            yield str(socket)
            return
        # Too long for a socket's address: go there through a short name for the same folder.
        with self.short_folder(socket.parent) as folder:
            yield f"{folder}/{socket.name}"

    @contextmanager
    def short_folder(self, folder: Path) -> Iterator[str]:
        """A short path for `folder`: here a link in a private folder of the temporary one."""
        import hashlib  # noqa: PLC0415 - seldom needed

        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        private = Path(tempfile.gettempdir()) / f"qubix-{os.getuid()}"
        private.mkdir(mode=0o700, exist_ok=True)
        if private.stat().st_uid != os.getuid():
            raise PermissionError(13, "belongs to another account", str(private))
        link = private / name
        with contextlib.suppress(FileExistsError):
            link.symlink_to(folder)
        yield str(link)

    def control_connection(self, address: str, seconds: float) -> channel.Connection[Any, Any]:
        from multiprocessing.connection import Connection  # noqa: PLC0415 - not for a first window

        until = time.monotonic() + seconds
        while True:
            with contextlib.suppress(BlockingIOError), sockets.socket(sockets.AF_UNIX) as line:
                # With a limit, Linux does not wait while the listener's queue is full.
                line.settimeout(max(0.001, until - time.monotonic()))
                line.connect(address)
                line.setblocking(True)
                return Connection(line.detach())
            if time.monotonic() > until:
                raise TimeoutError
            time.sleep(CONNECT_AGAIN_SECONDS)

    def control_stale(self, socket: Path) -> None:
        socket.unlink(missing_ok=True)

    def detached(self) -> dict[str, Any]:
        return {"start_new_session": True}

    def environment_python(self, environment: Path) -> Path:
        return environment / "bin" / "python"

    def remove_tree(self, folder: Path) -> None:
        shutil.rmtree(folder)
