"""Modules that were fetched before, kept by their hash, up to a size in all.

A cache: whatever goes wrong with it costs a download and no more.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from pathlib import Path

from qubix_worker.files import write_whole

LIMIT_BYTES = 256 * 1024 * 1024

log = logging.getLogger(__name__)


class ModuleCache:
    """Safe for several threads, and for several processes: files appear and vanish whole."""

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes

    def get(self, sha256: str) -> bytes | None:
        """The module with that hash, checked, or None."""
        data = self.read(sha256)
        if data is not None and hashlib.sha256(data).hexdigest() != sha256:
            self._remove(self._folder / sha256)
            return None
        return data

    def put(self, sha256: str, data: bytes) -> None:
        """Keeps `data` under its hash; see `write`."""
        self.write(sha256, data)

    def read(self, name: str) -> bytes | None:
        """What is kept under `name`, unchecked, or None."""
        path = self._folder / name
        try:
            data = path.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # used just now: the last to be dropped
        return data

    def write(self, name: str, data: bytes) -> None:
        """Keeps `data`, and drops what was used longest ago where it is too much in all."""
        try:
            write_whole(self._folder / name, data)
            self._drop(keep=name)
        except OSError as error:
            log.warning("A module could not be kept: %s", error)

    def _drop(self, keep: str) -> None:
        found = []
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                found.append((stat.st_mtime_ns, path, stat.st_size))
        total = sum(size for *_, size in found)
        for _, path, size in sorted(found):
            if total > self._limit_bytes and path.name != keep:
                self._remove(path)
                total -= size

    def _remove(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            path.unlink()
