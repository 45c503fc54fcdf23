"""Failures that a person can meet: what happened, what to do, and a code.

Every face (terminal, wizard, tray) shows these same sentences. A traceback goes to the log only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A failure as a value, to be shown or sent: `happened` and `todo` are whole sentences."""

    code: str
    happened: str
    todo: str

    def __str__(self) -> str:
        return f"{self.happened} {self.todo}"


class QubixError(Exception):
    """A failure that a person can understand and act upon."""

    def __init__(self, code: str, happened: str, todo: str) -> None:
        super().__init__(f"{happened} {todo}")
        self.problem = Problem(code, happened, todo)


class SetupError(QubixError):
    """A setup step could not be done."""


class ServerError(QubixError):
    """The server could not be reached, or refused. `code` tells which; `status` is HTTP's."""

    def __init__(
        self,
        code: str,
        happened: str,
        todo: str,
        *,
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(code, happened, todo)
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class ControlError(QubixError):
    """The running worker could not be spoken to."""


class SettingsError(QubixError):
    """settings.toml cannot be used as it is."""
