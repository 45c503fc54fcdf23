"""Check for updates: what the network hands out now, beside what runs here, in a sentence.

Nothing is installed by it: a new version comes from the network's page, as the first one did.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from qubix_worker import __version__
from qubix_worker.files import write_whole

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Versions:
    """`offered`: by the network; `worker`: the one that runs, where one does."""

    server: str
    offered: str
    worker: str | None = None
    application: str = __version__


def told(versions: Versions) -> str:
    """What a person should know of it."""
    if _order(versions.offered) > _order(versions.application):
        return translate(
            "Updates",
            "Version {offered} is there; this computer has {own}. Open {server} and press Share my "
            "GPU to get it: your choices stay as they are.",
        ).format(offered=versions.offered, own=versions.application, server=versions.server)
    if versions.worker not in (None, versions.application):
        return translate(
            "Updates",
            "Version {own} is here, but {worker} is still at work. Quit and stop sharing, then "
            "open QUBIX again.",
        ).format(own=versions.application, worker=versions.worker)
    return translate("Updates", "QUBIX {own} is up to date.").format(own=versions.application)


def former_version(note: Path) -> str | None:
    """The version that ran here before this one, the first time that this one does. Raises OSError
    where that cannot be kept."""
    try:
        before = note.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        before = ""
    if before == __version__:
        return None
    write_whole(note, __version__.encode())
    return before or None


def _order(version: str) -> tuple[int, ...]:
    """By its numbers: 0.10 is newer than 0.9."""
    parts = version.split("+", maxsplit=1)[0].split(".")
    return tuple(int("".join(filter(str.isdigit, part)) or 0) for part in parts)
