"""What scrolls up and down where its window is too low, then by the keyboard as well."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from qubix_desktop.parts import order


class Area(QScrollArea):
    """`inner` is as wide as the area, and as high as it has to be, or as there is room."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self._inner = inner
        self._controls: list[QWidget] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setProperty("horizontalScrollBarPolicy", "ScrollBarAlwaysOff")
        self.setProperty("focusPolicy", "NoFocus")
        self.setWidget(inner)
        self.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        # Tab stops at it only where there is something to scroll to.
        self.verticalScrollBar().rangeChanged.connect(self._reachable)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and watched is self._inner:
            self._put_in_order()
        return super().eventFilter(watched, event)

    def _put_in_order(self) -> None:
        here = list(order.controls(self._inner))
        if here != self._controls:
            self._controls = here
            order.as_one_reads(self._inner)

    def _reachable(self, least: int, most: int) -> None:
        scrolls = most > least
        self.setProperty("focusPolicy", "StrongFocus" if scrolls else "NoFocus")
