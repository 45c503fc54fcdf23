"""The step that changes what a computer shares which has joined already, and registers nothing."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from typing import Any

from qubix_worker import identity, settings
from qubix_worker.commands import FIXED
from qubix_worker.control import Control
from qubix_worker.errors import ControlError
from qubix_worker.paths import Paths
from qubix_worker.settings import Settings
from qubix_worker.setup.steps import Choices, Phase, Progress

NOT_RUNNING = "worker_not_running"


WHO = (*FIXED, "name")
"""Not shared, and so not asked about here."""


class ChangeSettings:
    """Hands the changes to the running worker, where they hold at once; where none runs, writes
    them."""

    key = "settings"
    title = "Saving your choices"
    phase: Phase = "prepare"
    weight = 0.1

    def __init__(self, paths: Paths, choices: Choices) -> None:
        self._paths = paths
        self._control = Control(paths)
        self._wanted = choices.settings
        self._former: Settings | None = None

    def is_done(self) -> bool:
        return not _changes(self._kept(), self._wanted)

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        former = self._kept()
        yield Progress(self.key, "running")
        self._former = former
        self._put(former, self._wanted)

    def undo(self) -> None:
        if self._former:
            self._put(self._wanted, self._former)
            self._former = None

    def _kept(self) -> Settings:
        return identity.in_force(
            settings.load(self._paths.settings), identity.load(self._paths.identity)
        )

    def _put(self, before: Settings, after: Settings) -> None:
        changes = _changes(before, after)
        try:
            self._control.change(changes)
        except ControlError as error:
            if error.problem.code != NOT_RUNNING:
                raise
            settings.save(self._paths.settings, settings.changed(before, changes))


def _changes(before: Settings, after: Settings) -> dict[str, Any]:
    """What differs, by the names in the file; who this computer is does not change here."""
    now = dataclasses.asdict(before)
    wanted = dataclasses.asdict(after)
    return {key: wanted[key] for key in now if wanted[key] != now[key] and key not in WHO}
