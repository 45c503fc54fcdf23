"""Results that the server has not acknowledged yet: on the disk before they are sent, until they
are acknowledged. One file for each, written whole; a file that cannot be read is set aside, and
looked at once more by the next worker, which may be a newer one that understands it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import math
import os
import re
import stat
import threading
import time
from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path

from qubix_worker.files import write_whole
from qubix_worker.protocol import RESULT_BYTES, WORKER_ID_PATTERN, JobCompletion
from qubix_worker.wire import from_wire, to_wire

PENDING_MOST = 8
"""How many are read at once: each may be as large as a result."""
FILE_BYTES = RESULT_BYTES * 3 // 2
"""No result that a worker has written is longer, with all that stands around it."""
SUFFIX = ".json"
NAME_PATTERN = re.compile(rf"{WORKER_ID_PATTERN.pattern}-[0-9]{{1,6}}\.json")
"""What no worker would call a result is no result: a heartbeat names the job of each file."""
BROKEN_SUFFIX = ".broken"
BROKEN_PATTERN = re.compile(NAME_PATTERN.pattern + re.escape(BROKEN_SUFFIX))
BROKEN_SECONDS = 7 * 24 * 3600.0
"""What was set aside is removed after so long: by then the job is somebody else's."""

REFUSED_FOLDER = "refused"
REFUSED_MOST = 4
"""So many results that nobody took are kept aside, the newest; each may be as large as a result."""

LASTING = (errno.EACCES, errno.EPERM, errno.EIO, errno.EISDIR, errno.ELOOP)
"""Reading again soon would not help."""
ABOUT_ONE = (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.EISDIR, errno.EFBIG)
"""What keeps one result from the disk, and tells nothing of the others."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A result that waits to be sent."""

    job_id: str
    completion: JobCompletion

    @property
    def name(self) -> str:
        """Its file's, and nobody else's."""
        return f"{self.job_id}-{self.completion.attempt or 1}{SUFFIX}"


