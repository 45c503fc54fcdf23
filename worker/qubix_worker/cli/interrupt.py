"""Ctrl+C as a wish: the first one cancels what is under way, the second ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
TAKEN_BACK = "Stopped. What was begun has been taken back."


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """An event that the first Ctrl+C or SIGTERM sets; the second interrupts at once."""
    cancel = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    former = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
