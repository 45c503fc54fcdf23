"""Colours and shapes: light and dark, with our own accent, restrained where a system has its own.

Every pair of text and ground keeps WCAG 2.2's AA (4.5 to 1); a test computes it. Widgets name what
they are (`role`), and this module alone says how that looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from qubix_desktop import colours, contrast, icons
from qubix_desktop.colours import CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, Colours

if TYPE_CHECKING:
    from PySide6.QtCore import Qt

Role = Literal[
    "title", "subtitle", "muted", "strong", "card", "primary", "flat", "rail", "bar", "good", "bad",
    "warn", "problem", "big", "step", "step-now", "step-done", "log", "line", "day",
]  # fmt: skip


LOOK_MILLISECONDS = 100
"""After a window has come up: by then it is painted."""
NATIVE = {"macos", "windows11", "breeze"}
"""The styles of platforms that know light and dark by themselves; elsewhere it is Fusion."""
INDENT = 26
"""From the edge of a tick's box to its text."""


def colours_of(widget: QWidget) -> Colours:
    """The colours that are right on the ground that `widget` stands on."""
    ground = widget.palette().window().color()
    return colours.BY_GROUND.get(ground.name().upper()) or (
        DARK if ground.lightness() < 128 else LIGHT
    )


def install(app: QApplication) -> None:
    """Chooses the style, and follows the system's colours and contrast from now on.

    Which they are is first seen by the system's palette. Qt is asked for them once a window has
    come up, or when they change: to ask makes all of Qt's enumerations, which the first page would
    wait for, and the tray hold.
    """
    hints = app.styleHints()
    native = app.palette()  # as it was before we put on a dress of ours
    # Where no style but Qt's own can have been chosen, nobody asks which it is: the class is large.
    if not NATIVE.isdisjoint(map(str.lower, QStyleFactory.keys())) and not _is_native(app):
        app.setStyle(QStyleFactory.create("Fusion"))

    worn = native.window().color().lightness() < 128, contrast.is_seen(native)
    _put_on(app, *worn)

    def follow(*_: object) -> None:
        from PySide6.QtCore import Qt  # noqa: PLC0415 - it is large

        nonlocal worn
        wanted = hints.colorScheme() == Qt.ColorScheme.Dark, contrast.is_wanted(hints, native)
        if wanted != worn:
            worn = wanted
            _put_on(app, *worn)

    def look_once(*_: object) -> None:
        app.focusWindowChanged.disconnect(look_once)
        QTimer.singleShot(LOOK_MILLISECONDS, follow)

    app.focusWindowChanged.connect(look_once)
    hints.colorSchemeChanged.connect(follow)
    contrast.when_changed(hints, follow)


def _is_native(app: QApplication) -> bool:
    return app.style().objectName().lower() in NATIVE


def wear(app: QApplication, scheme: Qt.ColorScheme, *, contrast: bool = False) -> None:
    """Puts on the light or the dark dress; `contrast`: for whom plain ones are too faint."""
    from PySide6.QtCore import Qt  # noqa: PLC0415 - it is large

    _put_on(app, scheme == Qt.ColorScheme.Dark, contrast)


def _put_on(app: QApplication, dark: bool, contrast: bool) -> None:
    pair = (CONTRAST_LIGHT, CONTRAST_DARK) if contrast else (LIGHT, DARK)
    worn = pair[dark]
    app.setPalette(_palette(worn))
    plain = _sheet(worn, mirrored=app.isRightToLeft())
    app.setStyleSheet(plain + _edges(worn) if contrast else plain)


def dress(widget: QWidget, role: Role) -> None:
    """Says what `widget` is; how that looks stands below."""
    before = widget.property("role")
    if before == role:
        return
    widget.setProperty("role", role)
    # One that is new wears it when it is first shown.
    if before is not None or widget.isVisible():
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


