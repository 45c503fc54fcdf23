"""The desktop applications that the operator has placed in the downloads folder.

Each system has a folder of its own there (`windows`, `linux`, `macos`) with the application in it,
as it was built and signed; where there are several versions, the last by name is handed out. A
detached signature may lie beside it, under the same name with `.sig` at its end.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_SIGNATURE_BYTES = 64 * 1024
_SUFFIXES = {
    "windows": (".exe", ".msi"),
    "linux": (".tar.gz", ".appimage", ".deb", ".rpm"),
    "macos": (".dmg", ".pkg", ".zip"),
}


@dataclass(frozen=True)
class Application:
    file: Path
    suffix: str
    size_bytes: int
    digest: bytes
    version: str | None
    signature: str | None
    """The detached signature, as base64."""


def application(downloads: Path | None, system: str) -> Application | None:
    """The application for `system`, or None where the operator has placed none."""
    if downloads is None:
        return None
    try:
        files = sorted((downloads / system).iterdir(), key=lambda file: _natural(file.name))
        for file in reversed(files):
            suffix = next((s for s in _SUFFIXES[system] if file.name.lower().endswith(s)), None)
            if suffix is not None and file.is_file():
                return _application(file, suffix)
    except OSError:  # no such folder, or not ours to read: none is offered
        return None
    return None


def _application(file: Path, suffix: str) -> Application:
    status = file.stat()
    version = re.search(r"\d+(\.\d+)+", file.name.lower().removesuffix(suffix))
    signature = file.with_name(file.name + ".sig")
    return Application(
        file=file,
        suffix=file.name[-len(suffix) :],
        size_bytes=status.st_size,
        digest=_digest(file, status.st_mtime_ns, status.st_size),
        version=version[0] if version else None,
        signature=_signature(signature) if signature.is_file() else None,
    )


@functools.lru_cache(maxsize=16)
def _digest(file: Path, changed_ns: int, size_bytes: int) -> bytes:
    """The SHA-256 of `file`, counted once for as long as it does not change."""
    del changed_ns, size_bytes  # only there to tell one state of the file from another
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def _signature(file: Path) -> str | None:
    data = file.read_bytes() if file.stat().st_size <= _SIGNATURE_BYTES else b""
    return base64.b64encode(data).decode() or None


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts 0.10 after 0.9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
