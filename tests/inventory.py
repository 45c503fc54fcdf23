"""Every file below a folder, so that a machine can be compared with what it was before."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """What a path is: all that a person could tell apart, but for its times."""

    kind: str
    mode: int
    owner: tuple[int, int]
    size: int
    content: str
    """A digest, a link's target, or a device's number."""


Inventory = dict[str, Entry]


def take(root: Path, *, without: Collection[str] = ()) -> Inventory:
    """All below `root`, and `root` itself as `.`; not what lies below the paths in `without`."""
    return {
        str(path.relative_to(root)): entry
        for path in _walk(root, {root / name for name in without})
        if (entry := _entry(path))
    }


def differences(before: Inventory, after: Inventory) -> list[str]:
    """A line for each path that came, went or changed."""
    lines = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old is None:
            lines.append(f"came: {path}")
        elif new is None:
            lines.append(f"went: {path}")
        elif old != new:
            lines.append(f"changed: {path}: {old} -> {new}")
    return lines


def _walk(folder: Path, without: set[Path]) -> Iterator[Path]:
    yield folder
    for child in sorted(folder.iterdir()):
        if child.is_dir() and not child.is_symlink() and child not in without:
            yield from _walk(child, without)
        else:
            yield child


def _entry(path: Path) -> Entry | None:
    try:
        found = path.lstat()
        kind = stat.S_IFMT(found.st_mode)
        content, size = "", 0
        if kind == stat.S_IFLNK:
            content = str(path.readlink())
        elif kind == stat.S_IFREG:
            content, size = hashlib.sha256(path.read_bytes()).hexdigest(), found.st_size
        elif kind in (stat.S_IFCHR, stat.S_IFBLK):
            content = f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
    except FileNotFoundError:  # gone between the listing and the look
        return None
    mode = stat.S_IMODE(found.st_mode)
    return Entry(stat.filemode(kind)[0], mode, (found.st_uid, found.st_gid), size, content)
