"""Compiled modules, kept by what they were compiled from.

The one thing to know before changing it: to load a compiled module is to run it, so what is kept
here must have been written before any program of a stranger began. A job's child compiles, offers
the artefact and waits; the worker takes a copy of its own; only then does the program begin. What a
child is given is a copy, never the file that is kept. (See ADR 33.)
"""

from __future__ import annotations

import hashlib
import importlib.util
import platform
from collections.abc import Callable
from pathlib import Path

from qubix_worker.kinds.modules import ModuleCache

ARTEFACT_BYTES = 64 * 1024 * 1024
"""Larger ones are compiled each time."""
CONFIG = "1"
"""To be raised when anything changes in how wasm_run configures the compiler."""


class Artefacts:
    """Safe for several threads. Whatever goes wrong with it costs a compilation."""

    def __init__(self, folder: Path, version: Callable[[], str] | None = None) -> None:
        self._files = ModuleCache(folder)
        self._version = version or runtime_version

    def key(self, module_sha256: str, variant: str) -> str:
        """What tells one artefact from another. The runtime itself refuses what it cannot load,
        such as what was compiled for a processor that has more than this one."""
        what = (CONFIG, self._version(), platform.machine(), variant, module_sha256)
        return hashlib.sha256("\n".join(what).encode()).hexdigest()

    def get(self, key: str) -> bytes | None:
        """The artefact, whole, or None."""
        kept = self._files.read(key)
        if kept is None or hashlib.sha256(kept[32:]).digest() != kept[:32]:
            return None
        return kept[32:]

    def put(self, key: str, artefact: bytes) -> None:
        self._files.write(key, hashlib.sha256(artefact).digest() + artefact)


def read_offered(path: Path) -> bytes | None:
    """An artefact that a child offers, unless it is too large to be kept."""
    try:
        with path.open("rb") as file:
            data = file.read(ARTEFACT_BYTES + 1)
    except OSError:
        return None
    return data if 0 < len(data) <= ARTEFACT_BYTES else None


def runtime_version() -> str:
    """wasmtime's, by the name of its folder: it is not loaded in the worker."""
    found = importlib.util.find_spec("wasmtime")
    if found is None or found.origin is None:
        return ""
    site = Path(found.origin).parent.parent
    return ",".join(sorted(path.name for path in site.glob("wasmtime-*.dist-info")))
