"""Icons and glyphs, drawn from SVG at the size and the pixel ratio that are asked for.

The application's icon and the tray's states are committed files, rendered from the master in
icons/; the small glyphs inside the windows are this module's own, in one colour each.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QByteArray, QRectF, QSize
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).parent / "resources" / "icons"
GLYPHS = Path(__file__).parent / "resources" / "glyphs"
SIZES = (16, 20, 22, 24, 32, 44, 48, 64, 128, 256)
TRAY_SIZES = (16, 20, 22, 24, 32, 44, 48, 64, 96)
"""A larger one is never drawn in a panel."""

StateIcon = Literal["starting", "online", "working", "paused", "offline", "attention"]
Glyph = Literal[
    "processor", "memory", "disk", "graphics", "tick", "cross", "waiting", "here", "spinner",
    "undone", "problem", "lock", "person", "bin", "tray", "network", "sliders", "repair",
]  # fmt: skip


@functools.cache
def application() -> QIcon:
    """The mark itself."""
    return _icon("qubix")


@functools.lru_cache(maxsize=2)
def of_state(state: StateIcon, *, dark: bool = False) -> QIcon:
    """The tray's icon for a state; each has a shape of its own. `dark`: for a dark panel."""
    return _icon(f"tray-{state}-dark" if dark else f"tray-{state}", TRAY_SIZES)


def is_dark() -> bool:
    """Whether panels are likely to be dark. What colour they have, no system tells."""
    return QGuiApplication.palette().window().color().lightness() < 128


def _icon(name: str, sizes: tuple[int, ...] = SIZES) -> QIcon:
    renderer = QSvgRenderer(QByteArray((FOLDER / f"{name}.svg").read_bytes()))
    icon = QIcon()
    for side in sizes:
        icon.addPixmap(_drawn(renderer, side, 1.0))
    return icon


def picture(name: str, side: int, ratio: float) -> QPixmap:
    """An icon file as a picture of `side` logical pixels."""
    renderer = QSvgRenderer(QByteArray((FOLDER / f"{name}.svg").read_bytes()))
    return _drawn(renderer, side, ratio)


def glyph(name: Glyph, colour: str, side: int, ratio: float, turn: float = 0.0) -> QPixmap:
    """A glyph in `colour`, turned by `turn` degrees; its white lines stay apart from any colour."""
    svg = _glyph_text(name)
    if QColor(colour).lightnessF() >= 0.5:
        svg = svg.replace("#FFFFFF", "#12151A")
    svg = svg.replace("currentColor", colour)
    return _drawn(QSvgRenderer(QByteArray(svg.encode())), side, ratio, turn)


@functools.cache
def _glyph_text(name: Glyph) -> str:
    return (GLYPHS / f"{name}.svg").read_text(encoding="utf-8")


def _drawn(renderer: QSvgRenderer, side: int, ratio: float, turn: float = 0.0) -> QPixmap:
    pixmap = QPixmap(QSize(side, side) * ratio)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    edge = side * ratio
    painter.translate(edge / 2, edge / 2)
    painter.rotate(turn)
    renderer.render(painter, QRectF(-edge / 2, -edge / 2, edge, edge))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
