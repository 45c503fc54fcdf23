"""The hours at which to share, as rows of days, a beginning and an end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QLocale, Qt, QTime, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from qubix_desktop import theme
from qubix_desktop.parts.editors import FIELD_HEIGHT, SETTLED_MILLISECONDS, ComboBox, Editor
from qubix_desktop.parts.label import Label
from qubix_worker.guest.hours import DAYS

EVERY_DAY = "mon-sun"
GROUPS = (EVERY_DAY, "mon-fri", "sat,sun", *DAYS)
_SPAN = re.compile(r"(?:(\S.*?)\s+)?(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class Hours:
    """A line of the setting; an end that equals its beginning stands for the whole day."""

    days: str = EVERY_DAY
    begin: str = "20:00"
    end: str = "08:00"

    @classmethod
    def of(cls, line: str) -> Hours:
        line = line.strip().lower()
        found = _SPAN.fullmatch(line)
        if found is None:
            return cls(re.sub(r"\s", "", line), "00:00", "00:00")
        days, *times = found.groups()
        hour, minute, end_hour, end_minute = map(int, times)
        return cls(
            re.sub(r"\s", "", days or EVERY_DAY),
            f"{hour:02}:{minute:02}",
            f"{end_hour % 24:02}:{end_minute:02}",
        )

    def line(self) -> str:
        return self.days if self.begin == self.end else f"{self.days} {self.begin}-{self.end}"


class HoursEditor(Editor):
    """All hours, or those in its rows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._shown: tuple[str, ...] | None = None
        self._rows: list[_Row] = []
        self._only = QCheckBox(text)
        self._only.clicked.connect(self._switch)
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        self._add = QPushButton(self.tr("Add hours"))
        theme.dress(self._add, "flat")
        self._add.clicked.connect(self._add_row)
        self._note = Label(self.tr("The same time twice means the whole day."), "muted")
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MILLISECONDS)
        self._settled.timeout.connect(self._choose)
        below = QHBoxLayout()
        below.addSpacing(theme.INDENT - 6)
        below.addWidget(self._add)
        below.addWidget(self._note, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._only)
        column.addLayout(self._list)
        column.addLayout(below)
        self.setFocusProxy(self._only)
        self.show_value(())

    def show_value(self, value: Any) -> None:
        lines = tuple(value)
        if lines == self._shown:
            return
        self._shown = lines
        self._only.setChecked(bool(lines))
        while self._rows:
            self._take(self._rows[-1])
        for line in lines:
            self._put(Hours.of(line))
        self._show_rows()

    def is_edited(self) -> bool:
        return self._settled.isActive()

    def _switch(self, only: bool) -> None:
        while self._rows:
            self._take(self._rows[-1])
        if only:
            self._put(Hours())
        self._show_rows()
        self._choose()

    def _add_row(self) -> None:
        self._put(Hours())
        self._show_rows()
        self._rows[-1].setFocus()
        self._choose()

    def _remove(self, row: _Row) -> None:
        self._take(row)
        self._only.setChecked(bool(self._rows))
        self._show_rows()
        self._only.setFocus()
        self._choose()

    def _put(self, hours: Hours) -> None:
        row = _Row(hours)
        row.changed.connect(self._settled.start)
        row.removed.connect(lambda: self._remove(row))
        self._rows.append(row)
        self._list.addWidget(row)

    def _take(self, row: _Row) -> None:
        self._rows.remove(row)
        row.hide()
        row.deleteLater()

    def _show_rows(self) -> None:
        self._add.setVisible(bool(self._rows))
        self._note.setVisible(bool(self._rows))

    def _choose(self) -> None:
        self._settled.stop()
        lines = tuple(dict.fromkeys(row.hours().line() for row in self._rows))
        if lines != self._shown:
            self._shown = lines
            self.chosen.emit(list(lines))


class _Row(QWidget):
    """One span."""

    changed = Signal()
    removed = Signal()

    def __init__(self, hours: Hours) -> None:
        super().__init__()
        self._days = ComboBox()
        for days, text in self._groups(hours.days).items():
            self._days.addItem(text, days)
        self._days.setCurrentIndex(self._days.findData(hours.days))
        self._days.setAccessibleName(self.tr("Days"))
        self._begin = _time(hours.begin, self.tr("From"))
        self._end = _time(hours.end, self.tr("Until"))
        remove = QPushButton("\N{MULTIPLICATION SIGN}")
        remove.setAccessibleName(self.tr("Remove these hours"))
        remove.setToolTip(remove.accessibleName())
        theme.dress(remove, "flat")
        remove.clicked.connect(self.removed)
        self._days.activated.connect(lambda _: self.changed.emit())
        self._begin.timeChanged.connect(lambda _: self.changed.emit())
        self._end.timeChanged.connect(lambda _: self.changed.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addSpacing(theme.INDENT)
        row.addWidget(self._days)
        row.addWidget(self._begin)
        row.addWidget(Label(self.tr("to"), "muted", wrap=False))
        row.addWidget(self._end)
        row.addWidget(remove)
        row.addStretch()
        self.setFocusProxy(self._days)

    def hours(self) -> Hours:
        return Hours(
            str(self._days.currentData()),
            self._begin.time().toString("HH:mm"),
            self._end.time().toString("HH:mm"),
        )

    def _groups(self, present: str) -> dict[str, str]:
        names = (
            self.tr("Monday"), self.tr("Tuesday"), self.tr("Wednesday"), self.tr("Thursday"),
            self.tr("Friday"), self.tr("Saturday"), self.tr("Sunday"),
        )  # fmt: skip
        texts = (
            self.tr("Every day"), self.tr("Monday to Friday"), self.tr("Saturday and Sunday"),
            *names,
        )  # fmt: skip
        # What was written by hand in the file may be any list of days: it is shown as it stands.
        return dict(zip(GROUPS, texts, strict=True)) | (
            {} if present in GROUPS else {present: present}
        )


def _time(text: str, name: str) -> QTimeEdit:
    edit = QTimeEdit(QTime.fromString(text, "HH:mm"))
    edit.setKeyboardTracking(False)
    edit.setAccessibleName(name)
    edit.setMinimumHeight(FIELD_HEIGHT)
    edit.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # 07:00 is written so everywhere
    edit.setDisplayFormat(QLocale().timeFormat(QLocale.FormatType.ShortFormat))
    edit.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return edit
