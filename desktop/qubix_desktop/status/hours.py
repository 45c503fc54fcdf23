"""The setting of the hours: at any time, or only at those in the rows below."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout

from qubix_desktop import theme
from qubix_desktop.parts.editors import SETTLED_MILLISECONDS, Editor
from qubix_desktop.parts.hours import HoursEditor


class OnlyAtHours(Editor):
    def __init__(self, text: str) -> None:
        super().__init__()
        self._shown: tuple[str, ...] | None = None
        self._only = QCheckBox(text)
        self._only.clicked.connect(self._choose)
        self._hours = HoursEditor()
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MILLISECONDS)
        self._settled.timeout.connect(self._choose)
        self._hours.changed.connect(self._settled.start)
        below = QHBoxLayout()
        below.addSpacing(theme.INDENT)
        below.addWidget(self._hours)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._only)
        column.addLayout(below)
        self.setFocusProxy(self._only)
        self.show_value(())

    def show_value(self, value: Any) -> None:
        lines = tuple(value)
        if lines == self._shown:
            return
        self._shown = lines
        self._only.setChecked(bool(lines))
        self._hours.set_hours(lines)
        self._hours.setVisible(bool(lines))

    def is_edited(self) -> bool:
        return self._settled.isActive()

    def _choose(self) -> None:
        self._settled.stop()
        only = self._only.isChecked()
        self._hours.setVisible(only)
        lines = tuple(dict.fromkeys(self._hours.hours)) if only else ()
        if lines != self._shown:
            self._shown = lines
            self.chosen.emit(list(lines))