def _sheet(c: Colours, *, mirrored: bool) -> str:
    # A style sheet calls the part on the left sub-page, whichever way the slider goes.
    filled = "add" if mirrored else "sub"
    glyphs = ("check", "chevron-up", "chevron-down")
    check, up, down = ((icons.GLYPHS / f"{name}.svg").as_posix() for name in glyphs)
    return f"""
    QFrame[role="rail"] {{ background: {c.rail}; }}
    QFrame[role="bar"] {{
        background: {c.window}; border-top: 1px solid {c.border}; padding-top: -1px; }}
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
    QAbstractSpinBox, QComboBox {{
        background: {c.field}; color: {c.text}; border: 1px solid {c.strong_border};
        border-radius: 6px; padding: 2px 2px 2px 7px; selection-background-color: {c.accent}; }}
    QAbstractSpinBox:focus, QComboBox:focus {{
        border: 2px solid {c.link}; padding: 1px 1px 1px 6px; }}
    QAbstractSpinBox:disabled, QComboBox:disabled {{
        color: {c.disabled}; border-color: {c.border}; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
        subcontrol-origin: padding; width: 18px; border: none; border-radius: 3px; }}
    QAbstractSpinBox::up-button {{ subcontrol-position: top right; }}
    QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; }}
    QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{
        background: {c.track}; }}
    QAbstractSpinBox::up-arrow {{ image: url("{up}"); width: 10px; height: 10px; }}
    QAbstractSpinBox::down-arrow {{ image: url("{down}"); width: 10px; height: 10px; }}
    QComboBox::drop-down {{ border: none; width: 22px; }}
    QComboBox::down-arrow {{ image: url("{down}"); width: 12px; height: 12px; }}
    QComboBox QAbstractItemView {{
        background: {c.card}; color: {c.text}; border: 1px solid {c.strong_border};
        selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
    QToolButton[role="day"] {{
        background: {c.card}; border: 1px solid {c.strong_border}; border-radius: 6px;
        padding: 4px 3px; color: {c.text}; }}
    QToolButton[role="day"]:checked {{
        background: {c.accent}; border-color: {c.accent}; color: {c.on_accent};
        font-weight: 600; }}
    QToolButton[role="day"]:focus {{ border: 2px solid {c.link}; padding: 3px 2px; }}
    QToolButton[role="day"]:checked:focus {{ border-color: {c.text}; }}
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
    QCheckBox::indicator:checked:disabled {{
        background: {c.disabled}; border-color: {c.disabled}; }}
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


def _edges(c: Colours) -> str:
    """What high contrast has beyond its colours: an edge around whatever can be told apart, and a
    wide ring around what has the focus."""
    return f"""
    QPushButton:focus, QPushButton[role="primary"]:focus, QPushButton[role="flat"]:focus,
    QLineEdit:focus, QPlainTextEdit[role="log"]:focus {{
        border: 3px solid {c.text}; padding: 4px 14px; }}
    QLineEdit:focus {{ padding: 4px 6px; }}
    QAbstractSpinBox:focus, QComboBox:focus {{ border: 3px solid {c.text}; padding: 0 0 0 5px; }}
    QPushButton[role="flat"]:focus {{ padding: 2px 4px; }}
    QPushButton[role="flat"] {{ text-decoration: underline; }}
    QPushButton:disabled, QPushButton[role="primary"]:disabled {{
        border: 1px dashed {c.disabled}; background: {c.window}; }}
    QProgressBar {{ border: 1px solid {c.text}; }}
    QSlider::groove:horizontal {{ border: 1px solid {c.text}; }}
    QCheckBox::indicator:focus, QCheckBox::indicator:checked:focus {{
        border: 3px solid {c.text}; }}
    QSlider::handle:horizontal:focus {{ border: 4px solid {c.text}; margin: -9px 0; }}
    QTabBar::tab:selected {{ border-bottom: 3px solid {c.text}; font-weight: 600; }}
    QFrame[role="rail"] {{ border: 1px solid {c.border}; padding: -1px; }}
    """