class Spool:
    """Safe for several threads. One worker, the one that holds the lock, has a spool."""

    def __init__(
        self,
        folder: Path,
        write: Callable[[Path, bytes], None] = write_whole,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._write = write
        self._clock = clock
        self._lock = threading.Lock()
        self._unwritten: dict[str, Entry] = {}
        """What the disk did not take; sent from here, and lost only if the worker ends first."""
        self.trouble: OSError | None = None
        """Why the disk does not take a result, as long as one is kept in memory only."""
        self._listed: list[str] = []
        """What was in the folder when it could be looked into last."""
        self._postponed: dict[str, None] = {}
        """What comes after all else, in this order."""
        self._stuck: set[str] = set()
        """What cannot be read, and could not be set aside either: it is as if it were not there."""
        self._warned: dict[str, str] = {}
        """What was said last of the trouble with a file, or with the folder, so that it is said
        once: a worker asks with every heartbeat."""
        for name in self._names():
            path = folder / name
            with contextlib.suppress(OSError):
                if name.startswith(".") and name.endswith(".part"):
                    path.unlink()
                elif BROKEN_PATTERN.fullmatch(name):
                    if clock() - path.lstat().st_mtime > BROKEN_SECONDS:
                        path.unlink()
                    else:
                        path.replace(path.with_name(name.removesuffix(BROKEN_SUFFIX)))

    def put(self, job_id: str, completion: JobCompletion) -> None:
        """Keeps the result until `remove`. On return it is on the disk, unless the disk is full
        or broken: then it is kept in memory, and that is logged."""
        entry = Entry(job_id, completion)
        name = entry.name
        with self._lock:
            self._unwritten[name] = entry
            self._write_out()
            if name in self._unwritten:
                log.warning(
                    "The result of the job %s is kept in memory only: %s", job_id, self.trouble
                )

    def pending(self, most: int = PENDING_MOST, *, besides: Container[str] = ()) -> list[Entry]:
        """Up to `most` results that wait to be sent and have none of the names `besides`: the
        oldest first, and last what was postponed."""
        with self._lock:
            self._write_out()
            later = {name: at for at, name in enumerate(self._postponed)}
            names = dict.fromkeys([*self._on_disk(), *self._unwritten])
            found: list[Entry] = []
            for name in sorted(names, key=lambda name: later.get(name, -1)):
                if len(found) == most:
                    break
                if name in besides:
                    continue
                if entry := self._unwritten.get(name) or self._read(self._folder / name):
                    found.append(entry)
            return found

    def age_seconds(self, entry: Entry) -> float:
        """How long a result has waited by the file's time, over a restart also; 0 where it has
        not come to the disk."""
        try:
            return max(0.0, self._clock() - (self._folder / entry.name).stat().st_mtime)
        except OSError:
            return 0.0

    def postpone(self, entry: Entry) -> None:
        """Puts a result behind all others: it could not be sent now."""
        with self._lock:
            self._postponed.pop(entry.name, None)
            self._postponed[entry.name] = None

    def job_ids(self) -> frozenset[str]:
        """The jobs whose results wait to be sent. Reads names only; where the folder cannot be
        looked into, those that were in it the last time."""
        with self._lock:
            names = [*self._files(), *self._unwritten]
        return frozenset(name.rpartition("-")[0] for name in names)

    @property
    def is_hidden(self) -> bool:
        """Whether there may be results that cannot be seen: the folder cannot be looked into."""
        return self._folder.name in self._warned

    def remove(self, entry: Entry) -> None:
        """Forgets a result that was acknowledged, or refused for good. Raises OSError where the
        file stays; then the result is sent again, which the server takes for what it is."""
        with self._lock:
            self._unwritten.pop(entry.name, None)
            (self._folder / entry.name).unlink(missing_ok=True)
            self._postponed.pop(entry.name, None)

    def set_apart(self, entry: Entry) -> None:
        """Takes a result out that will not be sent any more, and keeps it aside for a person.
        Raises OSError where it stays in the spool."""
        with self._lock:
            folder, name = self._folder / REFUSED_FOLDER, entry.name
            folder.mkdir(mode=0o700, exist_ok=True)
            if name in self._unwritten:
                self._write(folder / name, json.dumps(to_wire(entry)).encode("ascii"))
                del self._unwritten[name]
            else:
                (self._folder / name).replace(folder / name)
            self._postponed.pop(name, None)
            self._tidy(REFUSED_MOST)

    def _tidy(self, most: int) -> None:
        """Leaves the newest of what was set apart."""
        with contextlib.suppress(OSError):
            kept = sorted(
                (self._folder / REFUSED_FOLDER).iterdir(), key=lambda path: path.stat().st_mtime_ns
            )
            for path in kept[:-most]:
                path.unlink()

    def _write_out(self) -> None:
        """Tries to bring to the disk what it did not take before."""
        trouble: OSError | None = None
        for name, entry in list(self._unwritten.items()):
            try:
                self._write(self._folder / name, json.dumps(to_wire(entry)).encode("ascii"))
            except OSError as error:
                trouble = error
                if error.errno not in ABOUT_ONE:
                    break
            else:
                del self._unwritten[name]
                self._stuck.discard(name)
        self.trouble = trouble

    def _on_disk(self) -> list[str]:
        """The names of the results on the disk, the oldest first; one whose age cannot be told is
        the youngest."""
        ages = []
        for name in self._files():
            age: float = math.inf
            with contextlib.suppress(OSError):  # reading it will tell
                age = (self._folder / name).stat().st_mtime_ns
            ages.append((age, name))
        return [name for _, name in sorted(ages)]

    def _files(self) -> list[str]:
        """The names of what may be results, but for those that could not be set aside."""
        found = []
        for name in self._names():
            if NAME_PATTERN.fullmatch(name):
                if name not in self._stuck:
                    found.append(name)
            elif name.endswith(SUFFIX) and name[0] != ".":
                self._warn(name, f"A file in the spool is none of this worker's: {name!a}")
        return found

    def _names(self) -> list[str]:
        """All that is in the folder; where it cannot be looked into, what was there before."""
        try:
            self._listed = [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            self._listed = []
        except OSError as error:
            self._warn(self._folder.name, f"The spool cannot be looked into: {error}")
            return self._listed
        if self._warned.pop(self._folder.name, None):
            log.info("The spool can be looked into again")
        for name in self._warned.keys() - self._listed:
            del self._warned[name]
        self._stuck.intersection_update(self._listed)
        return self._listed

    def _read(self, path: Path) -> Entry | None:
        try:
            entry = from_wire(Entry, json.loads(_content(path)))
            if entry.name != path.name:
                raise ValueError("it has the name of another job")
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in LASTING:
                self._set_aside(path, error)
            else:
                self._warn(path.name, f"A result in the spool cannot be read now: {error}")
            return None
        except (ValueError, RecursionError) as error:
            self._set_aside(path, error)
            return None
        self._warned.pop(path.name, None)
        return entry

    def _set_aside(self, path: Path, error: Exception) -> None:
        self._warn(path.name, f"A result in the spool cannot be read and is set aside: {error}")
        try:
            path.replace(path.with_name(path.name + BROKEN_SUFFIX))
        except OSError:
            self._stuck.add(path.name)

    def _warn(self, name: str, words: str) -> None:
        if self._warned.get(name) != words:
            log.warning("%s", words)
        self._warned[name] = words


def _content(path: Path) -> bytes:
    """What is in that file. Raises ValueError where it is no plain file, or too long a one: to read
    a pipe, a device or a sparse file would take for ever, or all memory."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise ValueError("it is no plain file")
        content = file.read(FILE_BYTES + 1) if about.st_size <= FILE_BYTES else None
    if content is None or len(content) > FILE_BYTES:
        raise ValueError(f"it is longer than {FILE_BYTES} bytes")
    return content
