"""Asks for the settings in force and changes them, off the GUI thread, one thing after the other:
so no look that began before a change can show what was before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from qubix_desktop import background
from qubix_worker.chosen import Chosen
from qubix_worker.errors import Problem


class Chooser(QObject):
    known = Signal(object)
    """The Chosen, after each look and each change."""
    kept = Signal(str, object)
    """A setting's key, and the Chosen since it was changed."""
    refused = Signal(str, object)
    """A setting's key, and the Problem of its change."""
    unknown = Signal(object)
    """The Problem for which it is not known what is in force."""

    def __init__(
        self,
        load: Callable[[], Chosen],
        change: Callable[[Mapping[str, Any]], Chosen],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._load = load
        self._change = change
        self._waiting: dict[str, Any] = {}
        self._busy = False

    def look(self) -> None:
        """Asks now, unless something is under way already."""
        if not self._busy and not self._waiting:
            task = background.once(self._load)
            task.came.connect(self.known)
            task.failed.connect(self.unknown)
            self._begin(task)

    def change(self, key: str, value: Any) -> None:
        """As soon as what is under way has ended. Of two values for one setting the last counts."""
        self._waiting.pop(key, None)
        self._waiting[key] = value
        self._go_on()

    def _go_on(self) -> None:
        if self._busy or not self._waiting:
            return
        key = next(iter(self._waiting))
        value = self._waiting.pop(key)
        task = background.once(lambda: self._change({key: value}))
        task.came.connect(lambda chosen: self._changed(key, chosen))
        task.failed.connect(lambda problem: self._failed(key, problem))
        self._begin(task)

    def _begin(self, task: background.Task) -> None:
        self._busy = True
        task.ended.connect(self._ended)
        task.start()

    def _changed(self, key: str, chosen: Chosen) -> None:
        if key not in self._waiting:
            self.kept.emit(key, chosen)
        self.known.emit(chosen)

    def _failed(self, key: str, problem: Problem) -> None:
        if key not in self._waiting:
            self.refused.emit(key, problem)

    def _ended(self) -> None:
        self._busy = False
        self._go_on()
