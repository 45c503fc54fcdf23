"""Python's search for circles of objects, kept to the GUI thread.

Python begins it wherever it happens to make an object, so on a task's thread as well; a closed
window that is found there would be destroyed there, which Qt does not stand. Here it is turned off
and begun by a timer instead, by the same counts as Python's own.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

LOOK_MILLISECONDS = 5000
"""In which a busy window makes some ten thousand objects; they are gone through in a few ms."""


class Collector(QObject):
    """Make it on the GUI thread, before there is another. What it turned off stays off."""

    def __init__(
        self, parent: QObject | None = None, *, milliseconds: int = LOOK_MILLISECONDS
    ) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        # Rounded to full seconds, like that of the looks at the worker: it wakes nothing more.
        self._timer.setProperty("timerType", "VeryCoarseTimer")
        self._timer.setInterval(milliseconds)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collects the oldest generation that is due, and with it those that are younger."""
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        # A threshold of 0: that generation is never due, as is the oldest one's from Python 3.14.
        due = [age for age, (count, most) in enumerate(counts) if 0 < most < count]
        if due:
            gc.collect(due[-1])
