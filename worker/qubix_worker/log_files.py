"""The files of a log that is rotated, and its last lines, whichever of them they stand in.

`worker.log` is the newest, `worker.log.4` the oldest. Any of them may be missing at any moment: a
rotation renames them one after the other, the newest last.
"""

from __future__ import annotations

import os
from pathlib import Path

OLD_FILES = 4


def newest_first(log: Path) -> tuple[Path, ...]:
    """All that `log` may be kept in."""
    return (log, *(log.with_name(f"{log.name}.{age}") for age in range(1, OLD_FILES + 1)))


def last_lines(log: Path, count: int, most_bytes: int) -> list[str]:
    """The last `count` lines, oldest first; fewer if there are no more in the last `most_bytes`."""
    lines: list[str] = []
    seen = set()
    left = most_bytes
    for file in newest_first(log):
        try:
            with file.open("rb") as opened:
                about = os.fstat(opened.fileno())
                if about.st_ino in seen:
                    continue  # it was rotated after it was read
                seen.add(about.st_ino)
                opened.seek(max(0, about.st_size - left))
                data = opened.read(left)
        except FileNotFoundError:
            continue
        left -= len(data)
        lines = data.decode("utf-8", "replace").splitlines() + lines
        if len(lines) >= count or left <= 0:
            break
    return lines[-count:]
