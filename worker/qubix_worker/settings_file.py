"""The settings file of the running worker: taken up when a person has edited it, written when one
asks for a change.

The thread that owns the worker's state calls it; other threads only read `settings`, a frozen
value. A file that cannot be used changes nothing, and is never overwritten: somebody may be in the
middle of writing it. One that is gone changes nothing either: what was chosen stays in force.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qubix_worker import identity
from qubix_worker.errors import SettingsError
from qubix_worker.identity import Identity
from qubix_worker.settings import Settings, changed, load, save

log = logging.getLogger(__name__)

GONE = (errno.ENOENT, errno.ENOTDIR)


class SettingsFile:
    """The file at `path`, from which `settings` were read."""

    def __init__(
        self,
        path: Path,
        settings: Settings,
        who: Identity | None = None,
        keep: Callable[[Identity], None] = lambda who: None,
    ) -> None:
        """`who`: has the server and the name, once this computer has joined. `keep`: keeps it where
        it is called otherwise; raises OSError."""
        self._path = path
        self._who = who
        self._keep = keep
        self.settings = self._in_force(settings)
        self._seen = self._mark()
        self._missed = False

    def take_up(self) -> bool:
        """Whether the file was edited since the last look; `settings` are then those in it. Raises
        SettingsError, once for each edit, where it cannot be used, and where it is gone at two
        looks in a row: editors that put a new file in its place take it away for a moment."""
        mark = self._mark()
        is_gone = mark in GONE
        if mark == self._seen or (is_gone and not self._missed):
            self._missed = is_gone
            return False
        self._seen = mark
        self._missed = is_gone
        if is_gone:
            raise SettingsError(
                "settings_gone",
                f"The settings in {self._path} are gone; those from before stay in force.",
                "Put that file back, or change any setting, which writes it anew: without it, the "
                "next start takes the defaults.",
            )
        self.settings = self._in_force(load(self._path))
        return True

    def change(self, changes: Mapping[str, Any]) -> None:
        """Makes these changes to what the file has now, and writes it. Raises ValueError where
        what is in it, or asked for, cannot be used, and OSError where it cannot be written."""
        settings = changed(self._edited(), changes)
        who = self._who
        if who and who.secret and "name" in changes:
            who = who.called(settings.name)
            settings = identity.in_force(settings, who)
        save(self._path, settings)
        if who and who != self._who:
            # Only then: where the file can't be written, it is called as before.
            self._keep(who)
            self._who = who
        self._seen = self._mark()
        self.settings = settings

    def _in_force(self, settings: Settings) -> Settings:
        for key in identity.without_effect(settings, self._who):
            log.warning(
                "%s in %s has no effect: this computer has joined under another",
                key,
                self._path,
            )
        return identity.in_force(settings, self._who)

    def _edited(self) -> Settings:
        if self._mark() in GONE:
            return self.settings
        try:
            return identity.in_force(load(self._path), self._who)
        except SettingsError as error:
            raise ValueError(error.problem.happened) from error

    def _mark(self) -> tuple[int, ...] | int | None:
        """What differs after an edit; the number of the failure where the file cannot be seen."""
        try:
            about = self._path.stat()
        except OSError as error:
            return error.errno
        return about.st_mtime_ns, about.st_ino, about.st_size
