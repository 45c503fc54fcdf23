"""The worker as one file that a person can read, made of its own sources, as SQLite's is.

Every module stands in it word for word, inside one raw string behind a loader of a few lines; the
loader is the part of this very module between the two lines that name it. The same sources give
the same bytes, and a worker that runs from such a file can give the file again. So that the file
can be handed out inside other scripts too, sources must be ASCII, end in a newline, and hold no
row of three apostrophes: `build` raises ValueError where one does not.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.abc
import importlib.machinery
import os
import re
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qubix_worker import __version__

NAME = "qubix_worker.py"
DEPENDENCIES = (
    "jeepney>=0.9; sys_platform == 'linux'",
    "nvidia-ml-py>=12.560; sys_platform != 'darwin'",
    "platformdirs>=4.3",
    "psutil>=7",
    "requests>=2.32",
    "truststore>=0.10",
    "wasmtime>=40",
)
"""As in pyproject.toml, which a worker that is installed has no more; a test compares the two."""


@functools.cache
def amalgamate() -> bytes:
    """The file, of the sources that this process runs from.

    Raises FileNotFoundError where there are none (a frozen application), and ValueError where
    a source cannot stand in the file.
    """
    return build(_own_sources())


@functools.cache
def sha256() -> str:
    """The digest of the file, in hexadecimal; the same whether it is run or the package is.

    Empty where this process has no sources (a frozen application).
    """
    try:
        return hashlib.sha256(amalgamate()).hexdigest()
    except FileNotFoundError:
        return ""


def running_from() -> Path | None:
    """The one file that this process runs from; None where it runs from the package."""
    file: str | None = getattr(_own_loader(), "amalgamation_file", None)
    return Path(file) if file is not None else None


def build(sources: Mapping[str, str]) -> bytes:
    """The file made of `sources`: texts by their paths, such as `qubix_worker/wire.py`.

    It needs `qubix_worker/__init__.py` and `qubix_worker/cli.py` with a `main` to be run.
    """
    for path, text in sources.items():
        _check(path, text)
    lines: dict[str, int] = {}
    first_line = 0
    # How many lines the head has does not hang on the numbers in it: once to count, once to say.
    for _ in range(2):
        head = _head(sources, lines)
        first_line = head.count("\n") + 1
        body, lines = _body(sources, first_line)
    return (head + body + _FOOT.replace("@FIRST_LINE@", str(first_line))).encode("ascii")


# --- The loader ------------------------------------------------------------------------------


class Amalgamation(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the modules that stand in this file, each as if it began at its own line of it, so
    that a traceback shows the lines that are here. `text` begins at line `first_line` of `file`."""

    def __init__(self, file: str, text: str, first_line: int) -> None:
        self.amalgamation_file = file
        self.sources: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        line = first_line
        # What stands before the first heading; then, in turn, a path and its text.
        before, *parts = re.split(r"^# =+ (\S+) =+\n", text, flags=re.MULTILINE)
        line += before.count("\n")
        for path, part in zip(parts[::2], parts[1::2], strict=True):
            self.sources[path] = part[:-1]  # less the empty line before the next heading
            self.lines[path] = line + 1
            line += 1 + part.count("\n")

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        where = self._path(name)
        if where not in self.sources:
            return None
        spec = importlib.machinery.ModuleSpec(
            name,
            self,
            origin=os.path.join(self.amalgamation_file, *where.split("/")),  # noqa: PTH118
            is_package=self.is_package(name),
        )
        spec.has_location = True
        return spec

    def is_package(self, name: str) -> bool:
        return self._path(name).endswith("/__init__.py")

    def get_source(self, name: str) -> str:
        return self.sources[self._path(name)]

    def get_code(self, name: str) -> Any:
        path = self._path(name)
        text = "\n" * (self.lines[path] - 1) + self.sources[path]
        return compile(text, self.amalgamation_file, "exec", dont_inherit=True)

    def get_data(self, path: str) -> bytes:
        """For pkgutil.get_data: the text of a file that stands in this one."""
        inside = os.path.relpath(path, self.amalgamation_file).replace(os.sep, "/")
        if inside not in self.sources:
            raise FileNotFoundError(path)
        return self.sources[inside].encode("ascii")

    def _path(self, name: str) -> str:
        path = name.replace(".", "/")
        package = path + "/__init__.py"
        return package if package in self.sources else path + ".py"


# --- The end of the loader -------------------------------------------------------------------

_QUOTES = "'" * 3
_HEADING = re.compile(r"^# =+ (\S+) =+$", re.MULTILINE)

