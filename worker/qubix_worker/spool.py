"""Results that the server has not acknowledged yet: on the disk before they are sent, until they
are acknowledged. One file for each, written whole; a file that cannot be read is set aside, and
looked at once more by the next worker, which may be a newer one that understands it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qubix_worker.files import write_whole
from qubix_worker.protocol import JobCompletion
from qubix_worker.wire import from_wire, to_wire

PENDING_MOST = 8
"""How many are read at once: each may be as large as a result."""
BROKEN_SUFFIX = ".broken"
BROKEN_SECONDS = 7 * 24 * 3600.0
"""What was set aside is removed after so long: by then the job is somebody else's."""

LASTING = (errno.EACCES, errno.EPERM, errno.EIO, errno.EISDIR, errno.ELOOP)
"""Reading again soon would not help."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A result that waits to be sent."""

    job_id: str
    completion: JobCompletion


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
        self._lock = threading.Lock()
        self._unwritten: dict[str, Entry] = {}
        """What the disk did not take; sent from here, and lost only if the worker ends first."""
        self.trouble: OSError | None = None
        """Why the disk does not take a result, as long as one is kept in memory only."""
        for path in folder.glob(".*.part"):
            with contextlib.suppress(OSError):
                path.unlink()
        for path in folder.glob(f"[!.]*.json{BROKEN_SUFFIX}"):
            with contextlib.suppress(OSError):
                if clock() - path.stat().st_mtime > BROKEN_SECONDS:
                    path.unlink()
                else:
                    path.replace(path.with_name(path.name.removesuffix(BROKEN_SUFFIX)))

    def put(self, job_id: str, completion: JobCompletion) -> None:
        """Keeps the result until `remove`. On return it is on the disk, unless the disk is full
        or broken: then it is kept in memory, and that is logged."""
        entry = Entry(job_id, completion)
        name = _name(entry)
        with self._lock:
            self._unwritten[name] = entry
            self._write_out()
            if name in self._unwritten:
                log.warning(
                    "The result of the job %s is kept in memory only: %s", job_id, self.trouble
                )

    def pending(self, most: int = PENDING_MOST) -> list[Entry]:
        """Up to `most` results that wait to be sent, the oldest first."""
        with self._lock:
            self._write_out()
            found: list[Entry] = []
            for path in self._paths():
                if len(found) == most:
                    break
                if entry := self._read(path):
                    found.append(entry)
            return [*found, *self._unwritten.values()][:most]

    def job_ids(self) -> frozenset[str]:
        """The jobs whose results wait to be sent. Reads names only."""
        with self._lock:
            names = [*(path.name for path in self._paths()), *self._unwritten]
        return frozenset(name.rpartition("-")[0] for name in names)

    def remove(self, entry: Entry) -> None:
        """Forgets a result that was acknowledged, or refused for good. Raises OSError where the
        file stays; then the result is sent again, which the server takes for what it is."""
        name = _name(entry)
        with self._lock:
            self._unwritten.pop(name, None)
            (self._folder / name).unlink(missing_ok=True)

    def _write_out(self) -> None:
        """Tries to bring to the disk what it did not take before."""
        for name, entry in list(self._unwritten.items()):
            try:
                self._write(self._folder / name, json.dumps(to_wire(entry)).encode("ascii"))
            except OSError as error:
                self.trouble = error
                return
            del self._unwritten[name]
        self.trouble = None

    def _paths(self) -> list[Path]:
        ages = []
        for path in self._folder.glob("[!.]*.json"):
            with contextlib.suppress(FileNotFoundError):
                ages.append((path.stat().st_mtime_ns, path.name, path))
        return [path for _, _, path in sorted(ages)]

    def _read(self, path: Path) -> Entry | None:
        try:
            entry = from_wire(Entry, json.loads(path.read_bytes()))
            if _name(entry) != path.name:
                raise ValueError("it has the name of another job")
        except OSError as error:
            if error.errno in LASTING:
                self._set_aside(path, error)
            else:
                log.warning("A result in the spool cannot be read now: %s", error)
            return None
        except (ValueError, RecursionError) as error:
            self._set_aside(path, error)
            return None
        return entry

    def _set_aside(self, path: Path, error: Exception) -> None:
        log.warning("A result in the spool cannot be read and is set aside: %s", error)
        with contextlib.suppress(OSError):
            path.replace(path.with_name(path.name + BROKEN_SUFFIX))


def _name(entry: Entry) -> str:
    return f"{entry.job_id}-{entry.completion.attempt or 1}.json"
