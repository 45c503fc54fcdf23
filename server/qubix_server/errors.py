"""What a client is told when it cannot have what it asked for. One form for all routes."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer that is not a success: HTTP status, a code for programs, a sentence for people.

    `more` are further keys of the answer, for routes whose contract has some.
    """

    def __init__(
        self,
        status: int,
        code: str,
        sentence: str,
        retry_after_seconds: float | None = None,
        *,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.retry_after_seconds = retry_after_seconds
        self.more = more or {}


class StartError(Exception):
    """Why the server cannot start or a command cannot be done: what happened and what to do."""
