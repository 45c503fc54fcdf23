"""Icons and glyphs, drawn from SVG at the size and the pixel ratio that are asked for.

The application's icon and the tray's states are committed files, rendered from the master in
icons/; the small glyphs inside the windows are this module's own, in one colour each.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).parent / "resources" / "icons"
SIZES = (16, 20, 22, 24, 32, 44, 48, 64, 128, 256)

StateIcon = Literal["starting", "online", "working", "paused", "offline", "attention"]
Glyph = Literal[
    "processor", "memory", "disk", "graphics", "tick", "cross", "waiting", "here", "spinner", "undone",
    "problem", "lock", "person", "bin", "tray",
]  # fmt: skip


@functools.cache
def application() -> QIcon:
    """The mark itself."""
    return _icon("qubix")


@functools.cache
def of_state(state: StateIcon) -> QIcon:
    """The tray's icon for a state; each has a shape of its own."""
    return _icon(f"tray-{state}")


def _icon(name: str) -> QIcon:
    renderer = QSvgRenderer(QByteArray((FOLDER / f"{name}.svg").read_bytes()))
    icon = QIcon()
    for side in SIZES:
        icon.addPixmap(_drawn(renderer, side, 1.0))
    return icon


def picture(name: str, side: int, ratio: float) -> QPixmap:
    """An icon file as a picture of `side` logical pixels."""
    renderer = QSvgRenderer(QByteArray((FOLDER / f"{name}.svg").read_bytes()))
    return _drawn(renderer, side, ratio)


def glyph(name: Glyph, colour: str, side: int, ratio: float, turn: float = 0.0) -> QPixmap:
    """A glyph in `colour`, turned by `turn` degrees."""
    ink = "#FFFFFF" if QColor(colour).lightnessF() < 0.5 else "#12151A"
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" '
        f'stroke="{colour}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
        f'<g transform="rotate({turn} 12 12)">{_GLYPHS[name].format(colour=colour, ink=ink)}'
        "</g></svg>"
    )
    return _drawn(QSvgRenderer(QByteArray(svg.encode())), side, ratio)


def _drawn(renderer: QSvgRenderer, side: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(QSize(side, side) * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side * ratio, side * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


_GLYPHS: dict[Glyph, str] = {
    "processor": '<rect x="6" y="6" width="12" height="12" rx="2"/>'
    '<rect x="10" y="10" width="4" height="4" rx=".5"/>'
    '<path d="M9 2.5V6M15 2.5V6M9 18v3.5M15 18v3.5M2.5 9H6M2.5 15H6M18 9h3.5M18 15h3.5"/>',
    "memory": '<path d="M3 7h18v4.5a1.5 1.5 0 0 0 0 3V17H3v-2.500a1.5 1.5 0 0 0 0-3z"/>'
    '<path d="M7.500 10v3M12 10v3M16.500 10v3M7 17v2.500M12 17v2.500M17 17v2.500"/>',
    "disk": '<rect x="4" y="3" width="16" height="18" rx="2.500"/><circle cx="12" cy="10" r="4"/>'
    '<circle cx="12" cy="10" r=".6"/><path d="M8 17.500h4"/>',
    "graphics": '<path d="M2.500 5v15"/><rect x="2.500" y="7" width="19" height="9.500" rx="1.500"/>'
    '<circle cx="9" cy="11.750" r="2.400"/><circle cx="16" cy="11.750" r="2.400"/>'
    '<path d="M7 16.500V19h6v-2.500"/>',
    "tick": '<circle cx="12" cy="12" r="10" fill="{colour}" stroke="none"/>'
    '<path d="M7.500 12.400l3.100 3.100 6-6.600" stroke="{ink}" stroke-width="2.200"/>',
    "cross": '<circle cx="12" cy="12" r="10" fill="{colour}" stroke="none"/>'
    '<path d="M8.500 8.500l7 7M15.500 8.500l-7 7" stroke="{ink}" stroke-width="2.200"/>',
    "waiting": '<circle cx="12" cy="12" r="8.500" stroke-width="1.500"/>',
    "here": '<circle cx="12" cy="12" r="8.500" stroke-width="2"/>'
    '<circle cx="12" cy="12" r="3.500" fill="{colour}"/>',
    "spinner": '<circle cx="12" cy="12" r="8.500" stroke-opacity=".25" stroke-width="2.500"/>'
    '<path d="M12 3.500a8.500 8.500 0 0 1 8.500 8.500" stroke-width="2.500"/>',
    "undone": '<path d="M5 9h9a5 5 0 0 1 0 10H9"/><path d="M8.500 5.500L5 9l3.500 3.500"/>',
    "problem": '<path d="M12 3.500L22 20.500H2z" /><path d="M12 10v5M12 17.800v.1"/>',
    "lock": '<rect x="5" y="11" width="14" height="9.500" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4.500 20.500c.8-4 3.800-6 7.500-6s6.700 2 7.500 6"/>',
    "bin": '<path d="M4 6.500h16M9.500 6.500V4h5v2.500M6 6.500l1 14h10l1-14M10 10.500v6M14 10.500v6"/>',
    "tray": '<rect x="2.500" y="4.500" width="19" height="15" rx="2"/><path d="M2.500 15.500h19"/>'
    '<path d="M14.500 17.500h.1M17.500 17.500h.1"/>',
}
