"""After a job could not be begun here, none is taken for a while: another computer may do it, and
this one would only use up the few times that a job is given out.

It begins on the thread that owns the worker's state; others may ask whether it lasts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from qubix_worker.kinds.kind import Cause
from qubix_worker.status import Trouble

HOLD_SECONDS = 60.0
"""How long no job is taken after this computer could not begin one."""
WARNINGS: dict[Cause | None, tuple[str, str]] = {
    "no_room": ("disk_full", "Free some space; then it goes on by itself."),
    "no_engine": (
        "engine_gone",
        "See that Podman or Docker runs on this computer; then it goes on by itself.",
    ),
    "no_registry": (
        "registry_away",
        "See that this computer reaches the internet; jobs are taken again in a minute.",
    ),
}
"""The warning meanwhile, by the cause: its code, and what its owner can do."""


class Hold:
    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until = -math.inf

    def begin(self, cause: Cause | None, reason: str) -> Trouble | None:
        """From now on; what to show to the owner, where that is in the owner's hands."""
        self._until = self._monotonic() + HOLD_SECONDS
        if cause not in WARNINGS:
            return None
        code, todo = WARNINGS[cause]
        return Trouble(code, reason, todo)

    @property
    def lasts(self) -> bool:
        return self._monotonic() < self._until

    def is_over(self, warning: Trouble | None) -> bool:
        """Whether `warning` is one that was shown for it, and need not be any more."""
        codes = {code for code, _ in WARNINGS.values()}
        return warning is not None and warning.code in codes and not self.lasts
