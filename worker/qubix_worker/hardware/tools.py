"""A vendor's tool, run for a while and not a moment longer, with all that it starts.

A tool can hang, print without end, or leave a child that holds its output open. So it has a limit
of time and of bytes, and at the end its whole family is ended.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

TOOL_SECONDS = 3.0
OUTPUT_BYTES = 1 << 20
_SIGKILL = 9


class ToolSilentError(Exception):
    """The tool is there but did not end in time, or could not be run."""


@dataclass(frozen=True)
class Told:
    """What a tool printed, at most OUTPUT_BYTES of it, and how it ended."""

    output: bytes
    exit_code: int


@dataclass(frozen=True)
class Tools:
    """The programs of this computer. `search` is where they are looked for (default: PATH)."""

    search: str | None = None
    seconds: float = TOOL_SECONDS

    def run(self, name: str, arguments: Sequence[str], also: Sequence[str] = ()) -> Told | None:
        """Runs a tool; None where there is none. `also`: folders to look in after the PATH.

        Raises ToolSilentError.
        """
        found = shutil.which(name, path=self.search)
        for folder in also:
            found = found or shutil.which(name, path=folder)
        return _run([found, *arguments], self.seconds) if found else None


def _run(command: Sequence[str], seconds: float) -> Told:
    # C locale: no translated words and no decimal commas.
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C", "LANGUAGE": "C"}
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment, start_new_session=True, creationflags=flags,
        )  # fmt: skip
    except OSError as error:
        raise ToolSilentError(command[0]) from error
    over = threading.Event()
    limit = threading.Timer(seconds, _end, [process, over])
    limit.daemon = True
    limit.start()
    try:
        assert process.stdout
        with process.stdout:
            output = process.stdout.read(OUTPUT_BYTES)
        if len(output) == OUTPUT_BYTES:
            _end(process, None)
        process.wait(timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as error:
        _end(process, None)
        raise ToolSilentError(command[0]) from error
    finally:
        limit.cancel()
    if over.is_set():
        raise ToolSilentError(command[0])
    return Told(output, process.returncode)


def _end(process: subprocess.Popen[bytes], over: threading.Event | None) -> None:
    """Ends a process and all that it started, so that nobody holds its output open."""
    if over:
        over.set()
    family = []
    with contextlib.suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
    killpg = getattr(os, "killpg", None)  # Windows has no groups of processes
    if killpg:
        with contextlib.suppress(OSError):
            killpg(process.pid, _SIGKILL)
    for child in family:
        with contextlib.suppress(psutil.Error):
            child.kill()
    with contextlib.suppress(OSError):
        process.kill()
