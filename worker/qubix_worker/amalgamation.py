"""The worker as one file that a person can read, made of its own sources, as SQLite's is.

Every module stands in it word for word, inside one raw string behind a loader of a few lines; the
loader is the part of this very module between the two lines that name it. They stand in the order
in which a careful stranger would ask (`_CHAPTERS`), not in the alphabet's. The same sources give
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
from collections.abc import Iterable, Iterator, Mapping
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
        # Not `amalgamate`, which keeps it: a worker would hold its own text in memory for ever.
        return hashlib.sha256(build(_own_sources())).hexdigest()
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
_PACKAGE = "qubix_worker/"
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
# All that is in here, and at which line, in the order of these questions
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

QUESTIONS = (
    ("What does it send when it joins?", (("protocol.py", "class Registration"),)),
    ("... of this computer?", (("protocol.py", "class Hardware"),)),
    ("... every 30 seconds?", (("protocol.py", "class Heartbeat"), ("protocol.py", "class Usage"))),
    (
        "... of a job?",
        (("protocol.py", "class JobProgress"), ("protocol.py", "class JobCompletion")),
    ),
    ("To whom, and how?", (("client.py", "class ServerClient"), ("link.py", "class Link"))),
    ("What is read from this computer?", (("hardware/detect.py", ""), ("usage.py", ""))),
    ("... to know whether it is free?", (("guest/watch.py", ""), ("system/senses.py", ""))),
    ("What can a wasm job do, and what not?", (("kinds/wasm.py", ""), ("kinds/wasm_run.py", ""))),
    (
        "What can a container do, and what not?",
        (("kinds/container.py", ""), ("kinds/container_options.py", "")),
    ),
    ("How is a job watched, and ended?", (("kinds/supervisor.py", ""), ("jobs.py", ""))),
    (
        "What are the limits, and who sets them?",
        (("settings.py", "class Settings"), ("allowance.py", "")),
    ),
    ("What is kept, and where?", (("paths.py", "class Paths"), ("identity.py", ""))),
    ("Who can steer it?", (("commands.py", "class Commands"), ("control_server.py", ""))),
    ("How is it taken away again?", (("setup/uninstall.py", ""),)),
)
"""Each with the places that answer it: a module, and how a line of it begins."""

_CHAPTERS = (
    ("What it sends, and to whom",
     ("protocol.py", "wire.py", "client.py", "failures.py", "transport.py", "proxies.py",
      "report.py", "link.py", "pending.py", "clocks.py", "backoff.py", "courier.py", "spool.py")),
    ("What it finds out about this computer", ("hardware/", "computer.py", "usage.py")),
    ("What a job can do, and what it cannot", ("kinds/", "jobs.py")),
    ("What it may take, when it works and when it rests",
     ("settings.py", "settings_file.py", "allowance.py", "guest/", "pause.py", "pausing.py",
      "hold.py")),
    ("The running worker", ("worker.py", "at_work.py", "status.py")),
    ("Who can steer it", ("commands.py", "control.py", "control_server.py")),
    ("What it keeps, and where", ("paths.py", "identity.py", "files.py", "lock.py")),
    ("How it is put in place, and taken away again", ("setup/", "launcher.py")),
    ("What differs between systems", ("system/",)),
    ("The command line", ("cli/", "__main__.py")),
    ("What all of it stands on", ("",)),
)  # fmt: skip
"""Modules by how their paths begin, in a reader's order; the last chapter takes what is left."""


def _chapters(paths: Iterable[str]) -> list[tuple[str, list[str]]]:
    left = sorted(paths)
    chapters = []
    for title, places in _CHAPTERS:
        inside = [path for place in places for path in left if path.startswith(_PACKAGE + place)]
        left = [path for path in left if path not in inside]
        if inside:
            chapters.append((title, inside))
    return chapters


def _head(sources: Mapping[str, str], lines: Mapping[str, int]) -> str:
    contents = []
    for title, paths in _chapters(sources):
        contents.append(f"#\n#   {title}")
        contents += [
            f"#   {lines.get(path, 0):>6}  {path.removeprefix(_PACKAGE):<28} "
            f"{_summary(path, sources[path])}".rstrip()
            for path in paths
        ]
    values = {
        "@VERSION@": __version__,
        "@NAME@": NAME,
        "@QUESTIONS@": "\n".join(_answers(sources, lines)),
        "@CONTENTS@": "\n".join(contents),
        "@DEPENDENCIES@": "\n".join(f'#     "{name}",' for name in DEPENDENCIES),
        "@LOADER@": _loader(),
        "@QUOTES@": _QUOTES,
    }
    return re.sub(r"@[A-Z]+@", lambda found: values[found[0]], _HEAD)


def _answers(sources: Mapping[str, str], lines: Mapping[str, int]) -> Iterator[str]:
    for question, places in QUESTIONS:
        asked = question
        for place, beginning in places:
            path = _PACKAGE + place
            if path not in sources:
                continue
            at = sources[path].find(f"\n{beginning}") if beginning else -1
            line = lines.get(path, 0) + (sources[path].count("\n", 0, at) + 1 if at >= 0 else 0)
            what = f"{beginning}, in {place}" if at >= 0 else place
            yield f"#   {asked:<42} line {line:>6}  {what}"
            asked = ""  # once, beside its first place


def _body(sources: Mapping[str, str], first_line: int) -> tuple[str, dict[str, int]]:
    """The texts under their headings, and the line at which each text begins."""
    parts: list[str] = []
    lines: dict[str, int] = {}
    line = first_line
    for path in (path for _, paths in _chapters(sources) for path in paths):
        parts.append(f"# ====== {path} {'=' * (88 - len(path))}\n{sources[path]}\n")
        lines[path] = line + 1
        line += parts[-1].count("\n")
    return "".join(parts), lines


def _summary(path: str, text: str) -> str:
    """What a module's docstring begins with, cut to the line."""
    if not path.endswith(".py"):
        return "The libraries that it needs, each with its digest."
    found = re.match(r'"""(.*?)("""|\n\n)', text, re.DOTALL)
    sentence = found[1].partition(". ")[0] if found else ""
    return textwrap.shorten(sentence.rstrip("."), 64, placeholder=" ...")


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
    held = _held_sources()
    own = held["qubix_worker/amalgamation.py"] if held else Path(__file__).read_text("ascii")
    begin, end = own.index("# --- The loader -"), own.index("# --- The end of the loader -")
    return "\n\n" + own[own.index("\n", begin) + 1 : end].strip("\n") + "\n\n"


def _own_loader() -> Any:
    return sys.modules[__name__].__loader__


def _held_sources() -> dict[str, str] | None:
    """The sources in the one file that this process runs from; None where it runs from none."""
    held: dict[str, str] | None = getattr(_own_loader(), "sources", None)
    return held if running_from() is not None else None


def _own_sources() -> dict[str, str]:
    if held := _held_sources():
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
