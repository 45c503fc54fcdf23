"""A row of setup steps as one value: the setup's progress is folded in, a page draws the result.

No Qt in here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qubix_worker.errors import Problem
from qubix_worker.setup.steps import Progress, Step, StepState

Mood = Literal["working", "failed", "cancelling", "cancelled", "done"]


@dataclass(frozen=True)
class Row:
    """One step, as it is shown."""

    key: str
    title: str
    weight_seconds: float
    state: StepState = "waiting"
    note: str = ""
    done: float | None = None
    total: float | None = None
    unit: str = ""

    @property
    def fraction(self) -> float:
        """How much of it is done, 0 to 1, as far as that is known."""
        if self.state == "done":
            return 1.0
        if self.state == "waiting" or self.done is None or not self.total:
            return 0.0
        return min(1.0, max(0.0, self.done / self.total))


@dataclass(frozen=True)
class Checklist:
    """All steps of a page. `mood` is what the page as a whole is doing."""

    rows: tuple[Row, ...]
    mood: Mood = "working"
    problem: Problem | None = None

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Checklist:
        return cls(tuple(Row(step.key, step.title, step.weight) for step in steps))

    @property
    def running(self) -> Row | None:
        return next((row for row in self.rows if row.state == "running"), None)

    @property
    def fraction(self) -> float:
        """How much of the page's work is done, 0 to 1, by the steps' usual length."""
        whole = sum(row.weight_seconds for row in self.rows)
        if self.mood == "done" or not whole:
            return float(self.mood == "done")
        return sum(row.fraction * row.weight_seconds for row in self.rows) / whole

    @property
    def seconds_left(self) -> float:
        return sum((1 - row.fraction) * row.weight_seconds for row in self.rows)

    def after(self, progress: Progress) -> Checklist:
        """The list after one piece of news. News of a step that is not in it changes nothing."""
        rows = tuple(
            row
            if row.key != progress.step
            else dataclasses.replace(
                row,
                state=progress.state,
                note=progress.note,
                done=progress.done,
                total=progress.total,
                unit=progress.unit,
            )
            for row in self.rows
        )
        if progress.state == "failed":
            return dataclasses.replace(self, rows=rows, mood="failed", problem=progress.problem)
        return dataclasses.replace(self, rows=rows)

    def failed(self, problem: Problem) -> Checklist:
        """The list after something went wrong that no step has reported."""
        rows = tuple(
            dataclasses.replace(row, state="failed") if row.state == "running" else row
            for row in self.rows
        )
        return Checklist(rows, "failed", problem)

    def cancelling(self) -> Checklist:
        return dataclasses.replace(self, mood="cancelling", problem=None)

    def retried(self) -> Checklist:
        """What failed waits again; what is done stays done."""
        rows = tuple(
            row if row.state == "done" else Row(row.key, row.title, row.weight_seconds)
            for row in self.rows
        )
        return Checklist(rows)

    def ended(self) -> Checklist:
        """The list when no more news will come."""
        if self.mood == "cancelling":
            return dataclasses.replace(self, mood="cancelled")
        if self.mood == "working" and all(row.state == "done" for row in self.rows):
            return dataclasses.replace(self, mood="done")
        return self
