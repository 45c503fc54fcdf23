"""The Python part of Qt's binding, compiled beforehand.

Its library, libshiboken6, carries it as sources in a zip file and compiles them at every start: a
tenth of the time to the first window. What lies in `shiboken6/files.dir` it takes from there (its
signature_bootstrap.py); were that to change, the library's own would serve again.
"""

from __future__ import annotations

import importlib
import py_compile
import sys
from pathlib import Path, PurePosixPath
from typing import Any

PACKAGE = "shibokensupport"
FOLDER = PurePosixPath("shiboken6", "files.dir")


def compiled(into: Path) -> list[tuple[str, str]]:
    """Makes the modules, compiled, below `into`. Returns each with its folder in the bundle."""
    pairs = []
    for name, source in sorted(sources().items()):
        file = into / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(source)
        # By a hash: a time would make other bytes of the same sources.
        module = py_compile.compile(
            str(file),
            cfile=str(file.with_suffix(".pyc")),
            dfile=name,
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        pairs.append((str(module), str(FOLDER / PurePosixPath(name).parent)))
    return pairs


def sources() -> dict[str, bytes]:
    """The sources by their paths. Raises LookupError where the binding carries none."""
    importlib.import_module("shiboken6")
    loader: Any = getattr(sys.modules.get(PACKAGE), "__loader__", None)
    archive = getattr(loader, "zfile", None)
    if archive is None:
        raise LookupError(f"libshiboken6 has no {PACKAGE} in a zip file")
    return {
        name: archive.read(name)
        for name in archive.namelist()
        if name.startswith(f"{PACKAGE}/") and name.endswith(".py")
    }
