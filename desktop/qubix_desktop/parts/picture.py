"""One of the application's icons, sharp at every scale."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from qubix_desktop import icons


class Picture(QWidget):
    def __init__(self, name: str, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._side = side
        self.setFixedSize(side, side)

    def show_picture(self, name: str) -> None:
        if name != self._name:
            self._name = name
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        pixmap = icons.picture(self._name, self._side, self.devicePixelRatioF())
        QPainter(self).drawPixmap(0, 0, pixmap)
