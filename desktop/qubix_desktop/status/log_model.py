"""The lines of the log as a model: where each one stands, and the text of those that are seen.

Of a log of any length it holds a few bytes for each line, and a bounded number of pages of text.
What is not there yet is asked for by `pages_wanted`, and shown as soon as it comes.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from qubix_desktop.status.log_lines import FileKey, Gone, Piece, Reached

PAGE_LINES = 128
PAGES_MOST = 48
PAGES_AT_ONCE = 6

Index = QModelIndex | QPersistentModelIndex
Mark = tuple[FileKey, int, int]
LEVEL_ROLE = int(Qt.ItemDataRole.UserRole)
NO_INDEX = QModelIndex()


@dataclass
class _Segment:
    """The lines of one file, in their order."""

    file: FileKey
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    lengths: array[int] = field(default_factory=lambda: array("I"))
    levels: bytearray = field(default_factory=bytearray)


class LogModel(QAbstractListModel):
    pages_wanted = Signal(list)
    """Numbers of pages whose text is missing, the one that was asked for last at the front."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._segments: list[_Segment] = []
        self._rows = 0
        self._pages: OrderedDict[int, list[str]] = OrderedDict()
        self._missing: list[int] = []
        self.reached: dict[FileKey, Reached] = {}
        """How far each file is known."""
        self._ask = QTimer(self)
        self._ask.setSingleShot(True)
        self._ask.setInterval(0)
        self._ask.timeout.connect(self._ask_for_pages)

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else self._rows

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = index.row()
        if role == LEVEL_ROLE:
            segment, at = self._place(row)
            return segment.levels[at]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.text(row)
        return None

    def text(self, row: int) -> str:
        """The line, or nothing where it has yet to come."""
        number, at = divmod(row, PAGE_LINES)
        page = self._pages.get(number)
        if page is None or at >= len(page):
            if number in self._missing:
                self._missing.remove(number)
            self._missing.insert(0, number)
            self._ask.start()
            return ""
        self._pages.move_to_end(number)
        return page[at]

    def take(self, new: Piece | Gone) -> None:
        """More lines, or fewer files."""
        if isinstance(new, Gone):
            self._drop(new.file)
            return
        self.reached[new.file] = new.reached
        if not new.offsets:
            return
        last = self._rows + len(new.offsets) - 1
        self.beginInsertRows(NO_INDEX, self._rows, last)
        if not self._segments or self._segments[-1].file != new.file:
            self._segments.append(_Segment(new.file))
        segment = self._segments[-1]
        segment.offsets.extend(new.offsets)
        segment.lengths.extend(new.lengths)
        segment.levels.extend(new.levels)
        self._rows = last + 1
        self.endInsertRows()

    def clear(self) -> None:
        self.beginResetModel()
        self._segments = []
        self._rows = 0
        self._forget_pages()
        self.reached = {}
        self.endResetModel()

    def marks(self, page: int) -> list[Mark]:
        """Where the lines of a page stand now."""
        begin = page * PAGE_LINES
        return self.marks_of(range(begin, min(begin + PAGE_LINES, self._rows)))

    def marks_of(self, rows: Sequence[int]) -> list[Mark]:
        return [
            (segment.file, segment.offsets[at], segment.lengths[at])
            for segment, at in map(self._place, rows)
        ]

    def put(self, page: int, lines: list[str]) -> None:
        """The text of a page has come."""
        self._pages[page] = lines
        self._pages.move_to_end(page)
        while len(self._pages) > PAGES_MOST:
            self._pages.popitem(last=False)
        begin = page * PAGE_LINES
        end = min(begin + len(lines), self._rows) - 1
        if end >= begin:
            self.dataChanged.emit(self.index(begin), self.index(end))

    def _place(self, row: int) -> tuple[_Segment, int]:
        for segment in self._segments:
            if row < len(segment.offsets):
                return segment, row
            row -= len(segment.offsets)
        raise IndexError(row)

    def _drop(self, file: FileKey) -> None:
        self.reached.pop(file, None)
        for first, segment in list(self._spans()):
            if segment.file == file:
                self.beginRemoveRows(NO_INDEX, first, first + len(segment.offsets) - 1)
                self._segments.remove(segment)
                self._rows -= len(segment.offsets)
                self._forget_pages()
                self.endRemoveRows()
                return

    def _spans(self) -> Iterator[tuple[int, _Segment]]:
        first = 0
        for segment in self._segments:
            yield first, segment
            first += len(segment.offsets)

    def _forget_pages(self) -> None:
        self._pages.clear()
        self._missing.clear()

    def _ask_for_pages(self) -> None:
        wanted, self._missing = self._missing[:PAGES_AT_ONCE], []
        self.pages_wanted.emit(wanted)
