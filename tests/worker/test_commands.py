"""What the control channel asks is checked before the worker hears of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.commands import Asked, Change, Commands, End, SetPause, SetSettings
from qubix_worker.pause import Pause
from qubix_worker.settings import Settings
from qubix_worker.status import Status

STATUS = Status("online", 0.0, "computer", "http://h", "Network", "w-1", "1", 1)
KEPT = Settings(server="http://h", name="computer")


class Worker:
    """Takes what is asked; `failure` is what it meets with it."""

    def __init__(self, log: Path) -> None:
        self.asked: list[Change] = []
        self.failure: OSError | None = None
        self.commands = Commands(log, lambda: STATUS, lambda: KEPT, self.take)

    def take(self, asked: Asked) -> None:
        self.asked.append(asked.change)
        if self.failure:
            asked.done.set_exception(self.failure)
        else:
            asked.done.set_result(None)


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path / "worker.log")


def test_status_is_answered_without_the_worker(worker: Worker) -> None:
    assert worker.commands.answer({"command": "status"})["status"]["state"] == "online"
    assert worker.asked == []


def test_a_pause_is_for_a_time_or_until_resumed(worker: Worker) -> None:
    before = time.time()
    worker.commands.answer({"command": "pause", "seconds": 60})
    worker.commands.answer({"command": "pause"})
    worker.commands.answer({"command": "resume"})
    timed, untimed, resumed = worker.asked
    assert isinstance(timed, SetPause)
    assert timed.pause
    assert timed.pause.until
    assert before + 59 < timed.pause.until < time.time() + 61
    assert timed.pause.seconds == 60
    assert isinstance(untimed, SetPause)
    assert untimed.pause
    assert untimed.pause.until is None
    assert resumed == SetPause(None)


@pytest.mark.parametrize("seconds", [0, -1, True, "60", float("nan"), float("inf"), 1e12, [], {}])
def test_a_pause_of_no_sensible_length_is_refused(worker: Worker, seconds: Any) -> None:
    with pytest.raises(ValueError, match="seconds"):
        worker.commands.answer({"command": "pause", "seconds": seconds})
    assert worker.asked == []


def test_a_pause_until_a_time_goes_by_the_clock_on_the_wall(worker: Worker) -> None:
    moment = time.time() + 3600
    worker.commands.answer({"command": "pause", "until": moment})
    assert worker.asked == [SetPause(Pause("you", moment))]


@pytest.mark.parametrize("until", [0, True, "18:00", float("nan"), float("inf"), 1e12, []])
def test_a_pause_until_no_time_to_come_is_refused(worker: Worker, until: Any) -> None:
    with pytest.raises(ValueError, match="until"):
        worker.commands.answer({"command": "pause", "until": until})
    assert worker.asked == []


def test_stop_reaches_the_worker(worker: Worker) -> None:
    worker.commands.answer({"command": "stop"})
    assert worker.asked == [End()]


def test_settings_are_shown_by_the_names_in_the_file(worker: Worker) -> None:
    shown = worker.commands.answer({"command": "settings"})["settings"]
    assert shown["processor_percent"] == KEPT.processor_percent


def test_a_change_reaches_the_worker_as_what_it_names(worker: Worker) -> None:
    changes = {"processor_percent": 30, "hours": ["sat,sun"]}
    worker.commands.answer({"command": "change", "changes": changes})
    (asked,) = worker.asked
    assert asked == SetSettings(changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (None, "object"),
        ([], "object"),
        ({"colour": "red"}, "unknown setting 'colour'"),
        ({"processor_percent": 0}, "processor_percent must be between 1 and 100"),
        ({"processor_percent": "30"}, "processor_percent must be a whole number"),
        ({"hours": ["whenever"]}, "hours"),
        ({"server": "http://evil"}, "server can only be changed by joining again"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(worker: Worker, changes: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        worker.commands.answer({"command": "change", "changes": changes})
    assert worker.asked == []


def test_what_the_disk_does_not_take_is_told(worker: Worker) -> None:
    worker.failure = OSError(28, "No space left on device")
    with pytest.raises(ValueError, match="No space left"):
        worker.commands.answer({"command": "change", "changes": {"processor": False}})


def test_the_log_is_given_from_its_end(worker: Worker, tmp_path: Path) -> None:
    assert worker.commands.answer({"command": "logs", "lines": 5}) == {"logs": []}
    (tmp_path / "worker.log").write_text("".join(f"line {n}\n" for n in range(100)))
    shown = worker.commands.answer({"command": "logs", "lines": 2})
    assert shown == {"logs": ["line 98", "line 99"]}


def test_the_log_is_given_from_its_rotated_file_where_the_newest_is_short(
    worker: Worker, tmp_path: Path
) -> None:
    (tmp_path / "worker.log.1").write_text("".join(f"line {n}\n" for n in range(99)))
    (tmp_path / "worker.log").write_text("line 99\n")
    shown = worker.commands.answer({"command": "logs", "lines": 3})
    assert shown == {"logs": ["line 97", "line 98", "line 99"]}


@pytest.mark.parametrize("lines", [0, -1, True, "5", 5001, 1.5, None])
def test_a_number_of_lines_that_is_none_is_refused(worker: Worker, lines: Any) -> None:
    with pytest.raises(ValueError, match="lines"):
        worker.commands.answer({"command": "logs", "lines": lines})


@pytest.mark.parametrize("message", [{}, {"command": "format"}, {"command": ["stop"]}])
def test_an_unknown_command_has_no_effect(worker: Worker, message: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="unknown command"):
        worker.commands.answer(message)
    assert worker.asked == []


def test_a_log_that_cannot_be_read_is_said(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "worker.log").symlink_to("worker.log")
    with pytest.raises(ValueError, match="the log cannot be read"):
        worker.commands.answer({"command": "logs", "lines": 5})
