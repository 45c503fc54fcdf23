"""Colours and shapes: light and dark, with our own accent, restrained where a system has its own.

Every pair of text and ground keeps WCAG 2.2's AA (4.5 to 1); a test computes it. Widgets name what
they are (`role`), and this module alone says how that looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from qubix_desktop import icons

Role = Literal[
    "title", "subtitle", "muted", "strong", "card", "primary", "flat", "rail", "bar", "good", "bad",
    "warn", "problem", "big", "step", "step-now", "step-done", "log", "line",
]  # fmt: skip


INDENT = 26
"""From the edge of a tick's box to its text."""


@dataclass(frozen=True)
class Colours:
    window: str
    rail: str
    card: str
    field: str
    border: str
    strong_border: str
    text: str
    muted: str
    accent: str
    """Fills: under `on_accent`."""
    accent_hover: str
    on_accent: str
    link: str
    """Accent as text and lines, on any ground."""
    good: str
    bad: str
    warn: str
    problem: str
    track: str
    disabled: str


LIGHT = Colours(
    window="#F5F6F8", rail="#EBEEF3", card="#FFFFFF", field="#FFFFFF", border="#DADFE7",
    strong_border="#8A93A3", text="#1A1D23", muted="#545D6B", accent="#2F62D6",
    accent_hover="#2453BE", on_accent="#FFFFFF", link="#2A5BCB", good="#17734A", bad="#B3261E",
    warn="#855300", problem="#FDF0EE", track="#E1E5EC", disabled="#8B93A0",
)  # fmt: skip
DARK = Colours(
    window="#1E2127", rail="#181B20", card="#282C34", field="#1A1D22", border="#3A404B",
    strong_border="#7C8696", text="#E9EBEF", muted="#AAB2BF", accent="#3B6FE0",
    accent_hover="#3262CC", on_accent="#FFFFFF", link="#92B4FF", good="#62CF98", bad="#FF9A91",
    warn="#F0B64A", problem="#3A2626", track="#3B414C", disabled="#757D8A",
)  # fmt: skip


def colours_of(widget: QWidget) -> Colours:
    """The colours that are right on the ground that `widget` stands on."""
    return DARK if widget.palette().window().color().lightness() < 128 else LIGHT


def install(app: QApplication) -> None:
    """Chooses the style, and follows the system's colour scheme from now on."""
    style = _style_for(app.style().objectName().lower())
    if style:
        app.setStyle(QStyleFactory.create(style))
    hints = app.styleHints()
    hints.colorSchemeChanged.connect(lambda scheme: wear(app, scheme))
    wear(app, hints.colorScheme())


def _style_for(native: str) -> str | None:
    """Fusion, but where the platform has a style of its own that knows light and dark."""
    return None if native in ("macos", "windows11", "breeze") else "Fusion"


def wear(app: QApplication, scheme: Qt.ColorScheme) -> None:
    """Puts on the light or the dark dress."""
    colours = DARK if scheme == Qt.ColorScheme.Dark else LIGHT
    app.setPalette(_palette(colours))
    app.setStyleSheet(_sheet(colours, app.layoutDirection()))


