"""A glyph that keeps to the colours around it, and a spinner."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStyle, QWidget

from qubix_desktop import icons, theme

Tone = Literal["text", "muted", "link", "good", "bad", "warn"]
TURNS_PER_SECOND = 1.0
FRAME_MILLISECONDS = 50


class GlyphLabel(QWidget):
    """One glyph. It says nothing to a screen reader: the words beside it do."""

    def __init__(self, glyph: icons.Glyph, tone: Tone, side: int, parent: QWidget | None = None):
        super().__init__(parent)
        self._glyph: icons.Glyph = glyph
        self._tone: Tone = tone
        self._side = side
        self._turn = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MILLISECONDS)
        self._timer.timeout.connect(self._advance)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(QSize(side, side))

    def show_glyph(self, glyph: icons.Glyph, tone: Tone) -> None:
        if (glyph, tone) != (self._glyph, self._tone):
            self._glyph, self._tone, self._turn = glyph, tone, 0.0
            self._run_while_seen()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colour: str = getattr(theme.colours_of(self), self._tone)
        ratio = self.devicePixelRatioF()
        pixmap = icons.glyph(self._glyph, colour, self._side, ratio, self._turn)
        QPainter(self).drawPixmap(0, 0, pixmap)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            QTimer.singleShot(0, self, self._run_while_seen)
        return super().event(event)

    def _run_while_seen(self) -> None:
        # Where a person wants nothing to move, the spinner stands; its words say the same.
        moves = self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0
        if self._glyph == "spinner" and self.isVisible() and moves:
            self._timer.start()
        else:
            self._timer.stop()

    def _advance(self) -> None:
        self._turn = (self._turn + 360 * TURNS_PER_SECOND * FRAME_MILLISECONDS / 1000) % 360
        self.update()
