"""Where the lines of a log stand, found piece by piece: its rotated files, the oldest first.

No Qt in here, and no line is kept: a mark says where one is, and `texts` reads those that are seen.
A file is known by its number and its first line, so that it is known again when a rotation has
given it another name.
"""

from __future__ import annotations

import os
import re
import threading
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from qubix_worker.log_files import newest_first

PIECE_BYTES = 256 * 1024
LINE_BYTES_MOST = 8192
"""Of a longer line only the beginning is shown."""
HEAD_BYTES = 20
"""So much of the first line is the time that it was written."""
BREATH_SECONDS = 0.001
"""Between two pieces, for those who wait for the interpreter."""

LEVELS = {b"DEBUG": 10, b"INFO": 20, b"WARNING": 30, b"ERROR": 40, b"CRITICAL": 50}
_ENTRY = re.compile(rb"\S+Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) ")

FileKey = tuple[int, bytes]


@dataclass(frozen=True)
class Wanted:
    """Which lines to find: from this level on, and with this text in them, in any case."""

    level: int = 0
    text: str = ""


@dataclass(frozen=True)
class Reached:
    """How far a file is known, and the level of the entry that its next lines may belong to."""

    offset: int = 0
    level: int = 20


@dataclass(frozen=True)
class Piece:
    """Lines that were found in a file, in their order."""

    file: FileKey
    reached: Reached
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    lengths: array[int] = field(default_factory=lambda: array("I"))
    levels: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Gone:
    """A file that is no more, or was begun anew: what was found in it is void."""

    file: FileKey


def news(
    log: Path, wanted: Wanted, known: Mapping[FileKey, Reached], cancelled: threading.Event
) -> Iterator[Piece | Gone]:
    """What is new since `known`. Files that vanish meanwhile are found out the next time."""
    present = list(_files(log))
    for key in known.keys() - {key for key, _, _ in present}:
        yield Gone(key)
    for key, path, size in present:
        reached = known.get(key, Reached())
        if size < reached.offset:
            yield Gone(key)
            reached = Reached()
        if size == reached.offset:
            continue
        for piece in _read(path, key, wanted, reached):
            yield piece
            if cancelled.wait(BREATH_SECONDS):
                return


def texts(log: Path, marks: Sequence[tuple[FileKey, int, int]]) -> list[str]:
    """The lines at these places: file, offset and length. Empty where one is no more."""
    found: dict[int, str] = {}
    wanted = {key for key, _, _ in marks}
    for key, path, _ in _files(log):
        if key not in wanted:
            continue
        try:
            with path.open("rb") as file:
                if _key(file) != key:
                    continue
                for at, (of, offset, length) in enumerate(marks):
                    if of == key:
                        file.seek(offset)
                        line = file.read(min(length, LINE_BYTES_MOST))
                        found[at] = line.decode("utf-8", "replace").rstrip("\r")
        except FileNotFoundError:
            continue
    return [found.get(at, "") for at in range(len(marks))]


def _files(log: Path) -> Iterator[tuple[FileKey, Path, int]]:
    """Those that have a line, the oldest first."""
    for path in reversed(newest_first(log)):
        try:
            with path.open("rb") as file:
                key, size = _key(file), os.fstat(file.fileno()).st_size
        except FileNotFoundError:
            continue
        if len(key[1]) == HEAD_BYTES:
            yield key, path, size


def _key(file: IO[bytes]) -> FileKey:
    file.seek(0)
    return os.fstat(file.fileno()).st_ino, file.read(HEAD_BYTES)


def _read(path: Path, key: FileKey, wanted: Wanted, reached: Reached) -> Iterator[Piece]:
    try:
        with path.open("rb") as file:
            if _key(file) != key:
                return  # it was rotated just now
            file.seek(reached.offset)
            rest = b""
            while data := file.read(PIECE_BYTES):
                data = rest + data
                end = data.rfind(b"\n") + 1
                rest = data[end:]
                if end:
                    piece = _found(data[:end], key, wanted, reached)
                    reached = piece.reached
                    yield piece
    except FileNotFoundError:
        return


def _found(data: bytes, key: FileKey, wanted: Wanted, reached: Reached) -> Piece:
    offsets, lengths, levels = array("Q"), array("I"), bytearray()
    at, level = reached.offset, reached.level
    needle = wanted.text.casefold()
    plain = needle.encode() if needle.isascii() else b""
    for line in data.split(b"\n")[:-1]:
        entry = _ENTRY.match(line)
        if entry:
            level = LEVELS[entry[1]]
        if level >= wanted.level and (not needle or _holds(line, needle, plain)):
            offsets.append(at)
            lengths.append(len(line))
            levels.append(level)
        at += len(line) + 1
    return Piece(key, Reached(at, level), offsets, lengths, levels)


def _holds(line: bytes, needle: str, plain: bytes) -> bool:
    if plain:
        return plain in line.lower()
    return needle in line.decode("utf-8", "replace").casefold()
