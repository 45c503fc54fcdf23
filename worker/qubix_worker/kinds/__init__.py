"""The kinds of jobs. A kind is a module that has what `Kind` asks for; `KINDS` lists them.

May import: protocol, wire, files. The worker itself imports a kind but never a kind's library:
that is loaded in the job's child process only (`wasm_run`).
"""

from __future__ import annotations

from types import MappingProxyType

from qubix_worker.kinds import container, wasm
from qubix_worker.kinds.kind import Kind, Limits, Outcome, SpecError, Task

__all__ = ["KINDS", "Kind", "Limits", "Outcome", "SpecError", "Task", "available"]

_ALL: tuple[Kind, ...] = (wasm, container)
KINDS = MappingProxyType({kind.name: kind for kind in _ALL})


def available() -> tuple[str, ...]:
    """The names of the kinds that this computer can run: a worker's `capabilities`."""
    return tuple(kind.name for kind in KINDS.values() if kind.available())
