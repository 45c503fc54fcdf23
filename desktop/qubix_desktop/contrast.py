"""Whether the account has asked its system for high contrast.

Qt tells it from 6.10 on: contrast themes on Windows, Increase contrast on macOS, High contrast in
GNOME. An older one tells nothing; there, black and white in the system's own palette is the sign.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QPalette, QStyleHints


def is_wanted(hints: QStyleHints, native: QPalette) -> bool:
    """`native` is the palette as the system has given it."""
    told = _told(hints)
    if told is None:
        return is_seen(native)
    return str(told.contrastPreference().name) == "HighContrast"


def is_seen(native: QPalette) -> bool:
    """Whether the system's palette looks like it."""
    pair = {native.windowText().color().name(), native.window().color().name()}
    return pair == {"#000000", "#ffffff"}


def when_changed(hints: QStyleHints, call: Callable[..., None]) -> None:
    """Has `call` called each time that the account changes its mind, where Qt tells."""
    if (told := _told(hints)) is not None:
        told.contrastPreferenceChanged.connect(call)


def _told(hints: Any) -> Any:
    return hints.accessibility() if hasattr(hints, "accessibility") else None
