"""The focus goes as one reads, also to what was put in place later than what stands below it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from PySide6.QtWidgets import QGridLayout, QLayout, QWidget


def controls(widget: QWidget) -> Iterator[QWidget]:
    """All that Tab can reach within `widget`, in the order of its layouts."""
    from PySide6.QtCore import Qt  # noqa: PLC0415 - it is large: not for a first window

    layout = widget.layout()
    if layout is not None:
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for inner in _laid_out(layout, widget.findChildren(QWidget, options=direct)):
            if inner.focusPolicy() & Qt.FocusPolicy.TabFocus and not inner.focusProxy():
                yield inner
            yield from controls(inner)


def as_one_reads(widget: QWidget) -> None:
    """Has Tab go from each control within `widget` to the next below or beside it."""
    wanted = list(controls(widget))
    if len(wanted) < 2:
        return
    first = _first_reached(widget, wanted)
    # Qt only moves a widget behind another: all go behind whichever is reached first, and then
    # that one goes to its place among them.
    chain = wanted if first is wanted[0] else [first, *wanted]
    for one, other in itertools.pairwise(chain):
        QWidget.setTabOrder(one, other)


def _laid_out(layout: QLayout, children: Sequence[QWidget]) -> Iterator[QWidget]:
    """Without layout.itemAt: what the binding makes of an item outlives it, and is then taken for
    whatever is put at its place in memory."""
    from PySide6.QtCore import Qt  # noqa: PLC0415

    direct = Qt.FindChildOption.FindDirectChildrenOnly
    inner = layout.findChildren(QLayout, options=direct)
    widgets = {layout.indexOf(widget): widget for widget in children}
    layouts = {layout.indexOf(below): below for below in inner}
    for at in _order(layout):
        if at in widgets:
            yield widgets[at]
        elif at in layouts:
            yield from _laid_out(layouts[at], children)


def _order(layout: QLayout) -> list[int]:
    """A grid's items stand in it in the order in which they came; rows are read first."""
    every = list(range(layout.count()))
    if not isinstance(layout, QGridLayout):
        return every
    places = {at: layout.getItemPosition(at) for at in every}
    return sorted(every, key=lambda at: tuple(places[at])[:2])  # type: ignore[arg-type]


def _first_reached(widget: QWidget, wanted: list[QWidget]) -> QWidget:
    window = widget.window()
    at = window.nextInFocusChain()
    while at is not None and at is not window:
        if at in wanted:
            return at
        at = at.nextInFocusChain()
    return wanted[0]
