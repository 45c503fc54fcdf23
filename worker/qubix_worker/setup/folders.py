"""The folders that a setup brings into being, so that a cancel takes them away as well, with the
log that its face writes into one of them.

What was there before is never touched, nor a folder that something else lies in.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from qubix_worker.log_files import newest_first


class Folders:
    def __init__(self, places: Iterable[Path], log: Path | None = None) -> None:
        """`places`: the folders that the steps, and the worker, write in."""
        self._places = tuple(places)
        self._logs = newest_first(log) if log else ()
        self._absent: tuple[Path, ...] | None = None

    def look(self) -> None:
        """Which of them are not there yet, with those above them. The first look counts."""
        if self._absent is None:
            every = {folder for place in self._places for folder in (place, *place.parents)}
            absent = [folder for folder in every if not os.path.lexists(folder)]
            self._absent = tuple(sorted(absent, key=lambda folder: len(folder.parts), reverse=True))
            self._logs = tuple(file for file in self._logs if not os.path.lexists(file))

    def take_back(self) -> None:
        """Removes those that were not there at the first look, as far as they are empty."""
        if self._absent is None:
            return
        for file in self._logs:
            with contextlib.suppress(OSError):  # on Windows, one that is still open
                file.unlink()
        for folder in self._absent:
            if folder in self._places:
                for inner, _, _ in os.walk(folder, topdown=False):
                    _remove(Path(inner))
            _remove(folder)


def _remove(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not there, or not empty: then it stays
        folder.rmdir()
