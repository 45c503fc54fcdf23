"""What all tests share: a real server, on a free port, with its facts in a folder of the test's."""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import settings

from tests import accounts
from tests.accounts import Account

PATIENCE_SECONDS = 30

# Where Python is told to keep no compiled code, each of the hundreds of processes that tests start
# would compile all that it imports, which takes longer than what most of them are for.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# In the background, or under nohup, the suite is to ignore signals that tests send, and what it
# starts would too.
for number, usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)


def pytest_configure(config: pytest.Config) -> None:
    """What names no count of its own has fewer examples where the slow tests are left out."""
    settings.register_profile("whole", max_examples=200)
    settings.register_profile("quick", max_examples=25)
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("quick" if config.option.markexpr == "not slow" else "whole")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives all that share a module's server to one process, so that it is started once."""
    for item in items:
        if "shared_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0].rsplit("/")[-1]))


def wait_until(condition: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> Any:
    """What `condition` gives, once that is true; else what all threads are at is shown."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > until:
            faulthandler.dump_traceback(sys.__stderr__)
            raise AssertionError("the condition did not come true in time")
        threading.Event().wait(0.02)
    return value


def suspend(pid: int) -> None:
    """Stops a process, and waits until each of its threads stands still: on a busy computer those
    that the signal did not reach first run on for a moment."""
    os.kill(pid, signal.SIGSTOP)
    if (tasks := Path(f"/proc/{pid}/task")).is_dir():
        wait_until(lambda: all(_stands_still(task) for task in tasks.iterdir()))


def _stands_still(task: Path) -> bool:
    """See proc(5): the state comes after the name, which may hold anything, in parentheses."""
    return (task / "stat").read_text().rpartition(")")[2].split()[0] == "T"


@dataclass
class LiveServer:
    """`qubix-server serve` as a process."""

    home: Path
    interval_seconds: int = 30
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        """The operator's."""
        return (self.home / "server" / "operator-token").read_text().strip()

    def variables(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
        return kept | {
            "QUBIX_HOME": str(self.home),
            "QUBIX_PORT": str(self.port),
            "QUBIX_SERVER_NAME": "Example Compute",
            "QUBIX_HEARTBEAT_INTERVAL_SECONDS": str(self.interval_seconds),
            **self.environment,
        }

    def start(self) -> None:
        self.begin()
        self.until_it_answers()

    def begin(self) -> None:
        """Starts it, and does not wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "qubix_server", "serve"], env=self.variables(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def until_it_answers(self) -> None:
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.process.communicate()[0]
        with socket.socket() as knocks:  # a request that nobody takes costs a hundred times that
            if knocks.connect_ex(("127.0.0.1", self.port)):
                return False
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> str:
        """Ends it as a service manager does; what it printed."""
        assert self.process
        self.process.terminate()
        output = self.process.communicate(timeout=PATIENCE_SECONDS)[0]
        assert self.process.returncode == 0, output
        return output

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        credential: str | None = None,
        **more: Any,
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        return requests.request(
            method, self.url + path, json=body, headers=headers | more.pop("headers", {}),
            timeout=PATIENCE_SECONDS, **more,
        )  # fmt: skip

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "qubix_server", *arguments], env=self.variables(),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def enroll(self) -> dict[str, Any]:
        answer = self.ask("POST", "/api/enrollments")
        assert answer.status_code == 201
        enrollment: dict[str, Any] = answer.json()
        return enrollment

    def forget_all(self) -> None:
        """Takes every computer's membership back, and cancels every job that has not ended."""
        token = self.token
        known = self.ask("GET", "/api/providers?limit=500", credential=token).json()["providers"]
        for one in known:
            gone = self.ask("DELETE", f"/api/providers/{one['workerId']}", credential=token)
            assert gone.ok, gone.text
        for status in ("PENDING", "ASSIGNED", "RUNNING"):
            path = f"/api/jobs?status={status}&limit=500"
            for job in self.ask("GET", path, credential=token).json()["jobs"]:
                cancelled = self.ask("POST", f"/api/jobs/{job['id']}/cancel", {}, credential=token)
                assert cancelled.ok, cancelled.text

    def join(self, worker_id: str, **changes: Any) -> Machine:
        """Registers a machine that only the test plays."""
        invited = {} if "enrollment" in changes else self.enroll()
        answer = self.ask(
            "POST", "/api/providers/register", registration(worker_id, invited, **changes)
        )
        assert answer.status_code == 201, answer.text
        return Machine(self, worker_id, answer.json()["workerSecret"])


def registration(worker_id: str, invited: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "workerId": worker_id,
        "name": f"computer {worker_id}",
        "hardware": {
            "os": {"name": "linux", "version": "Debian", "architecture": "x86_64"},
            "processor": {"logicalCores": 8, "physicalCores": 4, "model": "A processor"},
            "memory": {"totalBytes": 16 << 30},
            "graphicsCards": [{"vendor": "NVIDIA", "name": "A card", "memoryTotalBytes": 8 << 30}],
        },
        "workerVersion": "0.1.0",
        "workerSha256": "",
        "capabilities": ["wasm"],
        "enrollment": invited.get("enrollment"),
    } | changes


@dataclass(frozen=True)
class Machine:
    """A registered worker, as the server sees it."""

    server: LiveServer
    worker_id: str
    secret: str

    def beat(
        self, status: str = "online", *, wait: float = 0, job: str | None = None
    ) -> requests.Response:
        path = f"/api/providers/{self.worker_id}/heartbeat" + (f"?wait={wait}" if wait else "")
        body: dict[str, Any] = {"status": status, "usage": {"cpuPercent": 12.5, "ramPercent": 40}}
        if job:
            body["currentJob"] = job
        return self.server.ask("POST", path, body, credential=self.secret)

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.server.ask(method, path, body, credential=self.secret)


@pytest.fixture
def live_server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server of the test's own, that it may kill and start again."""
    server = LiveServer(tmp_path / "server home")
    server.start()
    yield server
    assert server.process
    if server.process.poll() is None:
        server.stop()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server for all the tests of a module; each uses machines and jobs of its own."""
    server = LiveServer(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(shared_server: LiveServer) -> Iterator[LiveServer]:
    """The module's, without a computer and without a job that waits: for who needs to be alone
    there, but neither ends it nor runs into its limits."""
    shared_server.forget_all()
    yield shared_server
    shared_server.forget_all()


@pytest.fixture
def account() -> Iterator[Account]:
    """A person's account without root; the test is skipped where none can be made."""
    with accounts.temporary() as account:
        yield account
