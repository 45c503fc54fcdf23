"""A real PostgreSQL for tests: a cluster in a temporary folder, reached by a socket in it only.

The database's own programs refuse to be root, so there they run as somebody else.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

PATIENCE_SECONDS = 60
_BELOW = "/usr/lib/postgresql"


class Cluster:
    """One server of PostgreSQL. `durable`: it keeps what was committed, whatever happens."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._programs = _programs()
        self._account = _account()
        self._count = 0
        if self._account:
            os.chown(folder, self._account.pw_uid, self._account.pw_gid)
        self._run("initdb", "--pgdata", str(self.data), "--auth=trust", "--username=tester",
                  "--encoding=UTF8", "--locale=C", "--no-sync")  # fmt: skip
        settings = [
            "listen_addresses = ''",
            f"unix_socket_directories = '{folder}'",
            "max_connections = 100",
            "shared_buffers = 32MB",
            "timezone = 'UTC'",
        ]
        if durable:
            # After a crash the whole folder is flushed, which takes seconds file by file.
            settings += ["recovery_init_sync_method = syncfs"]
        else:
            settings += ["fsync = off", "full_page_writes = off"]
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("\n".join(settings) + "\n")
        self.start()

    def start(self) -> None:
        self._control("start", "-l", str(self.folder / "log"))

    def stop(self) -> None:
        """At once, as when it crashes: nobody is waited for."""
        self._control("stop", "--mode=immediate")

    def url(self, database: str) -> str:
        return f"postgresql://tester@/{database}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """A new database; its URL."""
        self._count += 1
        name = f"test_{self._count}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload] # ours

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", *arguments, "--pgdata", str(self.data), "--wait", "--silent")

    def _run(self, program: str, *arguments: str) -> None:
        who = self._account
        # Into a file: what `pg_ctl start` leaves running would hold a pipe open.
        with tempfile.TemporaryFile() as output:
            code = subprocess.run(
                [str(self._programs / program), *arguments], cwd=self.folder, stdout=output,
                stderr=output, stdin=subprocess.DEVNULL, timeout=PATIENCE_SECONDS, check=False,
                user=who.pw_uid if who else None, group=who.pw_gid if who else None,
                extra_groups=[] if who else None, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            ).returncode  # fmt: skip
            output.seek(0)
            assert code == 0, output.read().decode(errors="replace")


@contextlib.contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """One that is ended and removed afterwards. Skips the test where there is no PostgreSQL."""
    if not _is_there():
        sentence = f"PostgreSQL is not installed here (it is looked for in {_BELOW} and the PATH)"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    # Not in pytest's own folder, which only this account can enter; and a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="qubix-pg-", dir="/tmp") as name:
        made = None
        try:
            made = Cluster(Path(name), durable=durable)
            yield made
        finally:
            if made:
                with contextlib.suppress(AssertionError):
                    made.stop()
            _end_what_is_left(Path(name) / "data")


def _end_what_is_left(data: Path) -> None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)


def _programs() -> Path:
    found = sorted(Path(_BELOW).glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    at = str(found[-1]) if found else shutil.which("initdb")
    return Path(at).parent if at else Path()


def _is_there() -> bool:
    return (_programs() / "initdb").exists() and os.name == "posix"


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    names: Sequence[str] = ("postgres", "nobody")
    return next((one for one in pwd.getpwall() if one.pw_name in names), None)
