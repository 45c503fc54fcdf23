"""Pages 4 and 5: a phase of the setup, run off the GUI thread and shown step by step."""

from __future__ import annotations

import dataclasses
import datetime
import threading
import time
from collections.abc import Callable, Iterator
from typing import Literal

from PySide6.QtCore import QTimer

from qubix_desktop import background
from qubix_desktop.checklist import Checklist
from qubix_desktop.flow import Flow, Online, Prepared
from qubix_desktop.pace import Pace
from qubix_desktop.pages.page import Bar, WizardPage
from qubix_desktop.parts.details import Details
from qubix_desktop.parts.problem import ProblemBox
from qubix_desktop.parts.steps import StepList
from qubix_worker.errors import Problem
from qubix_worker.setup.steps import Phase, Progress, Setup

ENROLLMENT_PROBLEMS = frozenset(
    {
        "enrollment_unknown",
        "enrollment_expired",
        "enrollment_used",
        "no_enrollment",
        "provider_unknown",
        "unauthorized",
    }
)
"""Failures that only another code can mend."""

LOOK_MILLISECONDS = 1000
"""How often the time left is looked at, also where no news comes."""

News = Checklist | Progress | Prepared | Online
"""What a run tells: first its steps, which only a plan can know, then how it goes, then its end."""


class StepsPage(WizardPage):
    """Runs `phase` of the setup that `setup` gives, then goes on by itself with `answer`; both are
    asked for off the GUI thread, since they look at the disk."""

    def __init__(
        self,
        phase: Phase,
        setup: Callable[[], Setup],
        answer: Callable[[], Prepared | Online],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("")
        self._clock = clock
        self._pace = Pace()
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MILLISECONDS)
        self._look.timeout.connect(self._look_at_pace)
        self._phase: Phase = phase
        self._setup = setup
        self._answer = answer
        self._reached: Prepared | Online | None = None
        self._state = Checklist(())
        self._task: background.Task | None = None
        self._after: Literal["choices", "another"] = "choices"
        self._failure: Callable[[Checklist], Checklist] | None = None
        self._undoing = False
        self._list = StepList()
        self._problem = ProblemBox()
        self._problem.pressed.connect(self._want_another)
        self._details = Details()
        self.column.addWidget(self._list)
        self.column.addWidget(self._problem)
        self.column.addWidget(self._details, 1)

    @property
    def would_lose(self) -> bool:
        return self._state.mood in ("working", "failed", "cancelling")

    def enter(self, flow: Flow) -> None:
        self._name(flow)
        self._details.clear()
        self._show(Checklist(()))
        self._run()

    def _name(self, flow: Flow) -> None:
        if flow.wish == "change":
            self.title.setText(self.tr("Saving your choices"))
            self.subtitle.say(self.tr("They hold at once."))
        elif self._phase == "prepare":
            self.title.setText(self.tr("Getting ready"))
            self.subtitle.say(self.tr("You can go on using this computer meanwhile."))
        else:
            self.title.setText(self.tr("Going online"))
            self.subtitle.say(self.tr("This computer introduces itself to the network."))

    def forward(self) -> None:
        """Try again."""
        if self._state.mood == "failed":
            self._show(self._state.retried())
            self._run()

    def cancel(self) -> None:
        self._undo("choices")

    def _want_another(self) -> None:
        self._undo("another")

    def _undo(self, after: Literal["choices", "another"]) -> None:
        """Takes back what was begun: by the run that is under way, or by one of its own."""
        running = self._state.mood == "working"
        if self._state.mood not in ("working", "failed"):
            return
        self._after = after
        self._show(self._state.cancelling())
        if running and self._task:
            self._task.cancel()
        else:
            self._take_back()

    def _take_back(self) -> None:
        self._undoing = True
        self._begin(background.Task(lambda _: self._setup().undo()))

    def _run(self) -> None:
        planned = bool(self._state.rows)

        def work(cancel: threading.Event) -> Iterator[News]:
            setup = self._setup()
            if not planned:
                yield Checklist.of(setup.phase(self._phase))
            last: Progress | None = None
            for last in setup.run(cancel, self._phase):
                yield last
            if last is None or last.state == "done":
                yield self._answer()

        self._reached = None
        self._undoing = False
        self._begin(background.Task(work))

    def _begin(self, task: background.Task) -> None:
        self._task = task
        task.came.connect(self._news)
        task.failed.connect(self._broke)
        task.ended.connect(self._ended)
        task.start()

    def _news(self, news: News) -> None:
        if isinstance(news, Checklist):
            self._show(dataclasses.replace(news, mood=self._state.mood))
        elif isinstance(news, Progress):
            self._details.add(_line(news))
            if news.state == "failed":
                self._failure = lambda state: state.after(news)
            else:
                self._show(self._state.after(news))
        else:
            self._reached = news

    def _broke(self, problem: Problem) -> None:
        self._details.add(f"{problem.code}: {problem}")
        self._failure = lambda state: state.failed(problem)

    def _ended(self) -> None:
        """Only now is a failure shown: whoever cancels or tries again then finds nothing running
        whose end could be taken for that of what they began."""
        self._task = None
        failure, self._failure = self._failure, None
        if failure and self._state.mood == "cancelling" and not self._undoing:
            self._take_back()  # it failed before it heard of the cancel
            return
        self._show(failure(self._state) if failure else self._state.ended())
        if self._state.mood == "done" and self._reached:
            self.answered.emit(self._reached)
        elif self._state.mood == "cancelled":
            (self.gave_up if self._after == "choices" else self.another).emit()

    def _look_at_pace(self) -> None:
        self._show(self._state)

    def _show(self, state: Checklist) -> None:
        self._state = state
        if state.mood != "working":
            self._look.stop()
        elif not self._look.isActive():
            self._pace = Pace()
            self._look.start()
        if state.mood == "working" and state.rows:
            self._pace = self._pace.seen(self._clock(), state)
        self._list.show_checklist(state, self._pace)
        needs_code = state.problem is not None and state.problem.code in ENROLLMENT_PROBLEMS
        self._problem.show_problem(state.problem, self.tr("Use another code") if needs_code else "")
        failed = state.mood == "failed"
        self.set_bar(
            Bar(
                forward=self.tr("Try again") if failed else "",
                cancel=self.tr("Cancel"),
                cancel_enabled=failed or state.mood == "working",
            )
        )


def _line(progress: Progress) -> str:
    time = datetime.datetime.now().strftime("%H:%M:%S")
    amount = "" if progress.done is None else f" {progress.done:g}"
    amount += "" if progress.total is None else f" of {progress.total:g}"
    amount += f" {progress.unit}" if amount else ""
    why = f" [{progress.problem.code}] {progress.problem}" if progress.problem else ""
    note = f" {progress.note}" if progress.note else ""
    return f"{time} {progress.step}: {progress.state}{note}{amount}{why}"
