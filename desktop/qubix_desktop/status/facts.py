"""Who this computer is on the network."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from qubix_desktop import words
from qubix_desktop.invitation import host_of
from qubix_desktop.parts.card import card
from qubix_desktop.parts.label import Label
from qubix_worker.status import Status


class Facts(QWidget):
    def __init__(self) -> None:
        super().__init__()
        frame, column = card(self.tr("This computer"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self._values: list[Label] = []
        names = (self.tr("Name"), self.tr("Network"), self.tr("Address"), self.tr("Version"),
                 self.tr("Last contact"),
                 self.tr("Shared today"), self.tr("Shared this week"))  # fmt: skip
        for at, name in enumerate(names):
            value = Label(selectable=True)
            grid.addWidget(Label(name, "muted", wrap=False), at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, at, 1)
            self._values.append(value)
        column.addLayout(grid)
        column.addStretch()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_status(self, status: Status | None, now: float) -> None:
        texts = (words.UNKNOWN,) * len(self._values)
        if status:
            heard = words.UNKNOWN
            if status.last_heartbeat_at is not None:
                ago = words.span(max(0.0, round(now - status.last_heartbeat_at)))
                heard = self.tr("{time} ago").format(time=ago)
            texts = (
                status.name,
                status.server_name or words.UNKNOWN,
                host_of(status.server),
                status.version,
                heard,
                words.span(round(status.shared.today_seconds)),
                words.span(round(status.shared.week_seconds)),
            )
        for label, text in zip(self._values, texts, strict=True):
            if label.text() != text:
                label.setText(text)
