"""What holds for every page and state, in each language, with each window as small as it gets."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import pseudo
import pytest
import scenes
from PySide6.QtCore import QDeadlineTimer, QLocale, QPoint, QRect, QSize, Qt, QTranslator
from PySide6.QtGui import QAccessible, QFont, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollArea,
    QTabBar,
    QWidget,
)

from qubix_desktop import background, languages
from qubix_worker.paths import Paths

Kind = TypeVar("Kind", bound=QWidget)
Found = dict[str, list[str]]
FONT = "DejaVu Sans"
"""A wide one: what fits in it fits in most."""
FACTS = (
    "NVIDIA GeForce RTX 4070", "NVIDIA GeForce GTX 970", "AMD Ryzen 7 5800X 8-Core Processor",
    "Example Compute", "compute.example.org", "example.org", "https://", "marie-desktop", "QUBIX",
    "NVIDIA", "wasmtime", "wasm", "K7QM-2XWD", "550.54.14",
    *(QLocale("en").dayName(day, length) for day in range(1, 8)
      for length in (QLocale.FormatType.LongFormat, QLocale.FormatType.ShortFormat)),
)  # fmt: skip
"""What is no word, and the same in every language."""


LANGUAGES = [
    pytest.param(language, marks=[pytest.mark.xdist_group(f"windows in {language}"), *marks])
    for language, marks in {
        "en": [], "pt": [pytest.mark.slow], "es": [pytest.mark.slow], "long": [pytest.mark.slow],
    }.items()
]  # fmt: skip


@pytest.fixture(scope="module", params=LANGUAGES)
def found(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, qapp: QApplication
) -> Iterator[Found]:
    """What each check has found, in all windows; they are walked through once in each language."""
    before, locale, font = set(qapp.findChildren(QTranslator)), QLocale(), qapp.font()
    language = request.param
    languages.speak(qapp, languages.wanted({"QUBIX_LANGUAGE": language.replace("long", "en")}))
    if language == "long":
        qapp.installTranslator(pseudo.Long(qapp))
    wide = QFont(FONT)
    wide.setPointSizeF(10)
    qapp.setFont(wide)
    faults: Found = {check.__name__: [] for check in CHECKS}
    for scene in scenes.scenes(Paths.under(tmp_path_factory.mktemp("home")), smallest=True):
        for check in CHECKS:
            if check is (unmarked if language != "long" else named_twice):
                continue
            faults[check.__name__] += [f"{scene.name}: {fault}" for fault in check(scene.window)]
    yield faults
    assert background.end_all(20)
    qapp.setFont(font)
    QLocale.setDefault(locale)
    for translator in set(qapp.findChildren(QTranslator)) - before:
        qapp.removeTranslator(translator)


def test_no_text_is_cut_off(found: Found) -> None:
    assert found["cut_off"] == []


def test_every_control_says_what_it_is(found: Found) -> None:
    assert found["nameless"] == []


def test_the_focus_goes_as_one_reads(found: Found) -> None:
    assert found["out_of_order"] == []


def test_no_shortcut_means_two_things(found: Found) -> None:
    assert found["ambiguous"] == []


def test_every_text_comes_from_the_translations(found: Found) -> None:
    assert found["unmarked"] == []


def test_no_window_is_called_qubix_twice(found: Found) -> None:
    assert found["named_twice"] == []


# --- What is looked for ------------------------------------------------------------------------


def cut_off(window: QWidget) -> Iterator[str]:
    for widget in seen(window, QWidget):
        if isinstance(widget, QLabel) and widget.text():
            if widget.wordWrap():
                short = widget.heightForWidth(widget.width()) > widget.height() + 1
            else:
                short = widget.sizeHint().width() > widget.width() + 1
            if short or widget.sizeHint().height() > widget.height() + 1:
                yield f"{widget.text()!r} in {widget.size()}"
        elif isinstance(widget, QAbstractButton) and widget.text():
            least = widget.sizeHint()
            if least.width() > widget.width() + 1 or least.height() > widget.height() + 1:
                yield f"{widget.text()!r} in {widget.size()}, wants {least}"
        elif isinstance(widget, QLineEdit):
            text = widget.placeholderText()
            if widget.fontMetrics().horizontalAdvance(text) > widget.width() - 12:
                yield f"{text!r} in {widget.size()}"
        elif isinstance(widget, QTabBar) and widget.sizeHint().width() > widget.width() + 1:
            yield f"tabs in {widget.size()}"
        yield from _outside(widget, window)


def _outside(widget: QWidget, window: QWidget) -> Iterator[str]:
    """A widget that sticks out of the window, or out of the sides of what scrolls."""
    if not isinstance(widget, QLabel | QAbstractButton | QLineEdit):
        return
    around: QWidget | None = widget.parentWidget()
    while around and not isinstance(around, QAbstractScrollArea) and around is not window:
        around = around.parentWidget()
    holder = around.viewport() if isinstance(around, QScrollArea) else window
    if isinstance(around, QAbstractScrollArea) and not isinstance(around, QScrollArea):
        return
    place = QRect(widget.mapTo(holder, QPoint()), widget.size())
    sideways = place.left() < -1 or place.right() > holder.width() + 1
    below = holder is window and place.bottom() > holder.height() + 1
    if sideways or below:
        yield f"{named(widget)!r} at {place} is outside of {holder.size()}"


def nameless(window: QWidget) -> Iterator[str]:
    for widget in seen(window, QWidget):
        focused = widget.focusPolicy() != Qt.FocusPolicy.NoFocus and not widget.focusProxy()
        if focused and not isinstance(widget, QMenu) and not named(widget):
            yield f"{widget.metaObject().className()} at {widget.geometry()}"
    if not isinstance(window, QMenu) and not window.windowTitle():
        yield "the window has no title"


def named_twice(window: QWidget) -> Iterator[str]:
    """Qt puts the application's name behind every title that does not end with it."""
    if not isinstance(window, QMenu) and not window.windowTitle().endswith("QUBIX"):
        yield window.windowTitle()


