"""How the child process of a job is held: one module for each family of systems, chosen here.

This stands beside, not instead of, the kind's own sandbox: it bounds what a fault in it can do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol, cast


class Confinement(Protocol):
    """What the worker and the child need of the operating system to hold a job."""

    environment: tuple[str, ...]
    """The variables that a Python program needs to begin on this system."""

    def popen_options(self) -> dict[str, Any]:
        """In the worker: arguments for subprocess.Popen."""
        ...

    def confine(self, file_bytes: int | None) -> None:
        """In the child: lowers the priority; no core dumps, few open files and no file of more
        than `file_bytes`. None: nothing but the priority and core dumps, see `Kind.file_bytes`."""
        ...

    def describe_exit(self, code: int) -> str:
        """How a process ended, in words: `signal 9 (SIGKILL)`, `code 3`."""
        ...


def _choose() -> Confinement:
    if os.name == "nt":
        from qubix_worker.kinds.confine import windows  # noqa: PLC0415

        return cast(Confinement, windows)
    from qubix_worker.kinds.confine import posix  # noqa: PLC0415

    return cast(Confinement, posix)


HERE = _choose()

_PYTHON = ("PATH", "PYTHONHOME", "PYTHONPATH")


def child_environment(whole: Mapping[str, str], more: tuple[str, ...] = ()) -> dict[str, str]:
    """What a Python program needs to begin, out of the environment `whole`, and the variables
    `more`; no secret is in it."""
    kept = {name: whole[name] for name in (*_PYTHON, *HERE.environment, *more) if name in whole}
    return kept | {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
