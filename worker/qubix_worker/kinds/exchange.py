"""Files that a job is given and gives back, whatever its kind. In the specification:

    files          what lies in the program's own folder when it begins: path to base64
    outputs        paths of files, or of folders with all that is in them, that it must leave there;
                   the result's `files` has each file's path and its data in base64

A path is relative, with `/`, of names that every system takes. What the program leaves is looked at
when it is gone: a link of either sort is never followed, and what is not a plain file is refused.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qubix_worker.kinds.kind import FILES_MOST, OUTPUT_BYTES, SpecError

NAMES_MOST = 1000
NAMES_CHARACTERS = 256 * 1024
"""Of all outputs together, in ASCII: a server leaves 1 MiB for what stands around the bytes."""
NAME_BYTES = 255
PATH_BYTES = 1000
DEPTH_MOST = 16
FORBIDDEN = re.compile(r'[\\:*?"<>|]')
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""


class LeftError(Exception):
    """What the program has left cannot be handed over; the message is a sentence."""


def given(spec: dict[str, Any]) -> dict[str, bytes]:
    """The files that the job is given. Raises SpecError."""
    files = spec.get("files", {})
    if not isinstance(files, dict) or len(files) > NAMES_MOST:
        raise SpecError(
            "The job's 'files' must be an object of paths and their data in base64,"
            f" at most {NAMES_MOST}."
        )
    _check_names("files", list(files))
    return {
        path: decoded(data, f"The data of '{path}' in the job's 'files'")
        for path, data in files.items()
    }


def decoded(value: object, what: str) -> bytes:
    """The data that `value` is in base64; `what` names it in a sentence. Raises SpecError."""
    if not isinstance(value, str):
        raise SpecError(f"{what} must be a text in base64.")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise SpecError(f"{what} is not valid base64.") from None


def wanted(spec: dict[str, Any]) -> tuple[str, ...]:
    """The paths of what the job must leave. Raises SpecError."""
    names = spec.get("outputs", [])
    if not isinstance(names, list) or len(names) > NAMES_MOST:
        raise SpecError(f"The job's 'outputs' must be a list of at most {NAMES_MOST} paths.")
    _check_names("outputs", names)
    return tuple(names)


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Puts `files` into the `folder`, in which nothing is yet. Raises OSError."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)


def read(folder: Path, names: tuple[str, ...], most_bytes: int = OUTPUT_BYTES) -> dict[str, str]:
    """What is in `folder` under `names`, in base64. Raises LeftError. The program must be gone."""
    found: dict[str, str] = {}
    left, names_left = most_bytes, NAMES_CHARACTERS
    for name in names:
        for path in _files(folder, name):
            data = _read(folder, path, left)
            left -= len(data)
            names_left -= len(ascii(path))
            found[path] = base64.b64encode(data).decode("ascii")
            if len(found) > NAMES_MOST or names_left < 0:
                raise LeftError(
                    f"The program left more than {NAMES_MOST} files as its outputs, or their names"
                    " are too long."
                )
    return found


def _check_names(key: str, names: list[Any]) -> None:
    folded: set[str] = set()
    folders: set[str] = set()
    for name in names:
        problem = _problem(name)
        if problem:
            shown = ascii(name[:100]) if isinstance(name, str) else "A path"
            raise SpecError(f"{shown} in the job's '{key}' {problem}.")
        # Where the system does not tell small letters from capitals they would be one file.
        folded.add(name.casefold())
        parts = name.casefold().split("/")
        folders |= {"/".join(parts[:n]) for n in range(1, len(parts))}
    if len(folded) < len(names):
        raise SpecError(f"The job's '{key}' names a path twice.")
    if key == "files" and (both := folders & folded):
        raise SpecError(f"'{min(both)}' in the job's '{key}' is a file and a folder.")


def _problem(name: Any) -> str | None:
    """Why `name` is no path that every system takes, to be read after it."""
    if not isinstance(name, str):
        return "must be a text"
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "must be relative, without '.', '..' or empty names"
    if not name.isprintable() or any("\ud800" <= character <= "\udfff" for character in name):
        return "must not contain control characters"
    if FORBIDDEN.search(name) or any(part[-1] in ". " or DEVICES.fullmatch(part) for part in parts):
        return "is not a name that every system takes"
    long = len(name.encode()) > PATH_BYTES or len(parts) > DEPTH_MOST
    if long or any(len(part.encode()) > NAME_BYTES for part in parts):
        return "is too long"
    return None


def _files(folder: Path, name: str) -> Iterator[str]:
    """The paths of the files at `name`, in order, none of them reached through a link."""
    parts = name.split("/")
    for depth in range(1, len(parts)):
        if not stat.S_ISDIR(_mode(folder, "/".join(parts[:depth]), name)):
            raise LeftError(f"The program left no '{name}'.")
    waiting = [name]
    seen = 0
    while waiting:
        path = waiting.pop()
        mode = _mode(folder, path, name)
        if stat.S_ISDIR(mode):
            inside = sorted(os.listdir(folder / path), reverse=True)  # noqa: PTH208 - names only
            seen += len(inside)
            if seen > FILES_MOST:
                raise LeftError(f"The program left more than {FILES_MOST} files in '{name}'.")
            for entry in inside:
                if problem := _problem(f"{path}/{entry}"):
                    raise LeftError(f"The program left a file in '{path}' whose name {problem}.")
                waiting.append(f"{path}/{entry}")
        elif stat.S_ISREG(mode):
            yield path
        else:
            what = "a link" if stat.S_ISLNK(mode) else "no plain file"
            raise LeftError(f"'{path}', which the program left, is {what}.")


def _mode(folder: Path, path: str, name: str) -> int:
    try:
        return (folder / path).lstat().st_mode
    except FileNotFoundError:
        raise LeftError(f"The program left no '{name}'.") from None
    except OSError as error:
        raise LeftError(f"'{name}' cannot be read: {error.strerror}.") from error


def _read(folder: Path, path: str, most_bytes: int) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(folder / path, flags | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(handle)
            if not stat.S_ISREG(about.st_mode) or about.st_nlink > 1:
                raise LeftError(f"'{path}', which the program left, is a link.")
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise LeftError(f"'{path}' cannot be read: {error.strerror}.") from error
    if len(data) > most_bytes:
        raise LeftError(
            f"The program's output and files are more than {OUTPUT_BYTES >> 20} MiB together."
        )
    return data