def out_of_order(window: QWidget) -> Iterator[str]:
    """Whoever presses Tab comes to what is lower, or beside, and then to the buttons; soon, since
    a window's first picture does not wait for that."""
    soon = QDeadlineTimer(1000)
    while any(_out_of_order(window)) and not soon.hasExpired():
        QTest.qWait(5)
    yield from _out_of_order(window)


def _out_of_order(window: QWidget) -> Iterator[str]:
    chain: list[QWidget] = []
    widget = window.nextInFocusChain()
    while widget is not window:
        if (
            widget.isVisibleTo(window)
            and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and (widget.isEnabled() and widget.window() is window)
        ):
            chain.append(widget)
        widget = widget.nextInFocusChain()
    for one, other in itertools.pairwise(chain):
        first, second = _place(one, other, window), _place(other, one, window)
        level = first.top() < second.bottom() and second.top() < first.bottom()
        before = second.left() < first.left() if level else second.top() < first.top()
        if before:
            yield f"{named(other)!r} comes after {named(one)!r}"


def _place(widget: QWidget, other: QWidget, window: QWidget) -> QRect:
    """Where it is, seen from `other`: what has been scrolled away is still within its area."""
    place = QRect(widget.mapTo(window, QPoint()), widget.size())
    area = widget.parentWidget()
    while area and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    if area is None or area is other or area.isAncestorOf(other):
        return place
    return place.intersected(QRect(area.mapTo(window, QPoint()), area.size())) or QRect(
        area.mapTo(window, QPoint(0, area.height() - 1)), QSize(1, 1)
    )


def ambiguous(window: QWidget) -> Iterator[str]:
    taken: dict[str, str] = {}
    texts = [w.text() for w in seen(window, QAbstractButton)]
    texts += [w.text() for w in seen(window, QLabel) if w.buddy()]
    for bar in seen(window, QTabBar):
        texts += [bar.tabText(at) for at in range(bar.count())]
    if isinstance(window, QMenu):
        texts += [action.text() for action in window.actions() if action.isVisible()]
    for text in texts:
        if key := QKeySequence.mnemonic(text).toString():
            if key in taken:
                yield f"{key}: {taken[key]!r} and {text!r}"
            taken[key] = text


def unmarked(window: QWidget) -> Iterator[str]:
    """In the language that nobody speaks every vowel has its accent."""
    texts = [w.text() for w in seen(window, QLabel)] + [
        w.text() for w in seen(window, QAbstractButton)
    ]
    texts += [w.accessibleName() for w in seen(window, QWidget)]
    texts += [w.toolTip() for w in seen(window, QWidget)]
    if isinstance(window, QMenu):
        texts += [action.text() for action in window.actions()]
    for text in texts:
        plain = text
        for fact in FACTS:
            plain = plain.replace(fact, "")
        if re.search(r"\b[^\W\d_]*[aeiouAEIOU][^\W\d_]+\b", plain):
            yield repr(text)


CHECKS: tuple[Callable[[QWidget], Iterator[str]], ...] = (
    cut_off,
    nameless,
    named_twice,
    out_of_order,
    ambiguous,
    unmarked,
)


def seen(window: QWidget, kind: type[Kind]) -> list[Kind]:
    return [widget for widget in window.findChildren(kind) if widget.isVisibleTo(window)]


def named(widget: QWidget) -> str:
    """What a screen reader calls it."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return str(interface.text(QAccessible.Text.Name)) if interface else ""
