"""The last tab: the log, from a level on, with a text in it, and followed as it grows.

A task reads, one at a time, and hands over pieces; a look every second asks for what is new.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontDatabase,
    QGuiApplication,
    QHideEvent,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from qubix_desktop import background, support, theme
from qubix_desktop.parts.editors import ComboBox
from qubix_desktop.parts.label import Label
from qubix_desktop.status.log_lines import Gone, Piece, Wanted, news, texts
from qubix_desktop.status.log_model import LEVEL_ROLE, LogModel

LOOK_MILLISECONDS = 1000
TYPED_MILLISECONDS = 300
LINES_COPIED_MOST = 5000
WARNING, ERROR = 30, 40

Index = QModelIndex | QPersistentModelIndex


class LogTab(QWidget):
    copy_wanted = Signal()
    """Copy for support: what there is to tell is put together elsewhere."""

    def __init__(self, log: Path | None) -> None:
        super().__init__()
        self._log = log
        self._wanted = Wanted()
        self._task: background.Task | None = None
        self._model = LogModel(self)
        self._model.pages_wanted.connect(self._read_pages)
        self._reading: set[int] = set()
        self._level = ComboBox()
        self._level.setAccessibleName(self.tr("Which lines"))
        for level, text in (
            (0, self.tr("All lines")),
            (WARNING, self.tr("Warnings and errors")),
            (ERROR, self.tr("Errors only")),
        ):
            self._level.addItem(text, level)
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Only lines with…"))
        self._search.setAccessibleName(self.tr("Search the log"))
        self._search.setClearButtonEnabled(True)
        self._follow = QCheckBox(self.tr("Follow"))
        self._follow.setToolTip(self.tr("Keeps the newest line in view"))
        self._follow.setChecked(True)
        self._count = Label(role="muted", wrap=False)
        self._copy = QPushButton(self.tr("Copy for support"))
        self._copy.setToolTip(self.tr("Copies the state and the log without secrets"))
        self._copied = Label(role="muted", wrap=False)
        self._view = _Lines(self._model)
        self._view.setAccessibleName(self.tr("Log"))
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MILLISECONDS)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(TYPED_MILLISECONDS)
        self._connect()
        self._lay_out()

    def say_copied(self) -> None:
        self._copied.setText(self.tr("Copied, without secrets."))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._copied.setText("")
        self._look.start()
        self._look_for_news()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look.stop()

    def _connect(self) -> None:
        self._look.timeout.connect(self._look_for_news)
        self._typed.timeout.connect(self._begin_anew)
        self._search.textChanged.connect(lambda _: self._typed.start())
        self._search.returnPressed.connect(self._begin_anew)
        self._level.activated.connect(lambda _: self._begin_anew())
        self._follow.toggled.connect(self._follow_or_not)
        self._view.scrolled.connect(self._follow.setChecked)
        self._copy.clicked.connect(self.copy_wanted)
        self._model.rowsInserted.connect(lambda *_: self._keep_up())
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self._view)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._copy_lines)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._search.setFocus)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._level)
        top.addWidget(self._search, 1)
        top.addWidget(self._follow)
        below = QHBoxLayout()
        below.addWidget(self._count)
        below.addStretch()
        below.addWidget(self._copied)
        below.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 14, 0, 0)
        column.addLayout(top)
        column.addWidget(self._view, 1)
        column.addLayout(below)

    def _begin_anew(self) -> None:
        self._typed.stop()
        wanted = Wanted(self._level.currentData(), self._search.text().strip())
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if self._task:
            self._task.cancel()
            self._task = None  # what it still brings is not taken
        self._model.clear()
        self._look_for_news()

    def _look_for_news(self) -> None:
        if self._task or self._log is None:
            return
        log, wanted, known = self._log, self._wanted, dict(self._model.reached)
        task = background.Task(lambda cancelled: news(log, wanted, known, cancelled))
        task.came.connect(lambda piece: self._take(task, piece))
        task.ended.connect(lambda: self._looked(task))
        self._task = task.start()

    def _take(self, task: background.Task, piece: Piece | Gone) -> None:
        if task is self._task:
            self._model.take(piece)

    def _looked(self, task: background.Task) -> None:
        if task is self._task:
            self._task = None
            lines = self._model.rowCount()
            self._count.setText(self.tr("%Ln line(s)", "", lines))

    def _read_pages(self, pages: list[int]) -> None:
        log = self._log
        wanted = {page: self._model.marks(page) for page in pages if page not in self._reading}
        if log is None or not wanted:
            return
        self._reading |= wanted.keys()
        task = background.Task(lambda _: ((p, m, texts(log, m)) for p, m in wanted.items()))
        task.came.connect(lambda found: self._put(*found))
        task.ended.connect(lambda: self._reading.difference_update(wanted))
        task.start()

    def _put(self, page: int, marks: object, lines: list[str]) -> None:
        if self._model.marks(page)[: len(lines)] == marks:
            self._model.put(page, lines)
            self._view.make_room(lines)
            self._keep_up()  # a bar that has come to stand below takes room from the last line

    def _follow_or_not(self, on: bool) -> None:
        if on:
            self._view.scrollToBottom()

    def _keep_up(self) -> None:
        if self._follow.isChecked():
            self._view.show_the_end()

    def _copy_lines(self) -> None:
        log = self._log
        rows = sorted(index.row() for index in self._view.selectionModel().selectedRows())
        if log is None or not rows:
            return
        marks = self._model.marks_of(rows[:LINES_COPIED_MOST])
        task = background.once(lambda: support.without_secrets("\n".join(texts(log, marks))))
        task.came.connect(QGuiApplication.clipboard().setText)
        task.start()


class _Lines(QTableView):
    """One column of lines, all of one height: where each one is need not be measured."""

    scrolled = Signal(bool)
    """A person has scrolled; whether the end is in view."""

    def __init__(self, model: LogModel) -> None:
        super().__init__()
        self.setModel(model)
        self._due = False
        self._going = False
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setItemDelegate(_Coloured(self))
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # it is in English, for anybody
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._wide = 0
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(1)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 2)
        theme.dress(self, "log")
        self.verticalScrollBar().valueChanged.connect(self._moved)

    def make_room(self, lines: list[str]) -> None:
        """The column is as wide as the longest line that was seen."""
        longest = max(map(len, lines), default=0)
        width = longest * self.fontMetrics().horizontalAdvance("m") + 12
        if width > self._wide:
            self._wide = width
            self.setColumnWidth(0, max(width, self.viewport().width()))

    def show_the_end(self) -> None:
        """Soon, and once for all that comes at once."""
        if not self._due:
            self._due = True
            QTimer.singleShot(0, self, self._go)

    def _go(self) -> None:
        if self._due:
            self._due, self._going = False, True
            self.scrollToBottom()
            self._going = False

    def _moved(self, value: int) -> None:
        if not self._going:
            at_end = value >= self.verticalScrollBar().maximum()
            self._due = self._due and at_end  # who scrolls away meanwhile is left in peace
            self.scrolled.emit(at_end)


class _Coloured(QStyledItemDelegate):
    """The level is in each line as a word; a colour beside it helps to find it."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        level = index.data(LEVEL_ROLE)
        view = self.parent()
        if level >= WARNING and isinstance(view, QWidget):
            colours = theme.colours_of(view)
            text = QColor(colours.bad if level >= ERROR else colours.warn)
            option.palette.setBrush(option.palette.ColorRole.Text, QBrush(text))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, 0)  # rows have one height, and the column grows with what is read
