"""What a person must know though no window is open: that attention is needed. Said once.

No Qt in here.
"""

from __future__ import annotations

from qubix_desktop.view import View
from qubix_desktop.watcher import Seen

LOOKS = 3
"""So many looks in a row must find it: what mends itself within seconds is no news."""
FINE_SECONDS = 600.0
"""After so long without it, the same trouble is news again."""


class Notices:
    def __init__(self) -> None:
        self._told: dict[str, float] = {}
        """Each trouble that was told, and when it was seen last."""
        self._trouble = ""
        self._looks = 0

    def is_news(self, seen: Seen, view: View, at: float) -> bool:
        """Whether what is shown now has to be told. `at`: of a clock that nobody sets."""
        trouble = _trouble(seen) if view.icon == "attention" else ""
        self._looks = self._looks + 1 if trouble == self._trouble else 1
        self._trouble = trouble
        self._told = {each: last for each, last in self._told.items() if at - last < FINE_SECONDS}
        if not trouble or self._looks < LOOKS:
            return False
        is_new = trouble not in self._told
        self._told[trouble] = at
        return is_new


def _trouble(seen: Seen) -> str:
    if seen.problem:
        return seen.problem.code
    what = seen.status and (seen.status.trouble or seen.status.warning)
    return what.code if what else "attention"
