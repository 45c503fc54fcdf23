"""Words for the log while the database cannot be reached: some now and then, and not one for each
of the thousands of questions that fail meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

EVERY_SECONDS = 10.0


class Rarely:
    """Logs a warning, and then none like it for a while; how many were left out is told then."""

    def __init__(
        self, log: logging.Logger, message: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = log
        self._message = message
        self._clock = clock
        self._until = float("-inf")
        self._left_out = 0

    def warn(self, error: BaseException) -> None:
        now = self._clock()
        if now < self._until:
            self._left_out += 1
            return
        more = f" ({self._left_out} times more since the last line)" if self._left_out else ""
        self._log.warning("%s: %s%s", self._message, " ".join(str(error).split()), more)
        self._until, self._left_out = now + EVERY_SECONDS, 0
