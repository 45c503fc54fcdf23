"""Known secrets, driven through all that the worker does and all that goes wrong; then searched for
in everything that it has written, said and handed on."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from qubix_desktop.support import report
from qubix_worker import identity
from qubix_worker.errors import ControlError
from tests.conftest import LiveServer, wait_until
from tests.live_worker import LiveWorker, submit, wait_for_job
from tests.worker.network.scripted import Request, Scripted, Visit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PROXY_PASSWORD = "canary-proxy-password-1"
WRONG_SECRET = "canary-wrong-secret-22"
WRONG_TOKEN = "canary-wrong-enrollment-333"
WRONG_CODE = "XKCD-ZZZZ"


class Searched:
    """All that was said, and all that other processes could have seen."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.canaries: dict[str, str] = {
            "proxy password": PROXY_PASSWORD, "wrong secret": WRONG_SECRET,
            "wrong token": WRONG_TOKEN,
        }  # fmt: skip
        self.said: list[tuple[str, str]] = []
        self.command_lines: set[str] = set()
        self.environments: dict[str, set[str]] = {"worker": set(), "child": set()}
        self._ending = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()

    def hear(self, what: str, text: str) -> str:
        self.said.append((what, text))
        return text

    def close(self) -> None:
        self._ending.set()
        self._sampler.join()

    def _sample(self) -> None:
        marker = f"QUBIX_HOME={self.home}"
        while not self._ending.wait(0.02):
            for folder in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    line = _text(folder / "cmdline")
                    if "qubix_worker" not in line:
                        continue
                    self.command_lines.add(line)
                    if "run-job" in line:
                        self.environments["child"].add(_text(folder / "environ"))
                    elif line.split("\0")[3:4] == ["run"] and marker in _text(folder / "environ"):
                        self.environments["worker"].add(_text(folder / "environ"))

    def found(self, text: str) -> list[str]:
        return [name for name, canary in self.canaries.items() if canary and canary in text]


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace")


@pytest.fixture
def searched(tmp_path: Path) -> Iterator[Searched]:
    searched = Searched(tmp_path / "home")
    yield searched
    searched.close()


