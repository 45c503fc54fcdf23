"""Puts the worker in its folder: the part of both installers that is written in Python.

It stands in them word for word, save the sentences, which are filled in from failures.py; in the
.sh between apostrophes, so there is none in here. It runs under the Python that was found on the
computer, 3.11 or newer, with its standard library alone.
"""

import hashlib
import os
import sys
from pathlib import Path


def place(worker: bytes, sha256: str, folder: Path) -> Path:
    """Writes `worker` whole, or not at all, after checking its digest; gives its path."""
    if hashlib.sha256(worker).hexdigest() != sha256:
        sys.exit("qubix: @DAMAGED@")
    path = folder / "qubix_worker.py"
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                file.write(worker)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        sys.exit(f"qubix: @NOTWRITTEN@ ({folder}: {error.strerror or error})")
    return path
