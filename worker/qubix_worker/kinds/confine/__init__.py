"""How the child process of a job is held: one module for each family of systems, chosen here.

This stands beside, not instead of, the kind's own sandbox: it bounds what a fault in it can do.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import psutil  # a job's child does without it

    from qubix_worker.kinds.kind import Limits, Priority


class Grip(Protocol):
    """What holds one child for as long as it is not closed."""

    def limit(self, limits: Limits) -> bool:
        """Holds it to its memory and its share of the processor; again where they change. False
        where the processor's share is not held this way."""
        ...

    def close(self) -> None:
        """The child has ended."""
        ...


class NoGrip:
    """Where the system offers none, or none without rights that a guest does not have."""

    def limit(self, limits: Limits) -> bool:
        return False

    def close(self) -> None:
        pass


class Confinement(Protocol):
    """What the worker and the child need of the operating system to hold a job."""

    environment: tuple[str, ...]
    """The variables that a Python program needs to begin on this system."""

    def popen_options(self) -> dict[str, Any]:
        """In the worker: arguments for subprocess.Popen."""
        ...

    def hold(self, child: psutil.Process) -> Grip:
        """In the worker: takes hold of a child that has just begun."""
        ...

    def processes(self, child: psutil.Process) -> list[psutil.Process]:
        """In the worker: the child, with those that only stand between it and the worker."""
        ...

    def set_priority(self, child: psutil.Process, priority: Priority) -> None:
        """In the worker: who goes first, the owner's programs or the job. Raises psutil.Error or
        OSError where it cannot be set (raised again, most often)."""
        ...

    def end_with_parent(self) -> None:
        """In the child: it ends with its worker even while it is stopped, where that can be."""
        ...

    def outlive_parent(self) -> None:
        """In the child: no longer so. It has work to do when its worker is gone."""
        ...

    def confine(self, file_bytes: int | None, seconds: int) -> None:
        """In the child: no core dumps, few open files, no file of more than `file_bytes`, and no
        more than `seconds` of one core, should the worker not be there to end it. None: nothing
        but no core dumps, see `Kind.file_bytes`."""
        ...

    def wall_in(self, folder: Path) -> bool:
        """In the child, when all is loaded: this thread reaches no file outside `folder` any more,
        no network and no other process, where the system has a means. Whether it has."""
        ...

    def describe_exit(self, code: int) -> str:
        """How a process ended, in words: `signal 9 (SIGKILL)`, `code 3`."""
        ...


def _choose() -> Confinement:
    if sys.platform == "win32":
        from qubix_worker.kinds.confine import windows  # noqa: PLC0415

        return windows.Windows()
    if sys.platform == "darwin":
        from qubix_worker.kinds.confine import macos  # noqa: PLC0415

        return macos.MacOS()
    from qubix_worker.kinds.confine import linux  # noqa: PLC0415

    return linux.Linux()


HERE = _choose()

_PYTHON = ("PATH", "PYTHONHOME", "PYTHONPATH")


def child_environment(whole: Mapping[str, str], more: tuple[str, ...] = ()) -> dict[str, str]:
    """What a Python program needs to begin, out of the environment `whole`, and the variables
    `more`; no secret is in it."""
    kept = {name: whole[name] for name in (*_PYTHON, *HERE.environment, *more) if name in whole}
    return kept | {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
