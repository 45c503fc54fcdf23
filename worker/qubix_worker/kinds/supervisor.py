"""Supervises the child process of one job: begins it, watches it, ends it, says how it went.

Nothing that the job does can hold this up: every wait has a limit, and what was written by the
job is read up to a limit. Whatever happens here, the child does not outlive the call.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from qubix_worker.kinds import KINDS, folder
from qubix_worker.kinds.confine import HERE, child_environment
from qubix_worker.kinds.harmless import one_line, tail
from qubix_worker.kinds.kind import (
    DISK_BYTES,
    FILES_MOST,
    OUTPUT_BYTES,
    Outcome,
    Task,
    flooded,
    timed_out,
)
from qubix_worker.kinds.progress import Progress, ProgressTail
from qubix_worker.protocol import JobCompletion

POLL_SECONDS = 0.05
DISK_POLL_SECONDS = 0.5
GRACE_SECONDS = 1.0
"""The child ends an overdue program itself; this long after its limit it is ended with it."""
OVERHEAD_MB = 384
"""What Python, wasmtime and a compilation take beside the program's own memory."""
FLOOD_BYTES = 64 * 1024
"""How much is kept of output that is too much."""

log = logging.getLogger(__name__)


def supervise(
    command: Sequence[str],
    place: Path,
    task: Task,
    *,
    environment: Mapping[str, str],
    cancelled: threading.Event,
    on_progress: Callable[[Progress], None],
) -> JobCompletion | None:
    """Runs `task`, whose folder `place` has been made. None: it was cancelled.

    Raises OSError where no process can be begun.
    """
    progress = ProgressTail(place / folder.STDERR)
    began = time.monotonic()
    child = _begin(command, place, environment, task.kind)
    watch = _Watch(child, place, task, began)
    reason = None
    try:
        while not reason:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(POLL_SECONDS)
                break
            if cancelled.is_set():
                return None
            reason = watch.reason()
            _report(progress, on_progress)
    finally:
        _end(child)
    _report(progress, on_progress)
    outcome = _outcome(child.returncode, place, reason or watch.excess())
    return _completion(outcome, place, time.monotonic() - began)


def end_tree(process: psutil.Process) -> None:
    """Kills `process` and all that it began."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for victim in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                victim.kill()


def _begin(
    command: Sequence[str], place: Path, environment: Mapping[str, str], kind: str
) -> subprocess.Popen[bytes]:
    with (place / folder.LOG).open("wb") as child_log:
        return subprocess.Popen(
            [*command, "run-job", str(place)],
            # Nothing is ever sent: the pipe ends when this process does, and so does the child.
            stdin=subprocess.PIPE,
            stdout=child_log,
            stderr=child_log,
            close_fds=True,
            env=child_environment(environment, KINDS[kind].variables),
            **HERE.popen_options(),
        )


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            end_tree(psutil.Process(child.pid))
        child.kill()
        child.wait()
    if child.stdin:
        child.stdin.close()


class _Watch:
    """Finds the reason, if there is one, for which the child must be ended."""

    def __init__(
        self, child: subprocess.Popen[bytes], place: Path, task: Task, began: float
    ) -> None:
        self._place = place
        self._task = task
        self._deadline = began + task.timeout_seconds + GRACE_SECONDS
        self._next_disk = 0.0
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.NoSuchProcess):
            self._process = psutil.Process(child.pid)

    def reason(self) -> str | None:
        """To be asked again and again."""
        found = self._overdue() or self._output() or self._memory()
        if found is None and time.monotonic() >= self._next_disk:
            found = _disk(self._place / folder.FILES)
            self._next_disk = time.monotonic() + DISK_POLL_SECONDS
        return found

    def excess(self) -> str | None:
        """To be asked when the child has ended: what it left that is too much."""
        return self._output() or _disk(self._place / folder.FILES)

    def _overdue(self) -> str | None:
        late = time.monotonic() > self._deadline
        return timed_out(self._task.timeout_seconds) if late else None

    def _output(self) -> str | None:
        if folder.size(self._place / folder.STDOUT) > OUTPUT_BYTES:
            return flooded("stdout")
        if folder.size(self._place / folder.STDERR) > OUTPUT_BYTES:
            return flooded("stderr")
        return None

    def _memory(self) -> str | None:
        most_mb = self._task.limits.memory_mb + OVERHEAD_MB
        try:
            rss = self._process.memory_info().rss if self._process else 0
        except psutil.Error:
            return None
        if rss <= most_mb << 20:
            return None
        return f"The job's process took more than {most_mb} MiB of memory and was stopped."


def _disk(files: Path) -> str | None:
    total = count = 0
    folders = [os.fspath(files)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
                    if count > FILES_MOST:
                        return f"The program made more than {FILES_MOST} files."
        except FileNotFoundError:
            continue
        except OSError:
            # Names too long for the system, which is possible only folder by folder.
            return "The program made folders that are nested too deeply."
    if total > DISK_BYTES:
        return f"The program stored more than {DISK_BYTES >> 20} MiB in its folder."
    return None


def _report(tail_: ProgressTail, on_progress: Callable[[Progress], None]) -> None:
    if progress := tail_.poll():
        on_progress(progress)


def _outcome(code: int, place: Path, reason: str | None) -> Outcome:
    try:
        outcome = folder.read_outcome(place) if code == 0 else None
    except (OSError, ValueError) as error:
        log.warning("A job's child process left no readable result: %s", error)
        outcome = None
    if reason:
        return Outcome("failed", error=reason, memory_mb=outcome.memory_mb if outcome else None)
    if outcome is None:
        how = HERE.describe_exit(code)
        log.warning("A job's child process ended with %s: %s", how, tail(place / folder.LOG))
        what = f"ended unexpectedly, with {how}" if code else "ended without a result"
        return Outcome("failed", error=f"The job's process {what}.")
    return outcome


def _completion(outcome: Outcome, place: Path, seconds: float) -> JobCompletion:
    metrics = {"wallSeconds": round(seconds, 3)}
    if outcome.memory_mb is not None:
        metrics["memoryMb"] = outcome.memory_mb
    return JobCompletion(
        outcome.status,
        result=_result(outcome, place),
        error=one_line(outcome.error, 4096) if outcome.error else None,
        metrics=metrics,
    )


def _result(outcome: Outcome, place: Path) -> dict[str, Any]:
    result: dict[str, Any] = {} if outcome.exit_code is None else {"exitCode": outcome.exit_code}
    size = folder.size(place / folder.STDOUT)
    if size > OUTPUT_BYTES:
        result["stdoutCut"] = True
    if size:
        with (place / folder.STDOUT).open("rb") as file:
            data = file.read(FLOOD_BYTES if size > OUTPUT_BYTES else OUTPUT_BYTES)
    else:
        data = b""
    return {
        **result,
        "stdout": base64.b64encode(data).decode("ascii"),
        "stderr": tail(place / folder.STDERR),
    }
