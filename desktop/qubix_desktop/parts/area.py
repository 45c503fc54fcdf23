"""What scrolls up and down where its window is too low, then by the keyboard as well."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from qubix_desktop.parts import order

ORDER_MILLISECONDS = 50


class Area(QScrollArea):
    """`inner` is as wide as the area, and as high as it has to be, or as there is room."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self._inner = inner
        self._controls: list[QWidget] = []
        # Not at once: what was made in one go is in order, and the first page does not wait for it.
        self._order = QTimer(self)
        self._order.setSingleShot(True)
        self._order.setInterval(ORDER_MILLISECONDS)
        self._order.timeout.connect(self._put_in_order)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setProperty("horizontalScrollBarPolicy", "ScrollBarAlwaysOff")
        self.setProperty("focusPolicy", "NoFocus")
        # One of our own: to tell what Qt's own is, the binding would make all classes of widgets.
        port = QWidget()
        self.setViewport(port)
        self.setWidget(inner)
        port.setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        # Tab stops at it only where there is something to scroll to.
        self.verticalScrollBar().rangeChanged.connect(self._reachable)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_changed = event.type() == QEvent.Type.LayoutRequest and watched is self._inner
        if is_changed and not self._order.isActive():  # or what changes without end would never be
            self._order.start()
        return super().eventFilter(watched, event)

    def _put_in_order(self) -> None:
        here = list(order.controls(self._inner))
        if here != self._controls:
            self._controls = here
            order.as_one_reads(self._inner)

    def _reachable(self, least: int, most: int) -> None:
        scrolls = most > least
        self.setProperty("focusPolicy", "StrongFocus" if scrolls else "NoFocus")
