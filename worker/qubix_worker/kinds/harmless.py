"""What a stranger's program wrote, made fit to be shown: in a terminal, a page or a log.

Escape sequences, other control characters and marks that turn the direction of text are replaced.
"""

from __future__ import annotations

from pathlib import Path

LINE_CHARACTERS = 300
TAIL_BYTES = 64 * 1024
REPLACEMENT = "\ufffd"


def one_line(text: str, most: int = LINE_CHARACTERS) -> str:
    """`text` as one line of at most `most` printable characters."""
    clean = "".join(_character(character) for character in text)
    clean = " ".join(clean.split())
    return clean if len(clean) <= most else clean[: most - 3] + "..."


def many_lines(data: bytes) -> str:
    """`data` as text that keeps its lines and tabs."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    return "".join(c if c in "\n\t" else _character(c) for c in text)


def tail(path: Path, most: int = TAIL_BYTES) -> str:
    """The end of the file at `path`; empty where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most))
            return many_lines(file.read(most))
    except FileNotFoundError:
        return ""


def last_line(path: Path) -> str:
    """The last line of the file at `path` that says something and is no progress report."""
    lines = (one_line(line) for line in reversed(tail(path).splitlines()))
    return next((line for line in lines if line and not line.startswith("progress:")), "")


def _character(character: str) -> str:
    if character.isspace():
        return " "
    return character if character.isprintable() else REPLACEMENT
