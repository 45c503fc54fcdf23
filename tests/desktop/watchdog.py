"""Watches the event loop: how long the longest turn was, and what the program was at meanwhile."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, QTimer

MOST_SECONDS = 0.1
"""A window that answers within this is felt to answer at once."""


class Watchdog(QObject):
    """While it is entered, each turn of the loop is timed. From a thread beside, a stack is taken
    of whatever lasts too long, so that a test can say what it was."""

    def __init__(self, most_seconds: float = MOST_SECONDS) -> None:
        super().__init__()
        self.longest = 0.0
        self.stacks: list[str] = []
        self._most = most_seconds
        self._last = time.perf_counter()
        self._main = threading.get_ident()
        self._over = threading.Event()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._turn)

    def __enter__(self) -> Watchdog:
        self.begin()
        self._timer.start()
        self._beside = threading.Thread(target=self._look, daemon=True)
        self._beside.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.stop()
        self._over.set()
        self._beside.join()

    def begin(self) -> None:
        """What was before does not count."""
        self.longest, self._last = 0.0, time.perf_counter()
        self.stacks.clear()

    def _turn(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last)
        self._last = now

    def _look(self) -> None:
        seen = 0.0
        while not self._over.wait(self._most / 5):
            began = self._last
            if time.perf_counter() - began > self._most and began != seen:
                seen = began
                frame = sys._current_frames().get(self._main)
                self.stacks.append("".join(traceback.format_stack(frame)[-6:]))
