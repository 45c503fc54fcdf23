"""Keeping the computer awake while a job is at work: only if its owner wants it, never on battery.

What a person does deliberately (closing the lid, choosing to suspend) is never held up.
"""

from __future__ import annotations

import logging

from qubix_worker.system.senses import Body

log = logging.getLogger(__name__)

WHY = "A job that this computer has taken on is at work."


class Awake:
    """Remembers what was asked for last. To be used by one thread only."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._wanted = False
        self._failed = False

    def keep(self, wanted: bool) -> None:
        """Where it cannot be had, that is logged once; it is asked for again the next time that
        a job begins."""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        try:
            if wanted:
                self._body.stay_awake(WHY)
                log.info("keeping this computer awake")
            else:
                self._body.may_sleep()
                log.info("this computer may fall asleep again")
        except OSError as error:
            if not self._failed:
                log.warning("this computer cannot be kept awake: %s", error)
            self._failed = True