def dress(widget: QWidget, role: Role) -> None:
    """Says what `widget` is; how that looks stands below."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _palette(c: Colours) -> QPalette:
    palette = QPalette()
    rows = {
        QPalette.ColorRole.Window: c.window,
        QPalette.ColorRole.WindowText: c.text,
        QPalette.ColorRole.Base: c.field,
        QPalette.ColorRole.AlternateBase: c.window,
        QPalette.ColorRole.ToolTipBase: c.card,
        QPalette.ColorRole.ToolTipText: c.text,
        QPalette.ColorRole.Text: c.text,
        QPalette.ColorRole.PlaceholderText: c.muted,
        QPalette.ColorRole.Button: c.card,
        QPalette.ColorRole.ButtonText: c.text,
        QPalette.ColorRole.BrightText: c.bad,
        QPalette.ColorRole.Highlight: c.accent,
        QPalette.ColorRole.HighlightedText: c.on_accent,
        QPalette.ColorRole.Link: c.link,
        QPalette.ColorRole.LinkVisited: c.link,
        QPalette.ColorRole.Accent: c.accent,
        QPalette.ColorRole.Light: c.border,
        QPalette.ColorRole.Midlight: c.border,
        QPalette.ColorRole.Mid: c.border,
        QPalette.ColorRole.Dark: c.strong_border,
        QPalette.ColorRole.Shadow: c.border,
    }
    for role, colour in rows.items():
        palette.setColor(role, QColor(colour))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(c.disabled))
    palette.setColor(
        QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, QColor(c.strong_border)
    )
    return palette


def _sheet(c: Colours, direction: Qt.LayoutDirection) -> str:
    # A style sheet calls the part on the left sub-page, whichever way the slider goes.
    filled = "add" if direction == Qt.LayoutDirection.RightToLeft else "sub"
    check = (icons.GLYPHS / "check.svg").as_posix()
    return f"""
    QWidget[role="rail"] {{ background: {c.rail}; }}
    QWidget[role="bar"] {{ background: {c.window}; border-top: 1px solid {c.border}; }}
    QLabel[role="title"] {{ font-size: 17pt; font-weight: 600; }}
    QLabel[role="big"] {{ font-size: 14pt; font-weight: 600; }}
    QLabel[role="subtitle"] {{ font-size: 11pt; }}
    QLabel[role="strong"] {{ font-weight: 600; }}
    QLabel[role="muted"], QLabel[role="step"] {{ color: {c.muted}; }}
    QLabel[role="step-done"] {{ color: {c.text}; }}
    QLabel[role="step-now"] {{ color: {c.text}; font-weight: 600; }}
    QLabel[role="good"] {{ color: {c.good}; }}
    QLabel[role="bad"] {{ color: {c.bad}; }}
    QLabel[role="warn"] {{ color: {c.warn}; }}
    QFrame[role="card"] {{
        background: {c.card}; border: 1px solid {c.border}; border-radius: 8px; }}
    QFrame[role="problem"] {{
        background: {c.problem}; border: 1px solid {c.bad}; border-radius: 8px; }}
    QFrame[role="line"] {{ background: {c.border}; border: none; }}
    QPushButton {{
        background: {c.card}; border: 1px solid {c.strong_border}; border-radius: 6px;
        padding: 6px 16px; color: {c.text}; }}
    QPushButton:hover {{ background: {c.window}; }}
    QPushButton:pressed {{ background: {c.track}; }}
    QPushButton:focus {{ border: 2px solid {c.link}; padding: 5px 15px; }}
    QPushButton:disabled {{ color: {c.disabled}; border-color: {c.border}; }}
    QPushButton[role="primary"] {{
        background: {c.accent}; border-color: {c.accent}; color: {c.on_accent};
        font-weight: 600; }}
    QPushButton[role="primary"]:hover {{ background: {c.accent_hover}; }}
    QPushButton[role="primary"]:focus {{ border: 2px solid {c.text}; }}
    QPushButton[role="primary"]:disabled {{
        background: {c.track}; border-color: {c.track}; color: {c.disabled}; }}
    QPushButton[role="flat"] {{
        background: transparent; border: 1px solid transparent; color: {c.link};
        padding: 4px 6px; text-align: left; }}
    QPushButton[role="flat"]:hover {{ text-decoration: underline; }}
    QPushButton[role="flat"]:focus {{ border: 1px solid {c.link}; }}
    QLineEdit {{
        background: {c.field}; border: 1px solid {c.strong_border}; border-radius: 6px;
        padding: 6px 8px; selection-background-color: {c.accent}; }}
    QLineEdit:focus {{ border: 2px solid {c.link}; padding: 5px 7px; }}
    QPlainTextEdit[role="log"] {{
        background: {c.field}; border: 1px solid {c.border}; border-radius: 6px; padding: 4px; }}
    QPlainTextEdit[role="log"]:focus {{ border: 1px solid {c.link}; }}
    QProgressBar {{
        background: {c.track}; border: none; border-radius: 4px; max-height: 8px;
        min-height: 8px; }}
    QProgressBar::chunk {{ background: {c.accent}; border-radius: 4px; }}
    QTableWidget {{ background: {c.card}; border: none; }}
    QTableWidget::item {{ padding: 3px 8px 3px 0; }}
    QHeaderView::section {{
        background: {c.card}; color: {c.muted}; border: none;
        border-bottom: 1px solid {c.border}; padding: 4px 8px 4px 2px; }}
    QCheckBox {{ spacing: 8px; }}
    QCheckBox::indicator {{
        width: 16px; height: 16px; border: 1px solid {c.strong_border}; border-radius: 4px;
        background: {c.field}; }}
    QCheckBox::indicator:checked {{
        background: {c.accent}; border-color: {c.accent}; image: url("{check}"); }}
    QCheckBox::indicator:focus {{ border: 2px solid {c.link}; }}
    QCheckBox::indicator:checked:focus {{ border: 2px solid {c.text}; }}
    QCheckBox::indicator:disabled {{ border-color: {c.border}; background: {c.track}; }}
    QCheckBox:disabled {{ color: {c.disabled}; }}
    QSlider {{ min-height: 22px; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {c.track}; }}
    QSlider::{filled}-page:horizontal {{ border-radius: 2px; background: {c.accent}; }}
    QSlider::handle:horizontal {{
        width: 16px; height: 16px; margin: -7px 0; border-radius: 9px;
        background: {c.card}; border: 1px solid {c.strong_border}; }}
    QSlider::handle:horizontal:focus {{ border: 2px solid {c.link}; margin: -8px 0; }}
    QTabWidget::pane {{ border: none; border-top: 1px solid {c.border}; }}
    QTabBar {{ background: transparent; }}
    QTabBar::tab {{
        background: transparent; border: none; border-bottom: 2px solid transparent;
        padding: 7px 14px; color: {c.muted}; }}
    QTabBar::tab:selected {{ color: {c.text}; border-bottom: 2px solid {c.link}; }}
    QTabBar::tab:hover {{ color: {c.text}; }}
    QTabBar::tab:focus {{ color: {c.link}; text-decoration: underline; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle {{
        background: {c.strong_border}; border-radius: 3px; margin: 2px;
        min-height: 24px; min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {c.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QMenu {{
        background: {c.card}; color: {c.text}; border: 1px solid {c.border}; padding: 5px; }}
    QMenu::item {{ padding: 6px 26px 6px 12px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
    QMenu::icon {{ padding-left: 8px; }}
    QMenu::separator {{ height: 1px; background: {c.border}; margin: 5px 8px; }}
    QScrollArea {{ background: transparent; border: none; }}
    QToolTip {{ background: {c.card}; color: {c.text}; border: 1px solid {c.border}; }}
    """
