"""How long nobody has touched an X11 desktop: its screen saver's own clock, asked over its socket.

Written by hand, since it is short: a connection, an extension, a question (X Window System
Protocol, X11R7.7; MIT-SCREEN-SAVER 1.1; Xsecurity(7) for cookies). Xlib is no way: where the X
server ends, it ends the process. Each question has a connection of its own: one that is kept would
hold up a server that ends with its last client. Only servers on this computer are asked: a
screen that is reached through the network is not a person at this computer.
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

PATIENCE_SECONDS = 2.0
COOKIE = b"MIT-MAGIC-COOKIE-1"
FAMILY_LOCAL, FAMILY_WILD = 256, 65535
SOCKETS = Path("/tmp/.X11-unix")  # noqa: S108 - where every X server of Unix listens

ERROR, REPLY = 0, 1
QUERY_EXTENSION = 98
QUERY_INFO = 1
ANSWER_BYTES = 32


class X11Error(OSError):
    """The server gave no such answer."""


def display_number(display: str) -> int | None:
    """Of a display on this computer, such as `:0` or `:0.0`; None for any other."""
    found = re.fullmatch(r"(?:unix)?:(\d{1,5})(?:\.\d+)?", display, re.ASCII)
    return int(found[1]) if found else None


def idle_seconds(number: int, authority: Path, sockets: Path = SOCKETS) -> float:
    """Since a key, a button or the pointer of display `number` moved. Raises OSError."""
    refused: OSError | None = None
    for cookie in (*_cookies(authority, number), None):
        with _Server(sockets / f"X{number}") as server:
            try:
                root = server.enter(cookie)
            except X11Error as error:
                refused = error
                continue
            except struct.error as error:
                raise X11Error("the X server tells nonsense") from error
            return server.idle_milliseconds(root) / 1000
    raise refused or X11Error("the X server lets nobody in")


class _Server:
    """A connection to an X server, little-endian."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE_SECONDS)
        try:
            self._socket.connect(str(path))
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> _Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def enter(self, cookie: bytes | None) -> int:
        """Opens the connection; the id of the first screen's root window."""
        name, data = (COOKIE, cookie) if cookie is not None else (b"", b"")
        head = struct.pack("<BxHHHHxx", ord("l"), 11, 0, len(name), len(data))
        self._socket.sendall(head + _padded(name) + _padded(data))
        outcome, length = struct.unpack("<BxxxxxH", self._read(8))
        rest = self._read(4 * length)
        if outcome != 1:
            raise X11Error("the X server refuses the connection")
        vendor_bytes, formats = struct.unpack_from("<16xH3xB", rest)[:2]
        # After the fixed part: the vendor's name, the pixel formats, then the screens.
        root: int = struct.unpack_from("<I", rest, 32 + vendor_bytes + -vendor_bytes % 4
                                       + 8 * formats)[0]  # fmt: skip
        return root

    def idle_milliseconds(self, root: int) -> int:
        name = b"MIT-SCREEN-SAVER"
        question = struct.pack("<BxHHxx", QUERY_EXTENSION, 2 + (len(name) + 3) // 4, len(name))
        present, opcode = struct.unpack_from("<8xBB", self._ask(question + _padded(name)))
        if not present:
            raise X11Error("the X server has no MIT-SCREEN-SAVER")
        answer = self._ask(struct.pack("<BBHI", opcode, QUERY_INFO, 2, root))
        # After the head: the saver's window, the time until or since it set in, since the input.
        idle: int = struct.unpack_from("<16xI", answer)[0]
        return idle

    def _ask(self, question: bytes) -> bytes:
        self._socket.sendall(question)
        while True:
            answer = self._read(ANSWER_BYTES)
            if answer[0] == ERROR:
                raise X11Error(f"the X server answers with error {answer[1]}")
            if answer[0] == REPLY:
                return answer + self._read(4 * struct.unpack_from("<4xI", answer)[0])
            # Anything else is an event that every client is told, such as a new keyboard layout.

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise X11Error("the X server has hung up")
            data += part
        return data


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _cookies(authority: Path, number: int) -> Iterator[bytes]:
    """Of display `number`, in an Xauthority file: entries of a family and four counted strings,
    big-endian (address, number, name, data)."""
    try:
        data = authority.read_bytes()
    except OSError:
        return
    at = 0
    while at + 2 <= len(data):
        family = int.from_bytes(data[at : at + 2], "big")
        at += 2
        strings = []
        for _ in range(4):
            length = int.from_bytes(data[at : at + 2], "big")
            strings.append(data[at + 2 : at + 2 + length])
            at += 2 + length
        _, shown, name, cookie = strings
        # The address is this computer's name as it was when the session began: it may have changed.
        local = family in (FAMILY_LOCAL, FAMILY_WILD) and shown in (b"", str(number).encode())
        if local and name == COOKIE:
            yield cookie
