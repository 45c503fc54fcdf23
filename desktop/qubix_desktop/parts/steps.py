"""A Checklist as a list: a tick, a spinner or a cross each, one bar, the time left."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from qubix_desktop import icons, theme, words
from qubix_desktop.checklist import Checklist, Row
from qubix_desktop.pace import Pace
from qubix_desktop.parts.glyph import GlyphLabel, Tone
from qubix_desktop.parts.label import Label
from qubix_worker.setup.steps import StepState

translate = QCoreApplication.translate

BAR_PARTS = 1000

_GLYPHS: dict[StepState, tuple[icons.Glyph, Tone]] = {
    "waiting": ("waiting", "muted"),
    "running": ("spinner", "link"),
    "done": ("tick", "good"),
    "failed": ("cross", "bad"),
    "undone": ("undone", "muted"),
}

_TITLES: dict[StepState, theme.Role] = {
    "waiting": "step",
    "running": "step-now",
    "done": "step-done",
    "failed": "step-now",
    "undone": "step",
}


class StepList(QWidget):
    """Draws one Checklist. The rows are made anew only when the steps are others."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: tuple[str, ...] = ()
        self._rows: list[_StepRow] = []
        self._card = QFrame()
        theme.dress(self._card, "card")
        self._list = QVBoxLayout(self._card)
        self._list.setContentsMargins(16, 12, 16, 12)
        self._list.setSpacing(10)
        self._bar = QProgressBar()
        self._bar.setRange(0, BAR_PARTS)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(translate("StepList", "Overall progress"))
        self._share = Label(role="muted", wrap=False)
        self._left = Label(role="muted", wrap=False)
        below = QHBoxLayout()
        below.addWidget(self._left)
        below.addStretch()
        below.addWidget(self._share)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._card)
        column.addSpacing(4)
        column.addWidget(self._bar)
        column.addLayout(below)

    def show_checklist(self, state: Checklist, pace: Pace | None = None) -> None:
        pace = pace or Pace()
        keys = tuple(row.key for row in state.rows)
        if keys != self._keys:
            self._keys = keys
            self._make_rows(state)
        for widget, row in zip(self._rows, state.rows, strict=True):
            widget.show_row(row, pace)
        self._bar.setValue(round(state.fraction * BAR_PARTS))
        self._share.setText(words.percent(state.fraction * 100))
        self._left.setText(_sentence(state, pace))

    def _make_rows(self, state: Checklist) -> None:
        for row in self._rows:
            self._list.removeWidget(row)
            row.deleteLater()
        self._rows = [_StepRow() for _ in state.rows]
        for row in self._rows:
            self._list.addWidget(row)


def _sentence(state: Checklist, pace: Pace) -> str:
    if state.mood == "working" and pace.stalled:
        return translate("StepList", "Waiting for the download to go on…")
    if state.mood == "working":
        left = pace.seconds_left
        return words.time_left(state.seconds_left if left is None else left)
    return {
        "failed": translate("StepList", "Stopped"),
        "cancelling": translate("StepList", "Putting everything back…"),
        "cancelled": translate("StepList", "Everything is as it was"),
        "done": translate("StepList", "Done"),
    }[state.mood]


class _StepRow(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._glyph = GlyphLabel("waiting", "muted", 20)
        self._title = Label(wrap=False)
        self._note = Label(role="muted")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(1)
        grid.addWidget(self._glyph, 0, 0)
        grid.addWidget(self._title, 0, 1)
        grid.addWidget(self._note, 1, 1)
        grid.setColumnStretch(1, 1)

    def show_row(self, row: Row, pace: Pace) -> None:
        self._glyph.show_glyph(*_GLYPHS[row.state])
        self._title.setText(words.said(row.title))
        theme.dress(self._title, _TITLES[row.state])
        self._note.say(_note(row, pace))
        self.setAccessibleName(f"{words.said(row.title)}: {_spoken(row.state)}")


def _note(row: Row, pace: Pace) -> str:
    if row.state != "running":
        return ""
    note = words.said(row.note)
    amount = ""
    if row.unit == "bytes" and row.done is not None:
        amount = words.size(row.done)
        if row.total:
            amount = translate("StepList", "{done} of {total}").format(
                done=words.size_within(row.done, row.total), total=words.size(row.total)
            )
        if pace.bytes_per_second and not pace.stalled:
            amount = translate("StepList", "{amount}, {size}/s").format(
                amount=amount, size=words.size(pace.bytes_per_second)
            )
    elif row.unit == "packages" and row.done is not None and row.total:
        amount = translate("StepList", "{done} of {total}").format(
            done=QLocale().toString(int(row.done)), total=QLocale().toString(int(row.total))
        )
    return " · ".join(part for part in (note, amount) if part)


def _spoken(state: StepState) -> str:
    return {
        "waiting": translate("StepList", "waiting"),
        "running": translate("StepList", "running"),
        "done": translate("StepList", "done"),
        "failed": translate("StepList", "failed"),
        "undone": translate("StepList", "taken back"),
    }[state]
