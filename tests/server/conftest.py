"""The server's command line in this process, for what it says without beginning anything."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping

import pytest

from qubix_server import cli

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one with the variables of `environment`; a process for each would cost a second."""

    def run(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        try:
            code = cli.main(arguments)
        except SystemExit as end:  # argparse's
            assert isinstance(end.code, int)
            code = end.code
        told = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, told.out, told.err)

    return run
