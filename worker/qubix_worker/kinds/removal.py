"""Removes what a job has left, whatever that looks like: very deep, shut, or very much.

The one thing to know before changing it: no link is ever followed, and nothing beside the folder is
touched. To be called when no process of the job is left.
"""

from __future__ import annotations

import logging
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

LONGEST_INSIDE = 100
"""How long a path may become below a job's folder while that is removed."""

log = logging.getLogger(__name__)


def remove(place: Path, enough: Callable[[], bool] = lambda: False) -> bool:
    """Removes a job's folder, however deep the job has nested its own and whatever it has shut.
    What cannot be removed is left behind, and nothing else. False where `enough` said to leave off:
    to be called again."""
    stuck: dict[Path, OSError] = {}
    waiting = [place]
    while waiting:
        if enough():
            return False
        current = waiting[-1]
        try:
            found = _entries(current)
        except OSError as error:
            stuck[current] = error
            waiting.pop()
            continue
        deeper = []
        for path, is_folder in found:
            if enough():
                return False
            if path in stuck:
                continue
            try:
                if is_folder:
                    deeper.append(_shortened(path, place))
                else:
                    _unlink(path)
            except OSError as error:
                stuck[path] = error
        waiting += deeper
        if not deeper:
            waiting.pop()
            try:
                current.rmdir()
            except OSError as error:
                stuck[current] = error
    failed = (error for error in stuck.values() if not isinstance(error, FileNotFoundError))
    if failure := next(failed, None):
        log.warning("The files of a job could not be removed: %s", failure)
    return True


def _entries(folder: Path) -> list[tuple[Path, bool]]:
    """What is in there, and whether it is a folder itself. Removes what is none in its place."""
    if not stat.S_ISDIR(folder.lstat().st_mode):
        _unlink(folder)
        raise FileNotFoundError
    _open_up(folder)
    with os.scandir(folder) as entries:
        return [(Path(entry.path), entry.is_dir(follow_symlinks=False)) for entry in entries]


def _open_up(folder: Path) -> None:
    """A program can take its own folders' permissions away, even from whoever it is."""
    mode = folder.lstat().st_mode
    if stat.S_ISDIR(mode) and mode & 0o700 != 0o700:
        folder.chmod(0o700)


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except PermissionError:
        if path.is_symlink():
            raise
        path.chmod(0o600)  # Windows removes no file that is marked as only to be read
        path.unlink()


def _shortened(folder: Path, place: Path) -> Path:
    """`folder`, raised to the top where its path would become longer than the system takes."""
    if len(os.fspath(folder)) < len(os.fspath(place)) + LONGEST_INSIDE:
        return folder
    _open_up(folder)
    return folder.rename(place / f"removed-{secrets.token_hex(8)}")
