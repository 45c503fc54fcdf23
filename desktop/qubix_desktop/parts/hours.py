"""Hours to share, edited: a row for some days and a time, and as many rows as one likes."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt, QTime, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QTimeEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from qubix_desktop import theme
from qubix_desktop.hours import Span, lines, spans
from qubix_desktop.parts.editors import FIELD_HEIGHT
from qubix_desktop.parts.label import Label

ROWS_MOST = 14
WEEKEND = Span(frozenset({5, 6}), 0, 0)
"""What is offered beside the hours of the other days."""


class HoursEditor(QWidget):
    """`hours` are lines as they stand in the settings; there is always at least one."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[_Row] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self._add = QPushButton(self.tr("Add other hours"))
        theme.dress(self._add, "flat")
        self._add.clicked.connect(lambda: self._append(WEEKEND, told=True))
        below = QHBoxLayout()
        below.addWidget(self._add)
        below.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._list)
        column.addLayout(below)
        self.set_hours(())

    @property
    def hours(self) -> tuple[str, ...]:
        return lines(tuple(row.span for row in self._rows))

    def set_hours(self, hours: tuple[str, ...]) -> None:
        """Shows these; where there are none, what many would choose."""
        for row in self._rows[:]:
            self._take_out(row)
        for span in spans(hours) or (Span(),):
            self._append(span)

    def _append(self, span: Span, *, told: bool = False) -> None:
        row = _Row(span)
        row.changed.connect(self.changed)
        row.removed.connect(lambda: self._remove(row))
        self._rows.append(row)
        self._list.addWidget(row)
        self._tell_rows()
        if told:
            row.setFocus()
            self.changed.emit()

    def _remove(self, row: _Row) -> None:
        self._take_out(row)
        self._tell_rows()
        self.changed.emit()

    def _take_out(self, row: _Row) -> None:
        self._rows.remove(row)
        self._list.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _tell_rows(self) -> None:
        for row in self._rows:
            row.set_removable(len(self._rows) > 1)
        self._add.setVisible(len(self._rows) < ROWS_MOST)


class _Row(QWidget):
    changed = Signal()
    removed = Signal()

    def __init__(self, span: Span) -> None:
        super().__init__()
        self._days = {day: self._day(day, day in span.days) for day in _week()}
        self._begin = self._time(self.tr("From"), span.begin)
        self._end = self._time(self.tr("To"), span.end)
        self._next_day = Label(role="muted")
        self._remove = QPushButton("\N{MULTIPLICATION SIGN}")
        self._remove.setAccessibleName(self.tr("Remove these hours"))
        self._remove.setToolTip(self._remove.accessibleName())
        theme.dress(self._remove, "flat")
        self._remove.clicked.connect(self.removed)
        days = QHBoxLayout()
        days.setSpacing(2)
        for button in self._days.values():
            days.addWidget(button)
        days.addStretch()
        times = QHBoxLayout()
        times.setSpacing(8)
        times.addWidget(self._begin)
        times.addWidget(Label("\N{EN DASH}", wrap=False))
        times.addWidget(self._end)
        times.addStretch()
        times.addWidget(self._remove)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(6)
        grid.addLayout(days, 0, 0)
        grid.addLayout(times, 1, 0)
        grid.addWidget(self._next_day, 2, 0)  # below: the row has to fit the smallest window
        self.setFocusProxy(next(iter(self._days.values())))
        self._show()

    @property
    def span(self) -> Span:
        return Span(
            frozenset(day for day, button in self._days.items() if button.isChecked()),
            _minutes(self._begin.time()),
            _minutes(self._end.time()),
        )

    def set_removable(self, can: bool) -> None:
        self._remove.setVisible(can)

    def _day(self, day: int, on: bool) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setChecked(on)
        button.setText(QLocale().dayName(day + 1, QLocale.FormatType.ShortFormat))
        button.setAccessibleName(QLocale().dayName(day + 1, QLocale.FormatType.LongFormat))
        button.setToolTip(button.accessibleName())
        theme.dress(button, "day")
        button.clicked.connect(lambda: self._pressed(button))
        return button

    def _pressed(self, button: QToolButton) -> None:
        if not any(other.isChecked() for other in self._days.values()):
            button.setChecked(True)  # hours on no day would be none
            return
        self.changed.emit()

    def _time(self, name: str, minutes: int) -> QTimeEdit:
        edit = _TimeEdit(QTime(minutes // 60, minutes % 60))
        edit.setAccessibleName(name)
        edit.timeChanged.connect(self._edited)
        return edit

    def _edited(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        begin, end = _minutes(self._begin.time()), _minutes(self._end.time())
        if begin == end:
            self._next_day.say(self.tr("the whole day"))
        else:
            self._next_day.say(self.tr("the next day") if 0 < end < begin else "")


class _TimeEdit(QTimeEdit):
    """The wheel scrolls the page that it stands on, unless somebody is at it."""

    def __init__(self, time: QTime) -> None:
        super().__init__(time)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumHeight(FIELD_HEIGHT)
        self.setKeyboardTracking(False)  # half a time is no choice
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # 07:00 is written so everywhere
        self.setDisplayFormat(QLocale().timeFormat(QLocale.FormatType.ShortFormat))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _week() -> list[int]:
    """The days, 0 is Monday, as the week begins where this account is."""
    first = QLocale().firstDayOfWeek().value - 1
    return [(first + day) % 7 for day in range(7)]


def _minutes(time: QTime) -> int:
    return time.hour() * 60 + time.minute()
