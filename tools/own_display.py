"""A screen that nobody else uses, with a window manager and a tray: for tests and pictures."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator


@contextlib.contextmanager
def own_display() -> Iterator[str]:
    """An X server that nobody else uses; the number is the first that is free."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "2400x1800x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as numbers:
            number = numbers.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        with desktop(f":{number}"):
            yield f":{number}"
    finally:
        server.terminate()
        server.wait(timeout=10)


@contextlib.contextmanager
def desktop(display: str) -> Iterator[None]:
    """A window manager and a tray, as far as this machine has them."""
    programs = [["openbox"], ["trayer", "--edge", "bottom", "--widthtype", "request"]]
    running = [
        subprocess.Popen(program, env={**os.environ, "DISPLAY": display}, stderr=subprocess.DEVNULL)
        for program in programs
        if shutil.which(program[0])
    ]
    try:
        yield
    finally:
        for program in running:
            program.terminate()
            program.wait(timeout=10)
