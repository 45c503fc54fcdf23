"""The kinds of jobs. A kind is a module that has what `Kind` asks for; `KINDS` lists them.

May import: protocol, wire, files. The worker itself imports a kind but never a kind's library:
that is loaded in the job's child process only (`wasm_run`). A kind is imported when it is first
asked for: the child of a job, which is waited for, has one kind and pays for no other.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from qubix_worker.kinds.kind import Kind, Limits, Outcome, SpecError, Task

if TYPE_CHECKING:
    from qubix_worker.kinds import container, wasm

    _CHECKED: tuple[Kind, ...] = (wasm, container)

__all__ = ["KINDS", "Kind", "Limits", "Outcome", "SpecError", "Task", "available"]

_NAMES = ("wasm", "container")


class _Kinds(Mapping[str, Kind]):
    """Each kind by its name, which is its module's."""

    def __getitem__(self, name: str) -> Kind:
        if name not in _NAMES:
            raise KeyError(name)
        return cast(Kind, importlib.import_module(f"qubix_worker.kinds.{name}"))

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


KINDS = _Kinds()


def available() -> tuple[str, ...]:
    """The names of the kinds that this computer can run: a worker's `capabilities`."""
    return tuple(kind.name for kind in KINDS.values() if kind.available())
