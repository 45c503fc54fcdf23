"""The status window: the state in one line, what is done now, what was done, and the log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QProgressBar,
    QPushButton,
    QSystemTrayIcon,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from qubix_desktop import icons, support, theme, words
from qubix_desktop.invitation import host_of
from qubix_desktop.parts.details import log_view
from qubix_desktop.parts.label import Label
from qubix_desktop.parts.picture import Picture
from qubix_desktop.parts.problem import ProblemBox
from qubix_desktop.tray import HOUR_SECONDS, seconds_until_tomorrow
from qubix_desktop.view import View, view
from qubix_desktop.watcher import Seen
from qubix_worker.errors import Problem
from qubix_worker.status import FinishedJob, Status

JOBS_SHOWN = 8


class StatusWindow(QWidget):
    """Emits what a person wants; draws what it is shown."""

    pause_wanted = Signal(object)
    resume_wanted = Signal()
    start_wanted = Signal()
    removal_wanted = Signal()
    quit_wanted = Signal(bool)
    closed = Signal()
    log_wanted = Signal()
    """The log is looked at: `show_log` is awaited."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("QUBIX"))
        self.setWindowIcon(icons.application())
        self.resize(680, 640)
        self.setMinimumSize(520, 480)
        self._now = now
        self._seen = Seen()
        self._view = View("starting", "")
        self._picture = Picture("tray-starting", 44)
        self._title = Label(role="title", selectable=True)
        self._detail = Label(role="muted", selectable=True)
        self._primary = QPushButton()
        self._primary.clicked.connect(self._do_primary)
        self._more = QPushButton(self.tr("More"))
        self._more.setMenu(self._more_menu())
        self._problem = ProblemBox()
        self._no_tray = Label(
            self.tr(
                "This desktop shows no small icons at its edge, so this window is where you "
                "control QUBIX. Open QUBIX again to come back here."
            ),
            "muted",
        )
        self._no_tray.setVisible(not QSystemTrayIcon.isSystemTrayAvailable())
        self._overview = _Overview()
        self._log = log_view(self.tr("Log"))
        self._copy = QPushButton(self.tr("Copy for support"))
        self._copy.setToolTip(self.tr("Copies the state and the log without secrets"))
        self._copy.clicked.connect(self._put_on_clipboard)
        self._copied = Label(role="muted", wrap=False)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.tabBar().setDrawBase(False)
        self._tabs.addTab(self._overview, self.tr("Overview"))
        self._tabs.addTab(self._log_tab(), self.tr("Log"))
        self._tabs.currentChanged.connect(self._tab_changed)
        self._lay_out()
        self.show_seen(Seen())

    def show_seen(self, seen: Seen) -> None:
        now = self._now()
        self._seen = seen
        self._view = view(seen, now)
        self._picture.show_picture(f"tray-{self._view.icon}")
        self._title.setText(self._view.title)
        self._detail.say(self._view.detail)
        self._primary.setVisible(
            self._view.can_pause or self._view.can_resume or self._view.can_start
        )
        if self._view.can_start:
            self._primary.setText(self.tr("Start sharing"))
        elif self._view.can_resume:
            self._primary.setText(self.tr("Resume"))
        else:
            self._primary.setText(self.tr("Pause"))
        self._overview.show_status(seen.status, now, sharing=seen.running)
        if self._log.isVisible():
            self.log_wanted.emit()

    def show_problem(self, problem: Problem | None) -> None:
        """What a person asked for did not work."""
        self._problem.show_problem(problem)

    def show_log(self, lines: Sequence[str]) -> None:
        text = "\n".join(lines)
        if text == self._log.toPlainText():
            return
        bar = self._log.verticalScrollBar()
        following = bar.value() >= bar.maximum() - 2
        at = bar.value()
        self._log.setPlainText(text)
        bar.setValue(bar.maximum() if following else at)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate:
            self._no_tray.setVisible(not QSystemTrayIcon.isSystemTrayAvailable())
        return super().event(event)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(16)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._title)
        texts.addWidget(self._detail)
        head.addWidget(self._picture)
        head.addLayout(texts, 1)
        head.addWidget(self._primary)
        head.addWidget(self._more)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(14)
        column.addLayout(head)
        column.addWidget(self._problem)
        column.addWidget(self._tabs, 1)
        column.addWidget(self._no_tray)

    def _log_tab(self) -> QWidget:
        tab = QWidget()
        row = QHBoxLayout()
        row.addWidget(self._copied)
        row.addStretch()
        row.addWidget(self._copy)
        column = QVBoxLayout(tab)
        column.setContentsMargins(0, 14, 0, 0)
        column.addWidget(self._log, 1)
        column.addLayout(row)
        return tab

    def _more_menu(self) -> QMenu:
        menu = QMenu(self)
        self._pause_menu = menu.addMenu(self.tr("Pause"))
        entries: tuple[tuple[QMenu, str, Callable[[], object]], ...] = (
            (self._pause_menu, self.tr("For 1 hour"),
             lambda: self.pause_wanted.emit(HOUR_SECONDS)),
            (self._pause_menu, self.tr("Until tomorrow"),
             lambda: self.pause_wanted.emit(seconds_until_tomorrow(self._now()))),
            (self._pause_menu, self.tr("Until I resume"), lambda: self.pause_wanted.emit(None)),
            (menu, self.tr("Remove from this computer…"), self.removal_wanted.emit),
            (menu, self.tr("Quit and keep sharing"), lambda: self.quit_wanted.emit(False)),
            (menu, self.tr("Quit and stop sharing"), lambda: self.quit_wanted.emit(True)),
        )  # fmt: skip
        for parent, text, call in entries:
            action = parent.addAction(text)
            action.triggered.connect(lambda _, call=call: call())
        menu.aboutToShow.connect(
            lambda: self._pause_menu.menuAction().setVisible(self._view.can_pause)
        )
        return menu

    def _do_primary(self) -> None:
        self._problem.show_problem(None)
        if self._view.can_start:
            self.start_wanted.emit()
        elif self._view.can_resume:
            self.resume_wanted.emit()
        else:
            self.pause_wanted.emit(None)

    def _tab_changed(self) -> None:
        self._copied.setText("")
        self.log_wanted.emit()

    def _put_on_clipboard(self) -> None:
        status = self._seen.status
        about = [("State", f"{self._view.title} {self._view.detail}")]
        if status:
            about += [
                ("Name", status.name),
                ("Network", f"{status.server_name} {status.server}"),
                ("Worker", f"{status.version}, {status.worker_id}"),
            ]
        text = support.report(about, self._log.toPlainText().splitlines())
        QGuiApplication.clipboard().setText(text)
        self._copied.setText(self.tr("Copied, without secrets."))


