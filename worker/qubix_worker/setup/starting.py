"""The steps that bring the worker up: start it, and see the server acknowledge it."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from qubix_worker import __version__, identity, launcher, lock, log_files
from qubix_worker.control import Control
from qubix_worker.errors import ControlError, SetupError
from qubix_worker.paths import Paths
from qubix_worker.setup.steps import Cancelled, Choices, Phase, Progress
from qubix_worker.status import Status

START_SECONDS = 30.0
CONFIRM_SECONDS = 45.0
POLL_SECONDS = 0.1


class Start:
    """Starts the background worker, or restarts one that is of another version or network."""

    key = "start"
    title = "Starting to share"
    phase: Phase = "join"
    weight = 0.5

    def __init__(self, paths: Paths, choices: Choices) -> None:
        self._paths = paths
        self._control = Control(paths)
        self._server = choices.server
        self._afresh = choices.afresh
        self._did_share = False
        self._new: tuple[Path, ...] = ()
        """Files that were not there before it was started."""

    def is_done(self) -> bool:
        if self._afresh:
            return False
        status, who = self._running(), identity.load(self._paths.identity)
        if status is None or who is None:
            return False
        running = (status.version, status.server, status.worker_id)
        return running == (__version__, self._server, who.worker_id)

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        status = self._running()
        if status or (self._afresh and lock.is_held(self._paths.lock)):
            yield Progress(self.key, "running", "ending the former one")
            self._did_share = status is None or status.server == self._server
            self._control.stop()
        self._afresh = False
        yield Progress(self.key, "running", "starting")
        self._new = tuple(file for file in _files_of(self._paths) if not file.exists())
        process = launcher.start_worker(self._paths)
        until = time.monotonic() + START_SECONDS
        while not self._running():
            if cancel.wait(POLL_SECONDS):
                _end(process)
                raise Cancelled
            # One that ended since another was just starting is no failure: that one is waited for.
            if process.poll() is not None and not lock.is_held(self._paths.lock):
                raise self._failure(f"it ended at once, with {process.returncode}")
            if time.monotonic() > until:
                _end(process)
                raise self._failure("it did not answer in time")

    def undo(self) -> None:
        if self._did_share:  # with this very network, as it then goes on to do
            if not lock.is_held(self._paths.lock):
                launcher.start_worker(self._paths)
            return
        if self._running():
            self._control.stop()
        for file in self._new:
            file.unlink(missing_ok=True)

    def _running(self) -> Status | None:
        try:
            return self._control.status()
        except ControlError:
            return None

    def _failure(self, how: str) -> SetupError:
        try:
            words = (
                self._paths.worker_output.read_text(encoding="utf-8", errors="replace")
                .strip()
                .splitlines()
            )
        except OSError:
            words = []
        said = words[-1].removeprefix("qubix-worker: ")[:300] if words else how
        return SetupError(
            "worker_did_not_start",
            f"Sharing could not be started: {said}",
            "Try again; the log tells more.",
        )


class Confirm:
    """Waits until the server has acknowledged a heartbeat of the running worker."""

    key = "confirm"
    title = "Going online"
    phase: Phase = "join"
    weight = 0.5

    def __init__(self, paths: Paths, patience_seconds: float = CONFIRM_SECONDS) -> None:
        """`patience_seconds`: for how long a worker may go unheard."""
        self._control = Control(paths)
        self._patience = patience_seconds

    def is_done(self) -> bool:
        try:
            status = self._control.status()
        except ControlError:
            return False
        return status.last_heartbeat_at is not None and status.trouble is None

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        began = time.monotonic()
        while True:
            status = self._control.status()
            if status.last_heartbeat_at is not None and status.trouble is None:
                return
            waited = time.monotonic() - began
            trouble = status.trouble
            if trouble and (status.state == "attention" or waited > self._patience):
                raise SetupError(trouble.code, trouble.happened, trouble.todo)
            if waited > self._patience:
                raise SetupError(
                    "no_heartbeat",
                    "The network has not heard from this computer yet.",
                    "Wait a minute, then try again; the log tells more.",
                )
            yield Progress(
                self.key, "running", trouble.happened if trouble else "", waited,
                self._patience, "seconds",
            )  # fmt: skip
            if cancel.wait(POLL_SECONDS):
                raise Cancelled

    def undo(self) -> None:
        """Nothing was changed."""


def _files_of(paths: Paths) -> tuple[Path, ...]:
    """What a worker writes that nobody has given a job yet."""
    logs = log_files.newest_first(paths.log)
    return (paths.control_key, paths.worker_output, paths.shared_time, paths.pause, *logs)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
