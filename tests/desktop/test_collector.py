"""What has gone round in circles goes on the GUI thread, whoever makes the objects."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from qubix_desktop import background
from qubix_desktop.collector import Collector
from tests.conftest import wait_until

MANY = 100_000
"""Circles: enough for Python to look for them more than once, through all generations."""


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[Collector]:
    """One that begins where Python collects as it likes, as at the application's start."""
    gc.collect()
    gc.enable()
    collector = Collector(milliseconds=1000)
    yield collector
    collector.deleteLater()


def make_circles() -> None:
    for _ in range(MANY):
        circle: list[object] = []
        circle.append(circle)


def close_one(went: list[int]) -> None:
    """A window that holds itself, and is closed; `went` gets the thread that it went on."""
    window = QWidget()
    window.setProperty("in a circle", True)
    window.held = window  # type: ignore[attr-defined]
    weakref.finalize(window, lambda: went.append(threading.get_ident()))
    window.show()
    window.close()


@pytest.mark.slow
@pytest.mark.usefixtures("collector")
def test_a_closed_window_in_a_circle_never_goes_on_a_tasks_thread(qtbot: QtBot) -> None:
    went: list[int] = []
    close_one(went)
    task = background.once(make_circles).start()
    assert task.wait(60)
    assert went == []
    qtbot.waitUntil(lambda: went != [])
    assert went == [threading.get_ident()]


def test_nothing_is_looked_for_before_it_is_due(collector: Collector) -> None:
    went: list[int] = []
    close_one(went)
    collector.look()
    assert went == []
    make_circles()
    collector.look()
    assert went != []


def test_what_became_old_goes_as_well_in_time(collector: Collector) -> None:
    went: list[int] = []
    window = QWidget()
    window.held = window  # type: ignore[attr-defined]
    weakref.finalize(window, lambda: went.append(threading.get_ident()))
    gc.collect(0)
    gc.collect(1)
    del window
    for _ in range(1000):
        make_some()
        collector.look()
        if went:
            return
    raise AssertionError("it stays")


def make_some() -> None:
    kept: list[list[object]] = [[] for _ in range(gc.get_threshold()[0] + 1)]
    for one in kept:
        one.append(one)


APPLICATION = """
import gc, sys, threading
from qubix_desktop.app import main

def collects(phase, info):
    if phase == "start":
        print("collects on", threading.current_thread().name, flush=True)

def make_circles():
    sys.stdin.readline()
    gc.callbacks.append(collects)
    for _ in range(100_000):
        circle = []
        circle.append(circle)
    print("made", flush=True)

threading.Thread(target=make_circles, name="a task", daemon=True).start()
sys.exit(main([]))
"""


@pytest.mark.slow
def test_the_application_collects_on_its_main_thread_alone(tmp_path: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QUBIX_")}
    with subprocess.Popen(
        [sys.executable, "-c", APPLICATION],
        env=kept | {"QUBIX_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as application:  # fmt: skip
        try:
            assert application.stdin
            assert application.stdout
            wait_until((tmp_path / "state" / "window.sock").exists)
            application.stdin.write("\n")
            application.stdin.flush()
            # In either order: its turn may come while there is still more to throw away.
            said = {application.stdout.readline() for _ in range(2)}
            assert said == {"made\n", "collects on MainThread\n"}
            application.terminate()
            assert application.wait(30) == 0
        finally:
            application.kill()
