"""macOS: its version, LaunchAgents. Not run on a Mac yet."""

from __future__ import annotations

import platform
import plistlib
from pathlib import Path
from typing import Literal

from qubix_worker.files import write_whole
from qubix_worker.system import Autostart
from qubix_worker.system.posix import Posix, while_there

LABEL = "org.qubix.worker"


class MacOS(Posix):
    """See `System`."""

    name: Literal["macos"] = "macos"

    def version(self) -> str:
        return f"macOS {platform.mac_ver()[0]}"

    def autostart(self, home: Path | None) -> Autostart:
        folder = home / "config" if home else Path.home() / "Library"
        return LaunchAgent(folder / "LaunchAgents" / f"{LABEL}.plist", home)


class LaunchAgent:
    """A LaunchAgent (launchd.plist(5)) that runs the worker at sign-in."""

    def __init__(self, path: Path, home: Path | None = None) -> None:
        self.path = path
        self._home = home

    @property
    def folder(self) -> Path:
        return self.path.parent

    def exists(self) -> bool:
        return self.path.exists()

    def add(self, command: list[str], needs: Path | None = None) -> None:
        agent = {
            "Label": LABEL,
            "ProgramArguments": while_there(command, needs, self._home),
            "RunAtLoad": True,
            "ProcessType": "Background",
        }
        write_whole(self.path, plistlib.dumps(agent), mode=0o644)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
