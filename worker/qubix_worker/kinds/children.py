"""Child processes of the worker: begun, listened to, ended. One child runs one job, then ends.

`Nursery` keeps one child ready for a while after a job, since most of what it takes to begin a job
is to load a runtime; a worker that has had no job for that while has no child and no timer. The one
thing to know before changing it: on Linux a child is tied to the *thread* that began it (prctl(2),
PR_SET_PDEATHSIG), so that thread must live for as long as its child may.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from qubix_worker.kinds import KINDS, line
from qubix_worker.kinds.confine import HERE, child_environment
from qubix_worker.kinds.harmless import many_lines
from qubix_worker.kinds.kind import Priority

SPARE_KIND = "wasm"
SPARE_SECONDS = 120.0
"""How long a child is kept ready after the last job began."""
LOG_LINES = 100
LINE_BYTES = 4096
END_SECONDS = 10.0
WAIT_SECONDS = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Said:
    """A word of the child."""

    word: str


@dataclass(frozen=True)
class Exited:
    """The child has ended."""

    code: int


class Child:
    """A child process. What it says, and in the end one `Exited`, go to `post`."""

    def __init__(
        self,
        command: Sequence[str],
        jobs: Path,
        kind: str,
        environment: Mapping[str, str],
        priority: Priority,
    ) -> None:
        """Raises OSError where no process can be begun."""
        self.kind = kind
        self.tied = False
        """Whether it ends with this worker even while it is stopped. It is not stopped before, or
        it might stay so for ever, should the worker be killed then."""
        self._heard: queue.SimpleQueue[Said | Exited] = queue.SimpleQueue()
        self._post: Callable[[Said | Exited], None] = self._heard.put
        self._log: deque[bytes] = deque(maxlen=LOG_LINES)
        self._lock = threading.Lock()
        self._popen = subprocess.Popen(
            [*command, "run-job", str(jobs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            env=child_environment(environment, KINDS[kind].variables),
            **HERE.popen_options(),
        )
        self.process = psutil.Process(self._popen.pid)
        self.grip = HERE.hold(self.process)
        self.set_priority(priority)
        self._listener = threading.Thread(target=self._listen, name="job-line", daemon=True)
        try:
            self._listener.start()
            threading.Thread(target=self._wait, name="job-end", daemon=True).start()
        except RuntimeError as error:  # as where the account may have no more threads
            self.end()
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error

    def adopt(self, post: Callable[[Said | Exited], None]) -> None:
        """Has all that was heard, and is heard from now on, go to `post`."""
        with self._lock:
            while not self._heard.empty():
                post(self._heard.get())
            self._post = post

    def tell(self, *words: str) -> None:
        """Sends an order; one that is gone is not missed, its end is told of."""
        assert self._popen.stdin
        with contextlib.suppress(OSError, ValueError):
            self._popen.stdin.write((" ".join(words) + "\n").encode())

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    def set_priority(self, priority: Priority) -> None:
        with contextlib.suppress(psutil.Error, OSError):
            HERE.set_priority(self.process, priority)

    def end(self) -> None:
        """Kills it with all that it began, stopped or not, and waits until it is gone."""
        if self.alive:
            end_tree(self.process, stop=self.tied)
            self._popen.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(END_SECONDS)
        self.grip.close()
        if self._popen.stdin:
            with contextlib.suppress(OSError):
                self._popen.stdin.close()

    def log(self) -> str:
        """The last lines of what it printed that were no words of its line."""
        self._listener.join(0.5)
        return many_lines(b"".join(self._log)).strip()

    def _listen(self) -> None:
        assert self._popen.stdout
        with self._popen.stdout as lines:
            while said := lines.readline(LINE_BYTES):
                if said.startswith(line.MARK):
                    self._hear(Said(said[1:].decode("ascii", "replace").strip()))
                else:
                    self._log.append(said)

    def _wait(self) -> None:
        self._hear(Exited(self._popen.wait()))

    def _hear(self, message: Said | Exited) -> None:
        with self._lock:
            self.tied = self.tied or message == Said("tied")
            self._post(message)


class Nursery:
    """Gives children; see the module. `begin` may be called from any thread that lives for as long
    as the child does."""

    def __init__(
        self,
        command: Sequence[str],
        jobs: Path,
        environment: Mapping[str, str],
        *,
        spare_seconds: float = SPARE_SECONDS,
    ) -> None:
        self._command = tuple(command)
        self._jobs = jobs
        self._environment = environment
        self._spare_seconds = spare_seconds
        self._lock = threading.Lock()
        self._spare: Child | None = None
        self._wishes: queue.SimpleQueue[Priority | Nursery | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def begin(self, kind: str, priority: Priority) -> Child:
        """A child for a job of that kind. Raises OSError where no process can be begun."""
        with self._lock:
            spare = None
            if kind == SPARE_KIND:
                spare, self._spare = self._spare, None
        if spare is not None:
            if spare.alive:
                spare.set_priority(priority)
                return spare
            spare.end()
        return Child(self._command, self._jobs, kind, self._environment, priority)

    def prepare(self, kind: str, priority: Priority) -> None:
        """Has a child ready for the next job of that kind, for a while."""
        if kind != SPARE_KIND or self._spare_seconds <= 0:
            return
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="nursery", daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:
                    log.warning("No child process could be made ready: %s", error)
                    return
                self._thread = thread
        self._wishes.put(priority)

    def empty(self) -> None:
        """Keeps no child ready any more, until `prepare` is called again."""
        if self._thread is not None:
            self._wishes.put(None)

    def close(self) -> None:
        """Ends the child that is kept ready and all that belongs to it. To be called when no child
        is at work any more; see the module for why."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._wishes.put(self)
            thread.join()

    def _run(self) -> None:
        wish: Priority | Nursery | None = None
        while wish is not self:
            try:
                wish = self._wishes.get(timeout=self._spare_seconds if self._spare else None)
            except queue.Empty:
                wish = None
            if not isinstance(wish, str):
                self._drop()
            elif self._spare is None:
                self._make(wish)

    def _make(self, priority: Priority) -> None:
        try:
            child = Child(self._command, self._jobs, SPARE_KIND, self._environment, priority)
        except OSError as error:
            log.warning("No child process could be made ready: %s", error)
            return
        child.tell("prepare", SPARE_KIND)
        with self._lock:
            self._spare = child

    def _drop(self) -> None:
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.end()


def end_tree(process: psutil.Process, *, stop: bool = True) -> None:
    """Kills `process` and all that it began, and waits until all are gone. `stop`: they are stopped
    before each one's own are looked for, so that it begins no more."""
    victims: list[psutil.Process] = []
    found = [process]
    while found:
        for victim in found if stop else ():
            with contextlib.suppress(psutil.Error):
                victim.suspend()
        victims += found
        found = [victim for victim in _children(process) if victim not in victims]
    for victim in victims:
        with contextlib.suppress(psutil.Error):
            victim.kill()
    until = time.monotonic() + WAIT_SECONDS
    while any(map(_lives, victims)) and time.monotonic() < until:
        time.sleep(0.01)


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def _lives(process: psutil.Process) -> bool:
    """Not only until its parent, who may never, has asked how it ended."""
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
