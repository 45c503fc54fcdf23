"""A vendor's tool, run for a while and not a moment longer, with all that it starts.

A tool can hang, print without end, or leave a child that holds its output open. So it has a limit
of time and of bytes, and it has told everything once it has ended, whoever holds its output then.
At the end its whole family is ended; but a child that has left its session cannot be found any more
once the tool has ended, and lives on.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

import psutil

TOOL_SECONDS = 3.0
OUTPUT_BYTES = 1 << 20
_SIGKILL = 9
_GLANCE_SECONDS = 0.1
"""Between looks at whether a tool has ended that prints nothing, and whose output is not closed."""
_END_SECONDS = 1.0
"""For a killed process to be gone, and for the rest of an output to arrive."""
_PART_BYTES = 1 << 16


class ToolSilentError(Exception):
    """The tool is there but did not end in time, or could not be run."""


@dataclass(frozen=True)
class Told:
    """What a tool printed, at most OUTPUT_BYTES of it, and how it ended."""

    output: bytes
    exit_code: int


Process = subprocess.Popen[bytes]
Read = Callable[[Process, IO[bytes], float], bytes]
"""Gives what a process prints into a pipe until it has ended, at most OUTPUT_BYTES, and closes the
pipe; the last argument is the moment of time.monotonic() until which it is given to print. Raises
subprocess.TimeoutExpired."""


def by_poll(process: Process, pipe: IO[bytes], until: float) -> bytes:
    """Nothing of it stays, whoever holds the pipe's other end."""
    output = bytearray()
    with pipe:
        ready = select.poll()
        ready.register(pipe, select.POLLIN)
        while len(output) < OUTPUT_BYTES:
            # Asked first: what it printed is in the pipe once it has ended.
            ended = process.poll() is not None
            left = 0.0 if ended else until - time.monotonic()
            if left < 0:
                raise subprocess.TimeoutExpired(process.args, left)
            if ready.poll(1000 * min(left, _GLANCE_SECONDS)):
                part = os.read(pipe.fileno(), min(_PART_BYTES, OUTPUT_BYTES - len(output)))
                if not part:
                    break
                output += part
            elif ended:
                _end(process)  # what it started and left behind
                break
    return bytes(output)


def by_thread(process: Process, pipe: IO[bytes], until: float) -> bytes:
    """For Windows, where nobody can wait for a pipe: the thread stays until its end is closed."""
    output = bytearray()

    def read() -> None:
        with pipe, contextlib.suppress(OSError):
            while len(output) < OUTPUT_BYTES:
                part = os.read(pipe.fileno(), min(_PART_BYTES, OUTPUT_BYTES - len(output)))
                if not part:
                    return
                output.extend(part)
        _end(process)

    reader = threading.Thread(target=read, name="a tool's output", daemon=True)
    reader.start()
    process.wait(timeout=max(0.0, until - time.monotonic()))
    reader.join(_GLANCE_SECONDS)
    if reader.is_alive():
        _end(process)
        reader.join(_END_SECONDS)
    return bytes(output)


READ: Read = by_poll if hasattr(select, "poll") else by_thread


@dataclass(frozen=True)
class Tools:
    """The programs of this computer. `search` is where they are looked for (default: PATH)."""

    search: str | None = None
    seconds: float = TOOL_SECONDS
    read: Read = READ

    def run(self, name: str, arguments: Sequence[str], also: Sequence[str] = ()) -> Told | None:
        """Runs a tool; None where there is none. `also`: folders to look in after the PATH.

        Raises ToolSilentError.
        """
        found = shutil.which(name, path=self.search)
        for folder in also:
            found = found or shutil.which(name, path=folder)
        return _run([found, *arguments], self.seconds, self.read) if found else None


def _run(command: Sequence[str], seconds: float, read: Read) -> Told:
    # C locale: no translated words and no decimal commas.
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C", "LANGUAGE": "C"}
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    until = time.monotonic() + seconds
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            bufsize=0, env=environment, start_new_session=True, creationflags=flags,
        )  # fmt: skip
    except OSError as error:
        raise ToolSilentError(command[0]) from error
    assert process.stdout
    try:
        output = read(process, process.stdout, until)
        if len(output) == OUTPUT_BYTES:
            _end(process)
            until = time.monotonic() + _END_SECONDS
        process.wait(timeout=max(0.0, until - time.monotonic()))
    except (OSError, subprocess.TimeoutExpired) as error:
        _end(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_END_SECONDS)
        raise ToolSilentError(command[0]) from error
    return Told(output, process.returncode)


def _end(process: Process) -> None:
    """Ends a process and all that it started, so that nobody holds its output open."""
    family = []
    if process.returncode is None:  # else its number may be another's by now
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
