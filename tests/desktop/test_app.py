"""The application as a process: its command line, its one window, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qubix_desktop.app import main
from tests.conftest import wait_until
from tests.processes import heeds

PATIENCE_SECONDS = 30


def variables(home: Path, **more: str) -> dict[str, str]:
    leave = ("QUBIX_", "DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(leave)}
    return {**kept, "QUBIX_HOME": str(home), **more}


_started: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def _none_outlives_its_test() -> Iterator[None]:
    yield
    while _started:
        with _started.pop() as process:
            process.kill()


def start(home: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "qubix_desktop", *arguments],
        env=variables(home, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _started.append(process)
    return process


def test_help_is_for_a_person_who_sees_it_for_the_first_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "idle processor" in text
    for option in ("--unattended", "--uninstall", "--server"):
        assert option in text


def test_without_a_screen_there_is_a_sentence(tmp_path: Path) -> None:
    process = start(tmp_path)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert said.startswith("qubix: There is no screen")
    assert len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path, QT_QPA_PLATFORM="offscreen")
    wait_until(lambda: heeds(process.pid, signal.SIGTERM))
    process.send_signal(number)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "depth",
    [
        pytest.param(0, id="a short home", marks=pytest.mark.slow),
        pytest.param(12, id="a home with a long path"),
    ],
)
def test_a_second_start_leaves_it_to_the_first(tmp_path: Path, depth: int) -> None:
    home = tmp_path.joinpath(*["a folder with a long name"] * depth)
    first = start(home, QT_QPA_PLATFORM="offscreen")
    wait_until((home / "state" / "window.sock").exists)
    second = start(home, QT_QPA_PLATFORM="offscreen")
    assert second.communicate(timeout=PATIENCE_SECONDS) == ("", "")
    assert second.returncode == 0
    assert first.poll() is None
    first.terminate()
    assert first.wait(PATIENCE_SECONDS) == 0


@pytest.mark.slow
def test_a_killed_one_is_not_in_the_way(tmp_path: Path) -> None:
    first = start(tmp_path, QT_QPA_PLATFORM="offscreen")
    wait_until((tmp_path / "state" / "window.sock").exists)
    first.kill()
    first.wait(PATIENCE_SECONDS)
    second = start(tmp_path, QT_QPA_PLATFORM="offscreen")
    wait_until(lambda: heeds(second.pid, signal.SIGTERM))
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(1)
    second.terminate()
    assert second.wait(PATIENCE_SECONDS) == 0


def test_unattended_says_what_is_missing(tmp_path: Path) -> None:
    process = start(tmp_path, "--unattended")
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert "which network to join" in said