_HEAD = """\
#!/usr/bin/env python3
# QUBIX worker @VERSION@: the whole program that shares this computer, in one file made to be read.
#
# The modules of the Python package "qubix_worker" stand here one after the other, word for word,
# behind a loader of a few lines. Nothing is packed, hidden or fetched: what you read is what runs.
# The same sources always give this same file, so its SHA-256 can be compared with the server's.
#
# Where to look
@QUESTIONS@
#
# Try it: python3 @NAME@ --help
#
# All that is in here, and at which line
@CONTENTS@

# /// script
# requires-python = ">=3.11"
# dependencies = [
@DEPENDENCIES@
# ]
# ///

import importlib.abc
import importlib.machinery
import os
import re
import sys
from typing import Any

if sys.version_info < (3, 11):
    sys.exit("QUBIX needs Python 3.11 or newer. This is Python " + sys.version.split()[0] + ".")
@LOADER@
_SOURCES = r@QUOTES@
"""

_FOOT = f"""{_QUOTES}

sys.meta_path.insert(0, Amalgamation(os.path.abspath(__file__), _SOURCES, @FIRST_LINE@ - 1))

if __name__ == "qubix_worker":  # this file was imported by its own name: give the package
    del sys.modules[__name__]
    import qubix_worker

if __name__ == "__main__":
    from qubix_worker.cli import main

    sys.exit(main())
"""

_QUESTIONS = (
    ("What does it send, and to whom?", ("protocol.py", "client.py", "worker.py")),
    ("What does it find out about this computer?", ("hardware/", "usage.py")),
    ("What can a job do, and what can it not?", ("kinds/", "jobs.py")),
    ("What does it write on this computer?", ("paths.py", "setup/")),
    ("Who can steer it?", ("control.py", "control_server.py")),
    ("How is it taken away again?", ("setup/uninstall.py",)),
)


def _head(sources: Mapping[str, str], lines: Mapping[str, int]) -> str:
    package = "qubix_worker/"
    questions = []
    for question, places in _QUESTIONS:
        for place in places:
            found = [path for path in sorted(sources) if path.startswith(package + place)]
            if found:
                line = lines.get(found[0], 0)
                questions.append(f"#   {question:<44} line {line:>5}, {place}")
                question = ""  # noqa: PLW2901 - it is asked once, above its first place
    contents = [
        f"#   {lines.get(path, 0):>5}  {path.removeprefix(package):<28} {_summary(path, text)}"
        for path, text in sorted(sources.items())
    ]
    values = {
        "@VERSION@": __version__,
        "@NAME@": NAME,
        "@QUESTIONS@": "\n".join(questions),
        "@CONTENTS@": "\n".join(contents),
        "@DEPENDENCIES@": "\n".join(f'#     "{name}",' for name in DEPENDENCIES),
        "@LOADER@": _loader(),
        "@QUOTES@": _QUOTES,
    }
    return re.sub(r"@[A-Z]+@", lambda found: values[found[0]], _HEAD)


def _body(sources: Mapping[str, str], first_line: int) -> tuple[str, dict[str, int]]:
    """The texts under their headings, and the line at which each text begins."""
    parts: list[str] = []
    lines: dict[str, int] = {}
    line = first_line
    for path, text in sorted(sources.items()):
        parts.append(f"# ====== {path} {'=' * (88 - len(path))}\n{text}\n")
        lines[path] = line + 1
        line += parts[-1].count("\n")
    return "".join(parts), lines


def _summary(path: str, text: str) -> str:
    """What a module's docstring begins with, cut to the line."""
    if not path.endswith(".py"):
        return "The libraries that it needs, each with its digest."
    found = re.match(r'"""(.*?)("""|\n\n)', text, re.DOTALL)
    sentence = found[1].partition(". ")[0] if found else ""
    return textwrap.shorten(sentence, 60, placeholder=" ...")


def _check(path: str, text: str) -> None:
    if not text.isascii():
        number = next(n for n, line in enumerate(text.split("\n"), 1) if not line.isascii())
        raise ValueError(f"{path}, line {number}: the worker's sources must be ASCII")
    if _QUOTES in text:
        raise ValueError(f"{path}: the worker's sources must not hold three apostrophes in a row")
    if "\r" in text or "\0" in text or (text and not text.endswith("\n")):
        raise ValueError(f"{path}: the worker's sources must be plain lines, the last one ended")
    if _HEADING.search(text):
        raise ValueError(f"{path}: a line looks like a heading of the amalgamation")


def _loader() -> str:
    """The loader's text, out of this module's own."""
    own = _own_sources()["qubix_worker/amalgamation.py"]
    begin, end = own.index("# --- The loader -"), own.index("# --- The end of the loader -")
    return "\n\n" + own[own.index("\n", begin) + 1 : end].strip("\n") + "\n\n"


def _own_loader() -> Any:
    return sys.modules[__name__].__loader__


@functools.cache
def _own_sources() -> dict[str, str]:
    held: dict[str, str] | None = getattr(_own_loader(), "sources", None)
    if held is not None and running_from() is not None:
        return held
    root = Path(__file__).parent
    if not (root / "amalgamation.py").is_file():
        raise FileNotFoundError(root / "amalgamation.py")
    files = [*root.rglob("*.py"), root / "requirements.txt"]
    return {
        f"{root.name}/{file.relative_to(root).as_posix()}": file.read_bytes().decode("utf-8")
        for file in files
        if not file.name.startswith(".")
    }
