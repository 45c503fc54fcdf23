"""The focus goes as one reads, also to what was put in place later than what stands below it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLayout, QWidget


def controls(widget: QWidget) -> Iterator[QWidget]:
    """All that Tab can reach within `widget`, in the order of its layouts."""
    layout = widget.layout()
    if layout is not None:
        for inner in _laid_out(layout):
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


def _laid_out(layout: QLayout) -> Iterator[QWidget]:
    for at in _order(layout):
        item = layout.itemAt(at)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            yield widget
        elif (inner := item.layout()) is not None:
            yield from _laid_out(inner)


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
