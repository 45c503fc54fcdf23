"""The installer scripts: how the values and the worker get into the two templates.

Values reach a script only through its own language's quoting: in the .sh as a quoted word, in the
.bat as JSON that Python reads, where the command interpreter never comes.
"""

from __future__ import annotations

import hashlib
import json
import re

import qubix_worker
from qubix_server.installers import failures
from qubix_server.installers.templates import filled
from qubix_server.installers.uv import PINNED, Uv

_END = "END_OF_THE_QUBIX_WORKER"
_SECTION = ":: === "
_CMD_LINE_LENGTH = 8191
"""The most characters that cmd reads as one line (learn.microsoft.com, "Command prompt line
string limitation")."""


def shell_script(backend: str, enrollment: str | None, worker: bytes, uv: Uv = PINNED) -> bytes:
    """The .sh for Linux and macOS. `worker` is the one file, in ASCII; `uv` what may be fetched.

    Raises ValueError for a value that no shell can hold (NUL).
    """
    body = worker.decode("ascii").removesuffix("\n")
    if _END in body.split("\n"):
        raise ValueError("The worker holds the line that ends it in the script")
    place, fetch = _python("place.py"), _python("fetch.py")
    if "'" in place + fetch:
        raise ValueError("What stands between apostrophes in the script holds one")
    values = (
        failures.words()
        | uv.words()
        | {
            "VERSION": qubix_worker.__version__,
            "BACKEND": _shell_word(backend),
            "ENROLLMENT": _shell_word(enrollment or ""),
            "SHA256": _shell_word(hashlib.sha256(worker).hexdigest()),
            "PLACE": place,
            "FETCH": fetch,
            "WORKER": body,
            "END": _END,
        }
    )
    return filled("installer.sh", values).encode("utf-8")


def batch_script(backend: str, enrollment: str | None, worker: bytes, uv: Uv = PINNED) -> bytes:
    """The .bat for Windows: ASCII, with CR LF at the end of every line. `worker` as above."""
    values = {
        "backend": backend,
        "enrollment": enrollment or "",
        "sha256": hashlib.sha256(worker).hexdigest(),
    }
    own = {
        "VERSION": qubix_worker.__version__,
        "VALUES": json.dumps(values),
        "PROGRAM": _python("place.py") + "\n\n" + _program(),
    }
    slots = failures.words() | uv.words() | own
    head = filled("installer.bat", slots)
    if re.search(rb"^[ \t]*:qubix_", worker, re.MULTILINE):
        raise ValueError("The worker holds a line that cmd would take for a label")
    whole = head + worker.decode("ascii")
    if whole.count("\n" + _SECTION) != 3:
        raise ValueError("The script has not exactly its three sections")
    if max(map(len, whole.split("\n"))) > _CMD_LINE_LENGTH:
        raise ValueError("A line is longer than cmd reads")
    return whole.encode("ascii").replace(b"\n", b"\r\n")


def _shell_word(value: str) -> str:
    """`value` as one quoted word of POSIX sh: apostrophes around it, so that nothing in it means
    anything (POSIX.1-2017, Shell Command Language, 2.2.2)."""
    if "\0" in value:
        raise ValueError("A shell's word cannot hold NUL")
    return "'" + value.replace("'", "'\\''") + "'"


def _python(name: str) -> str:
    return filled(name, failures.words()).rstrip("\n")


def _program() -> str:
    """start.py without its import of place.py, which stands above it in the script."""
    lines = _python("start.py").split("\n")
    return "\n".join(line for line in lines if not line.startswith("from qubix_server"))
