"""One chart: a line over the last minutes, drawn here, with its figures in words.

Why it is drawn by ourselves stands in docs/adr/0060-charts-painted-by-us.md. Nothing is told by
colour alone: there is one line in a chart, and its name and its figure stand above it.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from qubix_desktop import theme, words
from qubix_desktop.parts.label import Label
from qubix_desktop.status.history import SECONDS, Point, Trace

HEIGHT = 56
LEAST_WIDTH = 90
LINE_WIDTH = 1.6


class Chart(QWidget):
    """A name, the figure of now, and the line. `most` is the value at the chart's upper edge."""

    def __init__(
        self, name: str, most: float = 100.0, said: Callable[[float], str] = words.percent
    ) -> None:
        super().__init__()
        self._name = name
        self._said = said
        self._figure = Label(role="strong", wrap=False)
        self._canvas = _Canvas(most)
        top = QHBoxLayout()
        top.addWidget(Label(name, "muted", wrap=False))
        top.addStretch()
        top.addWidget(self._figure)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self._canvas)
        self.show_trace(Trace())

    def show_trace(self, trace: Trace, note: str = "") -> None:
        """`note` stands beside the figure, such as `8 of 12 GB`."""
        figure = words.UNKNOWN if trace.now is None else self._said(trace.now)
        self._figure.setText(figure)
        description = self._described(trace, figure)
        self._canvas.show_trace(trace)
        self._canvas.setAccessibleName(self.tr("{name}, the last minutes").format(name=self._name))
        self._canvas.setAccessibleDescription(description)
        self._canvas.setToolTip("\n".join(filter(None, (description, note))))

    def _described(self, trace: Trace, figure: str) -> str:
        if trace.least is None or trace.most is None:
            return self.tr("Nothing is known of it yet.")
        return self.tr("Now {now}, at least {least}, at most {most}.").format(
            now=self.tr("unknown") if trace.now is None else figure,
            least=self._said(trace.least),
            most=self._said(trace.most),
        )


class _Canvas(QFrame):
    """Time goes as people read: the newest stands at the end of a line of text."""

    def __init__(self, most: float) -> None:
        super().__init__()
        self._most = most
        self._trace = Trace()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(2 * LEAST_WIDTH, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, HEIGHT)

    def show_trace(self, trace: Trace) -> None:
        if trace != self._trace:
            self._trace = trace
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours_of(self)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter = QPainter(self)
        painter.setPen(QPen(QColor(colours.border), 1))
        for share in (0.0, 0.5, 1.0):
            y = area.bottom() - share * area.height()
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QColor(colours.link)
        for run in self._trace.runs:
            self._draw(painter, [self._place(point, area) for point in run], area, line)

    def _draw(self, painter: QPainter, points: list[QPointF], area: QRectF, colour: QColor) -> None:
        ground = [QPointF(points[-1].x(), area.bottom()), QPointF(points[0].x(), area.bottom())]
        filled = QColor(colour)
        filled.setAlphaF(0.16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(filled)
        painter.drawPolygon(QPolygonF([*points, *ground]))
        pen = QPen(colour, LINE_WIDTH)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)  # one look between two gaps is a dot
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points if len(points) > 1 else points * 2))

    def _place(self, point: Point, area: QRectF) -> QPointF:
        inner = area.adjusted(LINE_WIDTH, LINE_WIDTH, -LINE_WIDTH, -LINE_WIDTH)
        x = inner.right() - point.age / SECONDS * inner.width()
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            x = inner.left() + inner.right() - x
        share = min(1.0, max(0.0, point.value / self._most))
        return QPointF(x, inner.bottom() - share * inner.height())
