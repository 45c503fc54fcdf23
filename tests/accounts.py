"""Accounts of this machine, as people without root have them."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

PYTHON = Path("/usr/bin/python3")


@dataclass(frozen=True)
class Account:
    """A person's account on this machine: nothing but a home."""

    name: str
    home: Path
    uid: int
    gid: int

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        # pip's own settings say where this machine gets its packages from.
        settings = {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
        return subprocess.run(
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd=self.home,
            env={"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.uids().real == self.uid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found

    def files_elsewhere(self) -> str:
        """What of this account's lies outside its home."""
        places = [
            place for place in ("/tmp", "/var", "/run", "/etc", "/opt") if Path(place).exists()
        ]
        command = ["find", *places, "-xdev", "-path", str(self.home), "-prune", "-o"]
        done = subprocess.run(
            [*command, "-user", self.name, "-print"], capture_output=True, text=True, check=False
        )
        return done.stdout


@contextmanager
def temporary() -> Iterator[Account]:
    """An account that is there while the test lasts; skips where none can be made."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("useradd"):
        pytest.skip("only root can make an account for this test")
    fit = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    if not PYTHON.exists() or subprocess.run([PYTHON, "-c", fit], check=False).returncode:
        pytest.skip("this machine's own Python is too old, or cannot make environments")
    name = f"qubix-{secrets.token_hex(4)}"
    parent = Path(tempfile.mkdtemp(prefix="qubix-account-"))
    parent.chmod(0o755)
    home = parent / "home"
    make = ["useradd", "--create-home", "--home-dir", str(home), "--shell", "/bin/sh", name]
    subprocess.run(make, check=True, capture_output=True)
    made = home.stat()
    account = Account(name, home, made.st_uid, made.st_gid)
    try:
        yield account
    finally:
        for process in account.processes():
            process.kill()
        psutil.wait_procs(account.processes(), timeout=10)
        subprocess.run(["userdel", name], check=True, capture_output=True)
        shutil.rmtree(parent)
