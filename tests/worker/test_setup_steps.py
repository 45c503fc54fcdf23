"""A row of steps: order, progress, failure, cancel, undo, and going on where it stopped."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from qubix_worker.errors import SetupError
from qubix_worker.setup.steps import Cancelled, Phase, Progress, Setup


@dataclass
class Machine:
    """What the steps change."""

    done: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


@dataclass
class Step:
    key: str
    machine: Machine
    phase: Phase = "prepare"
    failure: Exception | None = None
    cancels: threading.Event | None = None
    title: str = "A step"
    weight: float = 1.0

    def is_done(self) -> bool:
        return self.key in self.machine.done

    def run(self, cancel: threading.Event) -> Iterator[Progress]:
        self.machine.log.append(f"run {self.key}")
        yield Progress("?", "running", done=1, total=2)
        if self.cancels:
            self.cancels.set()
        if cancel.is_set():
            raise Cancelled
        if self.failure:
            raise self.failure
        self.machine.done.append(self.key)

    def undo(self) -> None:
        self.machine.log.append(f"undo {self.key}")
        if self.key in self.machine.done:
            self.machine.done.remove(self.key)


def states(progress: Iterator[Progress]) -> list[tuple[str, str]]:
    return [(at.step, at.state) for at in progress]


def test_steps_run_in_order_and_their_progress_names_them() -> None:
    machine = Machine()
    setup = Setup([Step("a", machine), Step("b", machine)])
    assert states(setup.run(threading.Event())) == [
        ("a", "running"), ("a", "running"), ("a", "done"),
        ("b", "running"), ("b", "running"), ("b", "done"),
    ]  # fmt: skip
    assert machine.done == ["a", "b"]


def test_a_step_that_is_done_is_passed_over() -> None:
    machine = Machine(done=["a"])
    assert states(Setup([Step("a", machine)]).run(threading.Event())) == [("a", "done")]
    assert machine.log == []


def test_a_failure_ends_the_row_with_its_problem_and_keeps_what_was_done() -> None:
    machine = Machine()
    broken = Step("b", machine, failure=SetupError("broken", "It broke.", "Mend it."))
    setup = Setup([Step("a", machine), broken, Step("c", machine)])
    *_, last = setup.run(threading.Event())
    assert (last.step, last.state) == ("b", "failed")
    assert last.problem
    assert last.problem.todo == "Mend it."
    assert machine.done == ["a"]
    broken.failure = None
    assert states(setup.run(threading.Event()))[0] == ("a", "done")
    assert machine.done == ["a", "b", "c"]


def test_a_full_disk_is_a_sentence() -> None:
    machine = Machine()
    full = Step("a", machine, failure=OSError(errno.ENOSPC, "No space left on device", "/x"))
    *_, last = Setup([full]).run(threading.Event())
    assert last.problem
    assert last.problem.code == "disk_full"


def test_cancel_takes_back_what_was_begun_and_nothing_else() -> None:
    machine = Machine(done=["a"])
    cancel = threading.Event()
    setup = Setup([Step("a", machine), Step("b", machine), Step("c", machine, cancels=cancel)])
    assert states(setup.run(cancel))[-2:] == [("c", "undone"), ("b", "undone")]
    assert machine.done == ["a"]


def test_a_step_that_cannot_be_undone_does_not_keep_the_others() -> None:
    class Stuck(Step):
        def undo(self) -> None:
            raise OSError(errno.EACCES, "denied")

    machine = Machine()
    setup = Setup([Step("a", machine), Stuck("b", machine)])
    list(setup.run(threading.Event()))
    assert states(setup.undo()) == [("b", "undone"), ("a", "undone")]
    assert "a" not in machine.done


def test_one_phase_can_be_run_and_both_are_undone() -> None:
    machine = Machine()
    setup = Setup([Step("a", machine), Step("b", machine, phase="join")])
    list(setup.run(threading.Event(), "prepare"))
    assert machine.done == ["a"]
    list(setup.run(threading.Event(), "join"))
    list(setup.undo())
    assert machine.done == []
