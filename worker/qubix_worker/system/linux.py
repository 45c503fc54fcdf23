"""Linux: /proc, os-release, and XDG autostart entries."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from qubix_worker.files import write_whole
from qubix_worker.system import Autostart
from qubix_worker.system.posix import Posix, found_by, while_there

ENTRY = Path("autostart", "qubix-worker.desktop")


class Linux(Posix):
    """See `System`."""

    name: Literal["linux"] = "linux"

    def version(self) -> str:
        try:
            release = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
        except OSError:
            release = "Linux"
        return f"{release}, kernel {platform.release()}"

    @contextmanager
    def short_folder(self, folder: Path) -> Iterator[str]:
        # A descriptor's entry in /proc is a name for the folder that is never long.
        handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)

    def autostart(self, home: Path | None) -> Autostart:
        usual = Path.home() / ".config"
        config = home / "config" if home else Path(found_by(None).get("XDG_CONFIG_HOME", usual))
        also = usual / ENTRY if not home and config != usual and usual.is_dir() else None
        return DesktopEntry(config / ENTRY, home, also)


class DesktopEntry:
    """An XDG autostart entry (Desktop Application Autostart Specification 0.5). `also`: where a
    desktop looks for it that was not told what this process was; each looks in one place."""

    def __init__(self, path: Path, home: Path | None = None, also: Path | None = None) -> None:
        self.path = path
        self._paths = (path, also) if also else (path,)
        self._home = home

    @property
    def folder(self) -> Path:
        return self.path.parent

    def exists(self) -> bool:
        return any(path.exists() for path in self._paths)

    def add(self, command: list[str], needs: Path | None = None) -> None:
        text = (
            "[Desktop Entry]\nType=Application\nName=QUBIX\n"
            "Comment=Shares this computer while it is idle\n"
            # TryExec: once the program is gone, the entry does nothing and says nothing.
            f"TryExec={_string(command[0])}\n"
            f"Exec={' '.join(map(exec_argument, while_there(command, needs, self._home)))}\n"
            "Terminal=false\nNoDisplay=true\nX-GNOME-Autostart-enabled=true\n"
        )
        write_whole(self.path, text.encode(), mode=0o644)
        for also in self._paths[1:]:
            with contextlib.suppress(OSError):  # where nobody may write, none is started from
                write_whole(also, text.encode(), mode=0o644)

    def remove(self) -> None:
        for path in self._paths:
            if path.exists():
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not empty, or not there: of other programs
                path.parent.rmdir()


def _string(value: str) -> str:
    """A value of type string: backslash and control characters are escaped
    (Desktop Entry Specification 1.5, "Possible value types")."""
    for character, escape in (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        value = value.replace(character, escape)
    return value


def exec_argument(value: str) -> str:
    """One argument of an Exec line: quoted, then escaped again as a string, `%` doubled
    (Desktop Entry Specification 1.5, "The Exec key")."""
    for character in ("\\", '"', "`", "$"):
        value = value.replace(character, "\\" + character)
    return _string('"' + value.replace("%", "%%") + '"')