class _Overview(QWidget):
    """Server, name, use, the job at work and the last ones."""

    def __init__(self) -> None:
        super().__init__()
        self._facts = _Facts()
        self._use = _Use()
        self._job = _CurrentJob()
        self._jobs = _Jobs()
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._facts, 1)
        top.addWidget(self._use, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 14, 0, 0)
        column.setSpacing(12)
        column.addLayout(top)
        column.addWidget(self._job)
        column.addWidget(self._jobs, 1)

    def show_status(self, status: Status | None, now: float, *, sharing: bool) -> None:
        self._facts.show_status(status, now)
        self._use.show_status(status if sharing else None)
        self._job.show_status(status if sharing else None, now)
        self._jobs.show_jobs(status.recent_jobs if status else ())


def _card(title: str) -> tuple[QFrame, QVBoxLayout]:
    card = QFrame()
    theme.dress(card, "card")
    column = QVBoxLayout(card)
    column.setContentsMargins(16, 12, 16, 12)
    column.setSpacing(8)
    column.addWidget(Label(title, "strong", wrap=False))
    return card, column


class _Facts(QWidget):
    def __init__(self) -> None:
        super().__init__()
        card, column = _card(self.tr("This computer"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self._values: list[Label] = []
        names = (self.tr("Name"), self.tr("Network"), self.tr("Address"), self.tr("Last contact"))
        for at, name in enumerate(names):
            value = Label(selectable=True)
            grid.addWidget(Label(name, "muted", wrap=False), at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, at, 1)
            self._values.append(value)
        column.addLayout(grid)
        column.addStretch()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(card)

    def show_status(self, status: Status | None, now: float) -> None:
        texts = (words.UNKNOWN,) * 4
        if status:
            heard = words.UNKNOWN
            if status.last_heartbeat_at is not None:
                ago = words.span(max(0.0, round(now - status.last_heartbeat_at)))
                heard = self.tr("{time} ago").format(time=ago)
            texts = (
                status.name,
                status.server_name or words.UNKNOWN,
                host_of(status.server),
                heard,
            )
        for label, text in zip(self._values, texts, strict=True):
            if label.text() != text:
                label.setText(text)


class _Use(QWidget):
    def __init__(self) -> None:
        super().__init__()
        card, column = _card(self.tr("Use of this computer"))
        self._rows = {
            "cpu": _Meter(self.tr("Processor")),
            "ram": _Meter(self.tr("Memory")),
            "gpu": _Meter(self.tr("Graphics")),
        }
        for row in self._rows.values():
            column.addWidget(row)
        column.addStretch()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(card)

    def show_status(self, status: Status | None) -> None:
        usage = status.usage if status else None
        self._rows["cpu"].show_percent(usage.cpu_percent if usage else None)
        self._rows["ram"].show_percent(usage.ram_percent if usage else None)
        self._rows["gpu"].setVisible(bool(usage and usage.gpu_percent is not None))
        self._rows["gpu"].show_percent(usage.gpu_percent if usage else None)


class _Meter(QWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._value = Label(wrap=False)
        self._bar = QProgressBar()
        self._bar.setRange(0, 100)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(name)
        top = QHBoxLayout()
        top.addWidget(Label(name, "muted", wrap=False))
        top.addStretch()
        top.addWidget(self._value)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(top)
        column.addWidget(self._bar)

    def show_percent(self, value: float | None) -> None:
        self._value.setText(words.UNKNOWN if value is None else words.percent(value))
        self._bar.setValue(round(value or 0))


class _CurrentJob(QWidget):
    def __init__(self) -> None:
        super().__init__()
        card, column = _card(self.tr("Now"))
        self._text = Label()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress of the job"))
        column.addWidget(self._text)
        column.addWidget(self._bar)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(card)

    def show_status(self, status: Status | None, now: float) -> None:
        job = status.job if status else None
        self._bar.setVisible(job is not None)
        if job is None:
            self._text.setText(self.tr("No job at the moment."))
            return
        since = words.span(max(0.0, round(now - job.started_at)))
        if job.progress_percent is None:
            self._bar.setRange(0, 0)
            text = self.tr("A {kind} job, for {time}")
            self._text.setText(text.format(kind=job.kind, time=since))
        else:
            self._bar.setRange(0, 100)
            self._bar.setValue(round(job.progress_percent))
            text = self.tr("A {kind} job, for {time}: {share} done")
            share = words.percent(job.progress_percent)
            self._text.setText(text.format(kind=job.kind, time=since, share=share))


class _Jobs(QWidget):
    def __init__(self) -> None:
        super().__init__()
        card, column = _card(self.tr("Last jobs"))
        self._shown: tuple[FinishedJob, ...] | None = None
        self._none = Label(self.tr("None yet."), "muted")
        self._table = QTableWidget(0, 4)
        self._table.setAccessibleName(self.tr("Last jobs"))
        self._table.setHorizontalHeaderLabels(
            [self.tr("Ended"), self.tr("Kind"), self.tr("Outcome"), self.tr("Took")]
        )
        self._table.verticalHeader().hide()
        self._table.setShowGrid(False)
        self._table.setFrameShape(QFrame.Shape.NoFrame)
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self._table.setTabKeyNavigation(False)
        header = self._table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        column.addWidget(self._none)
        column.addWidget(self._table, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(card)

    def show_jobs(self, jobs: tuple[FinishedJob, ...]) -> None:
        if jobs == self._shown:
            return
        self._shown = jobs
        self._none.setVisible(not jobs)
        self._table.setVisible(bool(jobs))
        self._table.setRowCount(min(len(jobs), JOBS_SHOWN))
        for row, job in enumerate(jobs[:JOBS_SHOWN]):
            outcome = words.outcome(job.outcome) + (f": {job.reason}" if job.reason else "")
            texts = (words.clock(job.finished_at), job.kind, outcome, words.span(job.seconds))
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text if column == 2 else "")
                self._table.setItem(row, column, item)
