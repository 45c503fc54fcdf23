"""A card: a frame with a title, in which belongs together what stands in it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout

from qubix_desktop import theme
from qubix_desktop.parts.label import Label


def card(title: str) -> tuple[QFrame, QVBoxLayout]:
    """The frame, and the column to put things in."""
    frame = QFrame()
    theme.dress(frame, "card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(16, 12, 16, 12)
    column.setSpacing(8)
    column.addWidget(Label(title, "strong", wrap=False))
    return frame, column
