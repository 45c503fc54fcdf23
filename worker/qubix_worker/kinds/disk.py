"""How much of the disk a job has taken: what lies in its folder, and what lay there.

A file that is removed while a program has it open is in no folder any more, and keeps its room
until the program closes it; Linux shows such files with the processes that have them. What is
hidden better, or where processes cannot be seen, is bounded by what is left of the disk.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from qubix_worker.kinds.kind import DISK_BYTES, FILES_MOST

FREE_BYTES = 1 << 30
"""A job that may have taken more than its own is ended where less than this is left of the disk."""
UNSEEN_BYTES = 4 * DISK_BYTES
"""Where its processes cannot be seen, it is ended where more than this is gone, and half of all."""
OPEN_FILES_MOST = 10_000
"""So many are looked at; a job that has more is one whose files cannot be seen."""
PROCESSES = Path("/proc")
BLOCK_BYTES = 512
"""The unit of st_blocks."""


class Disk:
    """The disk as one job uses it."""

    def __init__(
        self,
        files: Path,
        *,
        processes: Path = PROCESSES,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._files = files
        self._processes = processes
        self._free = free
        self._began = self._left()

    def begins(self) -> None:
        """The program begins now: what went before was not its doing."""
        self._began = self._left()

    def excess(self, programs: Sequence[int] | None = ()) -> str | None:
        """The sentence for a job that took too much. `programs` are its processes; None: they
        cannot be seen from here."""
        stored = _stored(self._files)
        if isinstance(stored, str):
            return stored
        open_only, seen = self._open_only(programs)
        if stored + open_only > DISK_BYTES:
            return f"The program stored more than {DISK_BYTES >> 20} MiB in its folder."
        left = self._left()
        if left is None or self._began is None:
            return None
        taken = self._began - left
        if taken > DISK_BYTES and left < FREE_BYTES:
            return "This computer's disk became nearly full while the program was at work."
        if not seen and taken > UNSEEN_BYTES and left < self._began // 2:
            return (
                "Half of what was free on this computer's disk was taken while the program was at"
                " work, and how much of it the program stored cannot be seen."
            )
        return None

    def _left(self) -> int | None:
        try:
            return self._free(self._files)
        except OSError:
            return None

    def _open_only(self, programs: Sequence[int] | None) -> tuple[int, bool]:
        """The size of the files of this disk that are open in `programs` and in no folder, and
        whether all could be looked at: a program can forbid that, or have too many."""
        if programs is None or not self._processes.is_dir():
            return 0, False
        found: dict[int, int] = {}
        seen = True
        looked = 0
        try:
            device = self._files.stat().st_dev
        except OSError:
            return 0, False
        for pid in programs:
            try:
                with os.scandir(self._processes / str(pid) / "fd") as entries:
                    for entry in entries:
                        looked += 1
                        if looked > OPEN_FILES_MOST:
                            return sum(found.values()), False
                        about = _about(entry.path)
                        if about and about.st_dev == device and about.st_nlink == 0:
                            found[about.st_ino] = _size(about)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended
            except OSError:
                seen = False
        return sum(found.values()), seen


def _about(path: str) -> os.stat_result | None:
    try:
        about = os.stat(path)  # noqa: PTH116 - of very many
    except (FileNotFoundError, ProcessLookupError):
        return None  # closed meanwhile
    return about if stat.S_ISREG(about.st_mode) else None


def _size(about: os.stat_result) -> int:
    """A file of holes counts for its size; one with room behind its end for that room, but for as
    much as some file systems (XFS) give to each file that grows."""
    room = getattr(about, "st_blocks", 0) * BLOCK_BYTES
    return max(about.st_size, room - about.st_size)


def _stored(files: Path) -> int | str:
    """The size of all in there, or the sentence for a folder in which nobody can count."""
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
                        # Not entry.stat(), which on Windows tells what the folder was last told.
                        total += _size(os.stat(entry.path, follow_symlinks=False))  # noqa: PTH116
                    if count > FILES_MOST:
                        return f"The program made more than {FILES_MOST} files."
        except FileNotFoundError:
            continue
        except PermissionError:
            return "The program made a folder that nobody can look into."
        except OSError:
            # Names too long for the system, which is possible only folder by folder.
            return "The program made folders that are nested too deeply."
    return total