class Driven(LiveWorker):
    """A worker all of whose words are heard."""

    def __init__(self, searched: Searched, server: LiveServer) -> None:
        super().__init__(searched.home, server)
        self.searched = searched

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        done = super().run(*arguments, **environment)
        self.searched.hear(" ".join(arguments), done.stdout + done.stderr)
        return done

    def in_front(self, **environment: str) -> subprocess.Popen[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
        return subprocess.Popen(
            [sys.executable, "-m", "qubix_worker", "run", "--stderr"],
            env=kept | {"QUBIX_HOME": str(self.paths.home)} | environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def until(self, condition: Callable[[], Any], **environment: str) -> None:
        """Runs in front until `condition` is true."""
        process = self.in_front(**environment)
        try:
            wait_until(condition)
            for command in (("status",), ("status", "--json")):
                self.run(*command)
        finally:
            process.terminate()
            self.searched.hear("run --stderr", process.communicate(timeout=60)[0])

    def troubled(self) -> bool:
        with contextlib.suppress(ControlError):
            return self.status().trouble is not None
        return False


def test_no_secret_is_found_anywhere(searched: Searched, live_server: LiveServer) -> None:
    worker = Driven(searched, live_server)
    _fail_to_join(worker)
    _join(worker)
    _work(worker)
    _crash(worker)
    with contextlib.closing(Scripted(_quote_all)) as liar:
        _meet_a_liar(worker, liar)
    _be_unknown(worker)
    searched.close()
    _say_all(worker)
    _search(worker)


def _fail_to_join(worker: Driven) -> None:
    """Proxies that need a password or are not written as they must be; false invitations."""
    proxies = (
        f"http://user:{PROXY_PASSWORD}@127.0.0.1:9",
        f"http://user:{PROXY_PASSWORD}@127.0.0.1:port",
        f"http://user:{PROXY_PASSWORD}@",
        f"http://user:{PROXY_PASSWORD}@[::1",
        f"ftp://user:{PROXY_PASSWORD}@127.0.0.1:9",
    )
    for proxy in proxies:
        told = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": "", "NO_PROXY": ""}
        for scheme in ("http", "https"):
            where = ("setup", "--server", f"{scheme}://compute.invalid")
            done = worker.run(*where, QUBIX_ENROLLMENT=WRONG_TOKEN, **told)
            assert done.returncode == 1
    url = worker.server.url
    assert worker.run("setup", "--server", url, QUBIX_ENROLLMENT=WRONG_TOKEN).returncode == 1
    assert worker.run("setup", "--json", "--server", url, "--yes").returncode == 1
    # An address with a password in it is refused; it must not be repeated.
    address = f"http://user:{PROXY_PASSWORD}@127.0.0.1:9"
    told = {"QUBIX_BACKEND": address, "QUBIX_ENROLLMENT": WRONG_TOKEN}
    assert worker.run("setup", **told).returncode == 1
    with contextlib.closing(Scripted(_quote_all)) as liar:
        worker.run("setup", "--server", liar.url, QUBIX_ENROLLMENT=WRONG_TOKEN)


def _join(worker: Driven) -> None:
    invited = worker.server.enroll()
    token, code = invited["enrollment"], invited["code"]
    done = worker.run("setup", "--server", worker.server.url, "-v", QUBIX_ENROLLMENT=token)
    assert done.returncode == 0, done.stdout + done.stderr
    who = identity.load(worker.paths.identity)
    assert who
    assert who.secret
    key = worker.paths.control_key.read_bytes()
    worker.searched.canaries |= {
        "enrollment": token, "code": code, "worker secret": who.secret,
        "operator token": worker.server.token, "control key": key.decode("latin-1"),
        "control key in hex": key.hex(),
    }  # fmt: skip
    worker.run("setup", "--server", worker.server.url, QUBIX_ENROLLMENT=token)  # used up


def _work(worker: Driven) -> None:
    for name, end in (("mandelbrot", "COMPLETED"), ("trap", "FAILED"), ("loop", "FAILED")):
        wait_for_job(worker.server, submit(worker.server, name, timeoutSeconds=3), end)
    wait_until(lambda: worker.searched.environments["child"])


def _crash(worker: Driven) -> None:
    job_id = submit(worker.server, "loop", timeoutSeconds=20)
    worker.wait_for("working")
    for child in psutil.Process(worker.status().pid).children():
        child.kill()
    wait_for_job(worker.server, job_id, "FAILED")
    worker.kill()
    worker.paths.settings.chmod(0o600)
    kept = worker.paths.settings.read_bytes()
    worker.paths.settings.write_bytes(b"\xff not TOML")
    assert worker.run("run", QUBIX_DEBUG="1").returncode == 1
    worker.paths.settings.write_bytes(kept)
    kept = worker.paths.identity.read_bytes()
    worker.paths.identity.write_bytes(kept.replace(b'"server"', b'"sever"'))
    assert worker.run("run", QUBIX_DEBUG="1").returncode == 1
    worker.paths.identity.write_bytes(kept)


def _quote_all(request: Request, visit: Visit) -> None:
    """A server that repeats whatever it was told, in every way that it can answer."""
    quoted = request.headers.get("Authorization", "") + request.body.decode("utf-8", "replace")
    bare = quoted.replace("Bearer ", "")
    token = json.loads(request.body or b"{}").get("enrollment", "") if request.body else ""
    forms: list[tuple[int, Any]] = [
        (403, {"success": False, "error": f"no: {quoted}"[:200], "code": "not_yours"}),
        (500, {"success": False, "error": f"{bare[:60]} {token}", "code": "trouble"}),
        (401, {"success": False, "error": f"you said '{token or bare[:60]}'", "code": "who"}),
        (200, {"success": True, "pendingJobs": bare[:100], "workerSecret": quoted[:100]}),
        (200, quoted.encode()),
        (400, {"success": False, "error": f"Authorization={bare[:60]}", "code": f"c_{bare[:60]}"}),
        (302, b""),
    ]
    status, body = forms[visit.number % len(forms)]
    location = {"Location": f"http://127.0.0.1:1/{bare[:60]}"} if status == 302 else {}
    visit.answer(body, status, Connection="close", **location)


def _meet_a_liar(worker: Driven, liar: Scripted) -> None:
    who = identity.load(worker.paths.identity)
    assert who
    identity.save(worker.paths.identity, dataclasses.replace(who, server=liar.url))
    for _ in range(7):
        before = len(liar.asked)
        worker.until(lambda: worker.troubled() and len(liar.asked) > before)  # noqa: B023
    identity.save(worker.paths.identity, who)


def _be_unknown(worker: Driven) -> None:
    who = identity.load(worker.paths.identity)
    assert who
    identity.save(worker.paths.identity, who.with_secret(WRONG_SECRET))
    proxy = f"http://user:{PROXY_PASSWORD}@127.0.0.1:9"
    worker.until(worker.troubled, http_proxy=proxy, https_proxy=proxy)
    identity.save(worker.paths.identity, who)


def _say_all(worker: Driven) -> None:
    for command in ("status", "logs -n 9999", "logs --json -n 9999", "settings", "detect --json"):
        worker.run(*command.split())
    process = worker.in_front()
    wait_until(lambda: worker.run("status").returncode == 0)
    for command in ("status --json", "settings --json", "pause --for 1h --json", "resume"):
        worker.run(*command.split())
    lines = worker.control.logs(5000)
    worker.searched.hear("logs by the control channel", "\n".join(lines))
    worker.searched.hear("support copy", report([("State", str(worker.status()))], lines))
    process.send_signal(signal.SIGTERM)
    worker.searched.hear("run --stderr", process.communicate(timeout=60)[0])


def _search(worker: Driven) -> None:
    searched = worker.searched
    assert len(searched.said) > 40
    for what, text in searched.said:
        assert not searched.found(text), f"{searched.found(text)} in what {what} said:\n{text}"
    assert len(searched.command_lines) > 10
    for line in searched.command_lines:
        assert not searched.found(line), line
    _search_environments(searched)
    _search_files(worker)


def _search_environments(searched: Searched) -> None:
    assert searched.environments["child"]
    for environment in searched.environments["child"]:
        assert not searched.found(environment), environment
        assert "QUBIX_" not in environment
    # The worker was given the proxy's address by its user; it was given nothing else.
    assert searched.environments["worker"]
    for environment in searched.environments["worker"]:
        assert set(searched.found(environment)) <= {"proxy password"}, environment


def _search_files(worker: Driven) -> None:
    made_for = {worker.paths.identity: {"worker secret"},
                worker.paths.control_key: {"control key"}}  # fmt: skip
    files = [path for path in worker.searched.home.rglob("*") if path.is_file()]
    assert worker.paths.log in files
    assert worker.paths.setup_log in files
    for path in files:
        data = path.read_bytes()
        found = worker.searched.found(data.decode("latin-1"))
        found += worker.searched.found(data.decode("utf-8", "replace"))
        assert set(found) <= made_for.get(path, set()), f"{found} in {path}"
        if path in made_for:
            assert path.stat().st_mode & 0o077 == 0
    assert worker.searched.found(_text(worker.paths.identity)) == ["worker secret"]
