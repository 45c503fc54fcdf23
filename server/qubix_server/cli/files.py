"""The files that a job has given back: told of, and put into a folder.

Their names and their data come from a stranger's computer. What is not a plain name below the
folder, on every system, is not written; nothing that is there already is replaced.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qubix_server.errors import StartError

NAMES_MOST = 10_000
PATH_CHARACTERS = 1000
DEPTH_MOST = 16
FORBIDDEN = re.compile(r'[\\:*?"<>|]')
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""


def decoded(result: Any) -> dict[str, bytes]:
    """The files of a job's result, by the names that it gives them. Raises StartError."""
    files = result.get("files") if isinstance(result, dict) else None
    if files is None:
        return {}
    if not isinstance(files, dict) or len(files) > NAMES_MOST:
        raise StartError("The job's result has files that cannot be understood.")
    return {name: _data(name, data) for name, data in files.items()}


def output(result: Any) -> bytes:
    """What the job's program printed. Raises StartError where it cannot be understood."""
    printed = result.get("stdout") if isinstance(result, dict) else None
    return b"" if printed is None else _data("stdout", printed)


def save(folder: Path, files: Mapping[str, bytes]) -> dict[str, str]:
    """Writes the files into `folder`, which must be new or empty; why some were not, by their
    names. Raises StartError where the folder cannot be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # In an empty folder there is no link that a name could lead through.
        if any(folder.iterdir()):
            raise StartError(f"{folder} is not empty. Give a new folder with --save-files.")
    except OSError as error:
        raise StartError(f"{folder} cannot be used: {error.strerror or error}.") from error
    refused = {}
    for name, data in files.items():
        problem = _problem(name)
        if problem is None:
            try:
                _write(folder / name, data)
            except OSError as error:
                problem = f"cannot be written: {error.strerror or error}"
        if problem is not None:
            refused[name] = problem
    return refused


def shown(name: str) -> str:
    """A name as it can be printed: it can play no tricks with a terminal."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in name)


def _data(name: str, data: Any) -> bytes:
    try:
        if isinstance(data, str):
            return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise StartError(f"The job's result cannot be understood: '{shown(name)}' is not base64.")


def _problem(name: str) -> str | None:
    """Why `name` is not written, to be read after it."""
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "is not a name below the folder"
    if not name.isprintable() or FORBIDDEN.search(name):
        return "has characters that no file's name should have"
    if any(part[-1] in ". " or DEVICES.fullmatch(part) for part in parts):
        return "is not a name that every system takes"
    if len(name) > PATH_CHARACTERS or len(parts) > DEPTH_MOST:
        return "is too long"
    return None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
