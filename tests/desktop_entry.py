"""What a desktop runs for an autostart entry, read as the Desktop Entry Specification 1.5 says."""

from __future__ import annotations

import re
from pathlib import Path


def command_of(entry: Path) -> list[str]:
    """The arguments of its Exec line, each of them quoted there."""
    (line,) = (one for one in entry.read_text().splitlines() if one.startswith("Exec="))
    text = line.removeprefix("Exec=").replace("\\\\", "\\")  # the escapes of a string
    words = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    return [re.sub(r"\\(.)", r"\1", word).replace("%%", "%") for word in words]
