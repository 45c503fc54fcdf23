"""The whole path: the .sh that the server hands out, run by an account of its own without root."""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PYTHON = Path("/usr/bin/python3")


@dataclass(frozen=True)
class Account:
    """A person's account on this machine: nothing but a home."""

    name: str
    home: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        uid, gid = pwd.getpwnam(self.name)[2:4]
        # pip's own settings say where this machine gets its packages from.
        settings = {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
        return subprocess.run(
            command,
            user=uid,
            group=gid,
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
        uid = pwd.getpwnam(self.name).pw_uid
        found = []
        for process in psutil.process_iter():
            try:
                if process.uids().real == uid and process.status() != psutil.STATUS_ZOMBIE:
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


@pytest.fixture
def account() -> Iterator[Account]:
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("useradd"):
        pytest.skip("only root can make an account for this test")
    fit = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    if not PYTHON.exists() or subprocess.run([PYTHON, "-c", fit], check=False).returncode:
        pytest.skip("this machine's own Python is too old, or cannot make environments")
    name = f"qubix-{secrets.token_hex(4)}"
    parent = Path(tempfile.mkdtemp(prefix="qubix-account-"))
    parent.chmod(0o755)
    account = Account(name, parent / "home")
    make = ["useradd", "--create-home", "--home-dir", str(account.home), "--shell", "/bin/sh", name]
    subprocess.run(make, check=True, capture_output=True)
    try:
        yield account
    finally:
        for process in account.processes():
            process.kill()
        psutil.wait_procs(account.processes(), timeout=10)
        subprocess.run(["userdel", name], check=True, capture_output=True)
        shutil.rmtree(parent)


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Asks a real server of its own; a path gives its JSON, or with `text` its text."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("qubix-server")), "serve", "--port", str(port)]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--until-stdin-closes"],
            env={"QUBIX_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )

    def call(path: str, method: str = "GET", *, text: bool = False) -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode() if text else json.loads(answer.read())

    try:
        wait_for(lambda: _answers(call), 30)
        yield call
    finally:
        process.kill()
        process.wait(20)


def _answers(call: Callable[..., Any]) -> bool:
    try:
        call("/healthz", text=True)
    except OSError:
        return False
    return True


def wait_for(condition: Callable[[], Any], seconds: float) -> Any:
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.1)
    return value


def test_an_account_without_root_goes_online_with_the_script_and_takes_it_away_again(
    account: Account, call: Callable[..., Any]
) -> None:
    enrollment = call("/api/enrollments", "POST")["enrollment"]
    script = account.home / "qubix-worker-installer.sh"
    script.write_text(call(f"/api/installer/linux?enrollment={enrollment}", text=True))
    before = {path.name for path in account.home.iterdir()}

    done = account.run("sh", str(script))
    assert done.returncode == 0, done.stdout + done.stderr

    # Setup says that it is done only when the computer is online: nothing to wait for here.
    provider = call(f"/api/providers/check-new?enrollment={enrollment}")["newProvider"]
    assert provider["isOnline"] is True
    assert provider["cpuCores"] == psutil.cpu_count()
    assert provider["ramTotal"] == pytest.approx(psutil.virtual_memory().total / 2**30, rel=0.08)
    assert provider["name"] in done.stdout
    workers = [process for process in account.processes() if process.pid]
    assert workers
    assert not any(enrollment in " ".join(process.cmdline()) for process in workers)
    assert account.files_elsewhere() == ""

    again = account.run("sh", str(script))
    assert again.returncode == 0, again.stdout + again.stderr
    same = call(f"/api/providers/check-new?enrollment={enrollment}")["newProvider"]
    assert same["id"] == provider["id"]

    gone = account.run("sh", str(script), "--uninstall", "--purge")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    wait_for(lambda: not account.processes(), 20)
    assert not list(account.home.rglob("*qubix_worker*"))
    assert call(f"/api/providers/check-new?enrollment={enrollment}")["newProvider"] is None
    left = {path.name for path in account.home.iterdir()} - before
    assert left <= {".cache", ".local", ".config"}
    assert account.files_elsewhere() == ""


def test_an_invitation_that_nobody_knows_is_said_in_a_sentence(
    account: Account, call: Callable[..., Any]
) -> None:
    script = account.home / "qubix-worker-installer.sh"
    script.write_text(call("/api/installer/linux?enrollment=nobody-knows-this-one", text=True))
    done = account.run("sh", str(script))
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert "invitation" in done.stdout + done.stderr
    assert not account.processes()
