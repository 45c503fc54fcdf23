"""Scripts with a worker of a few lines in them, that writes down how it was run; and shells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.installers import platforms

RECORDER = b"""\
import json, os, pathlib, sys
record = {"argv": sys.argv, "enrollment": os.environ.get("QUBIX_ENROLLMENT"), "file": __file__}
pathlib.Path(os.environ["RECORD"]).write_text(json.dumps(record))
sys.exit(int(os.environ.get("WORKER_EXIT", "0")))
"""
TOOLS = (
    *("cat", "gzip", "id", "mkdir", "printf", "rm", "rmdir", "sh", "sha256sum", "sleep", "tar"),
    *("timeout", "uname"),
)
SHELLS = (
    "dash",
    "zsh --emulate sh",
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in ("bash", "bash --posix", "busybox sh", "mksh", "zsh")
    ),
    # Such as macOS's own bash 3.2, built from apple-oss-distributions/bash.
    *filter(None, os.environ.get("QUBIX_MORE_SHELLS", "").split(",")),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[platforms.CASES] = {case for item in items if (case := platforms.case_of(item))}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # The whole test counts: a machine that was not taken down cleanly did not pass.
    if (case := platforms.case_of(item)) and (report.when == "call" or not report.passed):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        platforms.keep(f"{item.location[0]}::{item.location[2]}", case, report.outcome, reason)
    return report


@dataclass(frozen=True)
class Machine:
    """A place where a script runs as in an account of its own."""

    home: Path
    environment: dict[str, str]
    patience: float = 60

    def run(
        self, command: list[str], *, piped: bytes | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            env={**self.environment, **environment},
            cwd=self.home,
            input=piped,
            stdin=None if piped is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=self.patience,
            check=False,
        )
        return subprocess.CompletedProcess(
            command, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    @property
    def record(self) -> dict[str, Any] | None:
        """How the worker was run, or None where it was not."""
        path = Path(self.environment["RECORD"])
        return json.loads(path.read_text()) if path.exists() else None

    @property
    def tools(self) -> Path:
        """The one folder on its PATH."""
        return Path(self.environment["PATH"])

    def tool(self, name: str, text: str) -> Path:
        """Puts a command of a few lines of sh on its PATH, or anywhere."""
        path = self.tools / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def files(self) -> list[str]:
        return sorted(str(f.relative_to(self.home)) for f in self.home.rglob("*"))


@pytest.fixture
def recorder() -> bytes:
    return RECORDER


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    home = tmp_path / "a home, with spaces"
    home.mkdir()
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "python3").symlink_to(sys.executable)
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    environment = {"HOME": str(home), "PATH": str(tools), "RECORD": str(tmp_path / "record.json")}
    return Machine(home, environment)


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> list[str]:
    name, *options = request.param.split()
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return [found, *options]


@pytest.fixture
def other_pythons() -> dict[str, Path]:
    """Other releases of Python, where pyenv has them."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return {
        p.name: p / "bin/python" for p in sorted(root.glob("3.*")) if (p / "bin/python").exists()
    }


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Callable[[], bool]]:
    """Whether a command has touched the file `canary`, here or in a home below here."""
    yield lambda: any(tmp_path.rglob("canary*"))
