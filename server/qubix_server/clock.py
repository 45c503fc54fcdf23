"""Time, as the server keeps it: whole milliseconds since the epoch, UTC."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], int]
"""Gives the milliseconds since the epoch; a test's may stand or leap."""


def now() -> int:
    return time.time_ns() // 1_000_000


def rfc3339(milliseconds: int | None) -> str | None:
    """As on the wire, e.g. 2026-03-01T12:00:00.000Z."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
