"""What the window costs beside the least that Qt can do: both frozen the same way, in one run.

* First paint: from the start of the process to the first pixel on a screen of its own. That the
  screen tells, by its memory: no program is asked, so none is changed for it.
* The tray's memory after as many looks at the worker as an hour has, beside a bare tray icon's;
  and how much of it has come since a tenth of them. Both in a panel, where this machine has one.

`python -m bench desktop`. Linux with Xvfb only: elsewhere there are no figures.
"""

from __future__ import annotations

import importlib
import mmap
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.idle import sample
from tools.own_display import desktop

APPS = Path(__file__).parent / "desktop_apps"
PACKAGING = Path(__file__).resolve().parents[1] / "packaging"

PAINT_RATIO_MOST = 1.3
MEMORY_RATIO_MOST = 1.2
GROWTH_RATIO_MOST = 1.02
"""Flat, but for what the allocator keeps."""
STARTS = 9
LOOKS = 3600
WIDTH, HEIGHT = 1280, 800
MIB = 1 << 20


def run() -> list[Figure]:
    if not sys.platform.startswith("linux") or not shutil.which("Xvfb"):
        return []
    ours, apps = _frozen()
    with tempfile.TemporaryDirectory() as folder:
        return [*_first_paint(ours, apps, Path(folder)), *_memory(apps, Path(folder))]


def _frozen() -> tuple[Path, Path]:
    """The folder of our application, and the one of the programs beside which it stands."""
    sys.path.insert(0, str(PACKAGING))
    try:
        build: Any = importlib.import_module("build")
    finally:
        sys.path.remove(str(PACKAGING))
    return build.build(), build.build(APPS / "apps.spec")


# --- First paint -------------------------------------------------------------------------------


def _first_paint(ours: Path, apps: Path, folder: Path) -> list[Figure]:
    bare = [str(apps / "bare_wizard" / "bare_wizard")]
    own = [str(ours / "qubix" / "qubix")]
    seconds: dict[str, list[float]] = {"own": [], "bare": []}
    # In turn, so that both meet the same machine; the first of each reads the disk.
    for start in range(STARTS + 1):
        for name, command in (("own", own), ("bare", bare)):
            home = folder / f"{name}-{start}"
            home.mkdir()
            took = _until_painted(command, home)
            if start:
                seconds[name].append(took)
    own_ms, bare_ms = (statistics.median(seconds[name]) * 1000 for name in ("own", "bare"))
    return [
        Figure(
            "desktop: first paint", own_ms, "ms", "bare QWizard", bare_ms,
            most=PAINT_RATIO_MOST * bare_ms,
        )
    ]  # fmt: skip


def _until_painted(command: Sequence[str], home: Path) -> float:
    with _screen(home) as (display, pixels):
        began = time.perf_counter()
        with _running(command, home, display) as process:
            # A black screen, and a window that is not: a few of its lines tell.
            while not any(any(pixels[at : at + WIDTH * 4]) for at in range(0, len(pixels), MIB)):
                if process.poll() is not None or time.perf_counter() > began + 60:
                    raise RuntimeError(f"{command[0]} painted nothing")
                time.sleep(0.001)
            return time.perf_counter() - began


@contextmanager
def _screen(home: Path) -> Iterator[tuple[str, memoryview]]:
    """A screen of its own: its name, and its pixels as they change."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{WIDTH}x{HEIGHT}x24",
         "-fbdir", str(home), "-nolisten", "tcp"],
        pass_fds=[writing], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    try:
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        with (
            (home / "Xvfb_screen0").open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole,
            memoryview(whole) as view,
            view[-WIDTH * HEIGHT * 4 :] as pixels,
        ):
            yield f":{number}", pixels
    finally:
        server.terminate()
        server.wait(timeout=10)


# --- Memory ------------------------------------------------------------------------------------


def _memory(apps: Path, folder: Path) -> list[Figure]:
    home = folder / "tray"
    home.mkdir()
    with _screen(home) as (display, _), desktop(display):
        bare = [str(apps / "bare_tray" / "bare_tray")]
        own = [str(apps / "our_tray" / "our_tray"), str(home / "q"), str(LOOKS)]
        with _running(bare, home, display) as process:
            _lines(process, 1)
            time.sleep(2)
            bare_rss = sample(process.pid).rss_bytes
        with _running(own, home, display) as process:
            _lines(process, 2)
            first = sample(process.pid).rss_bytes
            _lines(process, 9)
            last = sample(process.pid).rss_bytes
    return [
        Figure(
            "desktop: tray's memory after an hour", last / MIB, "MiB", "bare QSystemTrayIcon",
            bare_rss / MIB, most=MEMORY_RATIO_MOST * bare_rss / MIB,
        ),
        Figure(
            "desktop: tray's memory, growth", last / MIB, "MiB", "a tenth of the hour",
            first / MIB, most=GROWTH_RATIO_MOST * first / MIB,
        ),
    ]  # fmt: skip


def _lines(process: subprocess.Popen[str], count: int) -> None:
    """Waits for what the program says of itself."""
    assert process.stdout
    for _ in range(count):
        if not process.stdout.readline():
            raise RuntimeError("the program ended early")


@contextmanager
def _running(command: Sequence[str], home: Path, display: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "QUBIX_HOME": str(home / "q"),
        "DISPLAY": display, "LC_ALL": "C.UTF-8", "QT_QPA_PLATFORM": "xcb",
    }  # fmt: skip
    process = subprocess.Popen(
        command, env=environment, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
