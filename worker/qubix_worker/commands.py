"""What the control channel asks of the running worker: checked here, on the connection's thread.

What only looks is answered at once; what changes something goes to the worker's own thread as
an `Asked`, and the connection waits for its answer.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qubix_worker.log_files import last_lines
from qubix_worker.pause import Pause
from qubix_worker.settings import Settings, changed
from qubix_worker.status import Status
from qubix_worker.wire import to_wire

ANSWER_SECONDS = 3.0
PAUSE_SECONDS_MOST = 366 * 24 * 3600.0
LOG_LINES_MOST = 5000
LOG_BYTES_MOST = 512 * 1024
FIXED = ("server",)
"""Settings that are part of having joined: to change them is to join again."""


@dataclass(frozen=True)
class SetPause:
    """Pause; None: resume."""

    pause: Pause | None


@dataclass(frozen=True)
class SetSettings:
    """Change these settings, by the names that they have in the file; the others stay."""

    changes: dict[str, Any]


@dataclass(frozen=True)
class LookAtFile:
    """Take the settings up that somebody has just written into the file."""


@dataclass(frozen=True)
class End:
    """End the worker."""


Change = SetPause | SetSettings | LookAtFile | End


@dataclass(frozen=True)
class Asked:
    """A change that was asked for. `done` gets its result, or the OSError that it met."""

    change: Change
    done: Future[None]


class Commands:
    """Answers control requests. Raises ValueError for one that makes no sense."""

    def __init__(
        self,
        log: Path,
        status: Callable[[], Status],
        settings: Callable[[], Settings],
        post: Callable[[Asked], None],
    ) -> None:
        """`status` gives the state with its usage measured now."""
        self._log = log
        self._status = status
        self._settings = settings
        self._post = post

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        match message.get("command"):
            case "status":
                pass
            case "logs":
                return {"logs": _last_lines(self._log, message.get("lines"))}
            case "settings":
                self._ask(LookAtFile())
                return self._shown_settings()
            case "pause":
                self._ask(SetPause(_pause_of(message)))
            case "resume":
                self._ask(SetPause(None))
            case "stop":
                self._ask(End())
            case "change":
                self._ask(SetSettings(self._checked(message.get("changes"))))
                return self._shown_settings()
            case _:
                raise ValueError("unknown command")
        return {"status": to_wire(self._status())}

    def _ask(self, change: Change) -> None:
        done: Future[None] = Future()
        self._post(Asked(change, done))
        try:
            done.result(timeout=ANSWER_SECONDS)
        except TimeoutError as error:
            raise ValueError("it is busy; try again") from error
        except OSError as error:
            raise ValueError(f"it could not be kept on the disk: {error.strerror}") from error

    def _shown_settings(self) -> dict[str, Any]:
        return {"settings": dataclasses.asdict(self._settings())}

    def _checked(self, changes: Any) -> dict[str, Any]:
        if not isinstance(changes, dict):
            raise ValueError("changes must be an object")
        if fixed := next((key for key in FIXED if key in changes), None):
            raise ValueError(f"{fixed} can only be changed by joining again")
        changed(self._settings(), changes)
        return changes


def _pause_of(message: dict[str, Any]) -> Pause:
    seconds, until = message.get("seconds"), message.get("until")
    if until is not None:
        if not _is_within(until, time.time()):
            raise ValueError("until must be a time that is to come, within a year")
        return Pause("you", until)
    if seconds is None:
        return Pause("you")
    if not _is_within(seconds, 0):
        raise ValueError("seconds must be a number of more than 0 and at most a year")
    return Pause("you", time.time() + seconds, seconds=seconds)


def _is_within(number: Any, least: float) -> bool:
    is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
    return is_number and math.isfinite(number) and least < number <= least + PAUSE_SECONDS_MOST


def _last_lines(log: Path, lines: Any) -> list[str]:
    if not isinstance(lines, int) or isinstance(lines, bool) or not 0 < lines <= LOG_LINES_MOST:
        raise ValueError(f"lines must be a whole number from 1 to {LOG_LINES_MOST}")
    try:
        return last_lines(log, lines, LOG_BYTES_MOST)
    except OSError as error:
        raise ValueError(f"the log cannot be read: {error.strerror}") from error
