"""How much of this computer is in use: a chart for each thing that is measured."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from qubix_desktop import words
from qubix_desktop.parts.card import card
from qubix_desktop.parts.label import Label
from qubix_desktop.status.chart import Chart
from qubix_desktop.status.history import MEMORY, PROCESSOR, History, thing_of
from qubix_desktop.watcher import Seen
from qubix_worker.protocol import GraphicsUsage, Usage

MIB = 1 << 20
HOTTEST_CELSIUS = 110.0
"""At the upper edge of a chart of heat; cards slow down well below it."""


class Use(QWidget):
    """Shows the last minutes: those in `history`, and goes on from there."""

    def __init__(self, history: History | None = None) -> None:
        super().__init__()
        frame, self._column = card(self.tr("Use of this computer in the last minutes"))
        self._history = history or History()
        self._processor = Chart(self.tr("Processor"))
        self._memory = Chart(self.tr("Memory"))
        self._cards: dict[str, _CardCharts] = {}
        self._usage = Usage()
        top = QHBoxLayout()
        top.setSpacing(18)
        top.addWidget(self._processor)
        top.addWidget(self._memory)
        self._column.addLayout(top)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_seen(self, seen: Seen, at: float) -> None:
        """`at`: seconds of a clock that nobody sets."""
        self._history.add(seen, at)
        if seen.status:
            self._usage = seen.status.usage
        if self.isVisible():
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        self._draw()
        super().showEvent(event)

    def _draw(self) -> None:
        self._processor.show_trace(self._history.trace(PROCESSOR))
        self._memory.show_trace(self._history.trace(MEMORY), _of_memory(self._usage))
        present = {thing_of(use, at): use for at, use in enumerate(self._usage.gpus)}
        for thing, use in present.items():
            if thing not in self._cards:
                self._cards[thing] = _CardCharts(use.name)
                self._column.addWidget(self._cards[thing])
            self._cards[thing].show_use(use, thing, self._history)
        for gone in self._cards.keys() - present.keys():
            self._cards.pop(gone).deleteLater()


class _CardCharts(QWidget):
    """A graphics card's: use, memory, heat; those that its driver tells."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._charts = {
            "percent": Chart(self.tr("Use")),
            "memory": Chart(self.tr("Memory")),
            "celsius": Chart(self.tr("Temperature"), HOTTEST_CELSIUS, words.celsius),
        }
        row = QHBoxLayout()
        row.setSpacing(18)
        for chart in self._charts.values():
            row.addWidget(chart)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        column.addWidget(Label(name, "strong"))
        column.addLayout(row)

    def show_use(self, use: GraphicsUsage, thing: str, history: History) -> None:
        notes = {"memory": _of(use.memory_used_mb, use.memory_total_mb)}
        for figure, chart in self._charts.items():
            chart.setVisible(history.knows((thing, figure)))
            chart.show_trace(history.trace((thing, figure)), notes.get(figure, ""))


def _of_memory(usage: Usage) -> str:
    gib = 1024.0
    used, total = usage.ram_used_gb, usage.ram_total_gb
    return _of(None if used is None else used * gib, None if total is None else total * gib)


def _of(used_mb: float | None, total_mb: float | None) -> str:
    if used_mb is None or total_mb is None:
        return ""
    text = words.translate("words", "{used} of {total}")
    return text.format(
        used=words.size_within(used_mb * MIB, total_mb * MIB), total=words.size(total_mb * MIB)
    )
