"""A glyph that keeps to the colours around it, and a spinner."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

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
        self._timer: QTimer | None = None
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

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run_soon()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._run_soon()

    def _run_soon(self) -> None:
        if self._timer or self._glyph == "spinner":
            QTimer.singleShot(0, self, self._run_while_seen)

    def _run_while_seen(self) -> None:
        if self._glyph == "spinner" and self.isVisible() and self._may_move():
            if self._timer is None:
                self._timer = QTimer(self)
                self._timer.setInterval(FRAME_MILLISECONDS)
                self._timer.timeout.connect(self._advance)
            self._timer.start()
        elif self._timer:
            self._timer.stop()

    def _may_move(self) -> bool:
        """Where a person wants nothing to move, the spinner stands; its words say the same."""
        from PySide6.QtWidgets import QStyle  # noqa: PLC0415 - it is large

        return self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0

    def _advance(self) -> None:
        self._turn = (self._turn + 360 * TURNS_PER_SECOND * FRAME_MILLISECONDS / 1000) % 360
        self.update()
