"""The settings file of the running worker: taken up when a person has edited it, written when one
asks for a change.

The thread that owns the worker's state calls it; other threads only read `settings`, a frozen
value. A file that cannot be used changes nothing, and is never overwritten: somebody may be in the
middle of writing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qubix_worker.errors import SettingsError
from qubix_worker.settings import Settings, changed, load, save


class SettingsFile:
    """The file at `path`, from which `settings` were read."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self.settings = settings
        self._path = path
        self._seen = self._written_at()

    def take_up(self) -> bool:
        """Whether the file was edited since the last look; `settings` are then those in it. Raises
        SettingsError, once for each edit, where it cannot be used."""
        at = self._written_at()
        if at == self._seen:
            return False
        self._seen = at
        self.settings = load(self._path)
        return True

    def change(self, changes: Mapping[str, Any]) -> None:
        """Makes these changes to what the file has now, and writes it. Raises ValueError where
        what is in it, or asked for, cannot be used, and OSError where it cannot be written."""
        settings = changed(self._edited(), changes)
        save(self._path, settings)
        self._seen = self._written_at()
        self.settings = settings

    def _edited(self) -> Settings:
        if self._written_at() is None:
            return self.settings
        try:
            return load(self._path)
        except SettingsError as error:
            raise ValueError(error.problem.happened) from error

    def _written_at(self) -> int | None:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return None
