"""Colours that everybody can read, and nothing that only colour tells."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLineEdit,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from qubix_desktop import colours as palettes
from qubix_desktop import contrast as wishes
from qubix_desktop import icons, theme
from qubix_desktop.colours import Colours

TEXTS = ("text", "muted", "link", "good", "bad", "warn")
GROUNDS = ("window", "rail", "card", "field")
each_palette = pytest.mark.parametrize("colours", palettes.ALL.values(), ids=palettes.ALL)


def luminance(colour: str) -> float:
    """Relative luminance of sRGB (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@each_palette
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_stands_out_from_its_ground(colours: Colours, text: str, ground: str) -> None:
    assert contrast(getattr(colours, text), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("name", ["contrast light", "contrast dark"])
def test_high_contrast_is_high(name: str, text: str, ground: str) -> None:
    """WCAG 2.2's AAA."""
    colours = palettes.ALL[name]
    assert contrast(getattr(colours, text), getattr(colours, ground)) >= 7


@each_palette
def test_buttons_problems_and_menus_can_be_read(colours: Colours) -> None:
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.on_accent, colours.accent_hover) >= 4.5
    assert contrast(colours.text, colours.problem) >= 4.5
    assert contrast(colours.bad, colours.problem) >= 3
    assert contrast(colours.text, colours.track) >= 4.5  # a button that is held down


@each_palette
def test_edges_rings_and_bars_can_be_seen(colours: Colours) -> None:
    """WCAG 2.2, 1.4.11 and 2.4.13: 3 to 1 for what tells a control, or its focus, apart."""
    for ground in GROUNDS:
        assert contrast(colours.strong_border, getattr(colours, ground)) >= 3
        assert contrast(colours.link, getattr(colours, ground)) >= 3
        assert contrast(colours.text, getattr(colours, ground)) >= 3
    assert contrast(colours.text, colours.accent) >= 3  # the ring of the main button
    assert contrast(colours.accent, colours.track) >= 2.0
    assert contrast(colours.accent, colours.card) >= 3
    assert contrast("#FFFFFF", colours.disabled) >= 3  # a tick that cannot be taken away


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[Any]:
    yield lambda scheme, high: theme.wear(qapp, scheme, contrast=high)
    theme.wear(qapp, Qt.ColorScheme.Light)


@pytest.mark.parametrize("high", [False, True], ids=["plain", "contrast"])
@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
@pytest.mark.parametrize("kind", ["plain", "primary", "flat", "field", "tick", "slider"])
def test_what_has_the_focus_is_seen_to_have_it(
    qtbot: QtBot, dressed: Any, scheme: Qt.ColorScheme, high: bool, kind: str
) -> None:
    """Many pixels change, and change a lot, whoever looks at them without colour."""
    dressed(scheme, high)
    window, other = QWidget(), QPushButton("other")
    widget: QWidget
    match kind:
        case "field":
            widget = QLineEdit("text")
        case "tick":
            widget = QCheckBox("text")
        case "slider":
            widget = QSlider(Qt.Orientation.Horizontal)
        case _:
            widget = QPushButton("text")
            if kind != "plain":
                theme.dress(widget, kind)  # type: ignore[arg-type]
    column = QVBoxLayout(window)
    column.addWidget(other)
    column.addWidget(widget)
    qtbot.addWidget(window)
    QApplication.setCursorFlashTime(0)
    window.show()
    window.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    without = window.grab(widget.geometry()).toImage()
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    assert changed(without, window.grab(widget.geometry()).toImage()) >= 30


def changed(one: QImage, other: QImage) -> int:
    """How many pixels are 1.5 times as light, or more, in one as in the other."""
    return sum(
        contrast(one.pixelColor(x, y).name(), other.pixelColor(x, y).name()) >= 1.5
        for x in range(one.width())
        for y in range(one.height())
    )


def test_each_state_of_the_tray_has_a_shape_of_its_own(qapp: QApplication) -> None:
    states = ("starting", "online", "working", "paused", "offline", "attention")
    shapes = {state: grey(icons.picture(f"tray-{state}", 22, 1.0).toImage()) for state in states}
    for one, other in itertools.combinations(states, 2):
        different = sum(abs(a - b) > 60 for a, b in zip(shapes[one], shapes[other], strict=True))
        assert different > 22 * 22 * 0.08, (one, other)


def test_each_state_of_a_step_has_a_shape_of_its_own(qapp: QApplication) -> None:
    names: tuple[icons.Glyph, ...] = ("waiting", "spinner", "tick", "cross", "undone", "here")
    shapes = {name: grey(icons.glyph(name, "#000000", 20, 1.0).toImage()) for name in names}
    for one, other in itertools.combinations(names, 2):
        different = sum(abs(a - b) > 60 for a, b in zip(shapes[one], shapes[other], strict=True))
        assert different > 20 * 20 * 0.03, (one, other)


def grey(image: QImage) -> list[int]:
    """How it looks on white, to whom colours look alike."""
    greys = []
    for y in range(image.height()):
        for x in range(image.width()):
            colour = image.pixelColor(x, y)
            plain = 0.299 * colour.red() + 0.587 * colour.green() + 0.114 * colour.blue()
            greys.append(round(plain * colour.alphaF() + 255 * (1 - colour.alphaF())))
    return greys


# --- The account's wish ------------------------------------------------------------------------


class Preference:
    def __init__(self, name: str) -> None:
        self.name = name


class Told(QObject):
    """What Qt 6.10 tells of a system."""

    contrastPreferenceChanged = Signal(object)  # noqa: N815 - Qt's name

    def __init__(self, name: str) -> None:
        super().__init__()
        self.preference = Preference(name)

    def contrastPreference(self) -> Preference:
        return self.preference

    def accessibility(self) -> Told:
        return self


@pytest.mark.parametrize(("name", "wanted"), [("HighContrast", True), ("NoPreference", False)])
def test_the_systems_wish_for_contrast_is_followed(
    qapp: QApplication, name: str, wanted: bool
) -> None:
    told: Any = Told(name)
    heard: list[object] = []
    wishes.when_changed(told, heard.append)
    told.contrastPreferenceChanged.emit(told.preference)
    assert wishes.is_wanted(told, QPalette()) is wanted
    assert heard == [told.preference]


@pytest.mark.parametrize(
    ("text", "ground", "wanted"), [("#ffffff", "#000000", True), ("#000000", "#f0f0f0", False)]
)
def test_before_qt_tells_a_palette_of_black_and_white_does(
    qapp: QApplication, text: str, ground: str, wanted: bool
) -> None:
    native = QPalette()
    native.setColor(QPalette.ColorRole.WindowText, QColor(text))
    native.setColor(QPalette.ColorRole.Window, QColor(ground))
    older: Any = object()
    wishes.when_changed(older, lambda: None)
    assert wishes.is_wanted(older, native) is wanted


@pytest.mark.parametrize("name", palettes.ALL)
def test_a_glyph_takes_the_colours_of_what_it_stands_on(
    qtbot: QtBot, dressed: Any, name: str
) -> None:
    scheme = Qt.ColorScheme.Dark if "dark" in name else Qt.ColorScheme.Light
    dressed(scheme, "contrast" in name)
    widget = QWidget()
    qtbot.addWidget(widget)
    assert theme.colours_of(widget) == palettes.ALL[name]
