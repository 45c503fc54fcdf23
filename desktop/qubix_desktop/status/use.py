"""How much of this computer is in use."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from qubix_desktop import words
from qubix_desktop.parts.card import card
from qubix_desktop.parts.label import Label
from qubix_worker.status import Status


class Use(QWidget):
    def __init__(self) -> None:
        super().__init__()
        frame, column = card(self.tr("Use of this computer"))
        self._rows = {
            "cpu": Meter(self.tr("Processor")),
            "ram": Meter(self.tr("Memory")),
            "gpu": Meter(self.tr("Graphics")),
        }
        for row in self._rows.values():
            column.addWidget(row)
        column.addStretch()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_status(self, status: Status | None) -> None:
        usage = status.usage if status else None
        self._rows["cpu"].show_percent(usage.cpu_percent if usage else None)
        self._rows["ram"].show_percent(usage.ram_percent if usage else None)
        self._rows["gpu"].setVisible(bool(usage and usage.gpu_percent is not None))
        self._rows["gpu"].show_percent(usage.gpu_percent if usage else None)


class Meter(QWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._value = Label(wrap=False)
        self._bar = QProgressBar()
        self._bar.setRange(0, 100)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(name)
        top = QHBoxLayout()
        top.addWidget(Label(name, "muted", wrap=False))
        top.addStretch()
        top.addWidget(self._value)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(top)
        column.addWidget(self._bar)

    def show_percent(self, value: float | None) -> None:
        self._value.setText(words.UNKNOWN if value is None else words.percent(value))
        self._bar.setValue(round(value or 0))
