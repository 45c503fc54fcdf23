"""A pause as a value. What a person has asked for is kept in the state folder, so that it outlives
a restart of the computer; what the computer's own state asks for (`guest.rules.Rest`) is not.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import dataclass
from pathlib import Path

from qubix_worker.files import write_whole
from qubix_worker.wire import WireError, from_wire, to_wire

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pause:
    """Who or what paused, and until when (seconds since the epoch; None: that is not known, or
    until resumed). `reason` is a sentence for a person."""

    by: str
    until: float | None = None
    reason: str = "You asked for a pause."
    seconds: float | None = None
    """How long it was to last when it was asked for, whatever the clock on the wall is set to;
    None: that clock decides."""


def load(path: Path) -> Pause | None:
    """The pause that was kept. A damaged file is a pause until resumed: never a surprise start."""
    try:
        pause = from_wire(Pause, json.loads(path.read_bytes()))
        if not pause.by or not math.isfinite((pause.until or 0.0) + (pause.seconds or 0.0)):
            raise ValueError("nobody paused, or until no time")
        return pause
    except FileNotFoundError:
        return None
    except (ValueError, WireError):
        log.warning("the kept pause is damaged; staying paused until resumed")
        return Pause("you")


def save(path: Path, pause: Pause | None) -> None:
    """Keeps `pause`; None forgets it."""
    if pause is None:
        path.unlink(missing_ok=True)
    else:
        write_whole(path, json.dumps(to_wire(pause)).encode())
