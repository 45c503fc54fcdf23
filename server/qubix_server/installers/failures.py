"""What can go wrong in the installer scripts: one sentence of what happened, one of what to do.

The scripts take their words from here (each stands word for word in the script that is handed
out), and docs/troubleshooting.md is written from here, so that what a person reads in a window can
be found in the documents (after a change: tools/troubleshooting.py). The worker's own failures,
which come after these, are in its modules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PLAIN = re.compile(r"[A-Za-z0-9 .,:;/\"()-]+")
"""What means the same to every shell and to cmd within an echo, and to Python in quotes."""


@dataclass(frozen=True)
class Failure:
    code: str
    happened: str
    todo: str

    def __post_init__(self) -> None:
        for sentence in (self.happened, self.todo):
            if not PLAIN.fullmatch(sentence) or not sentence.endswith("."):
                raise ValueError(f"{self.code}: not a plain sentence: {sentence}")

    @property
    def slot(self) -> str:
        """Its name in a template: @NOPYTHON@ for no_python."""
        return self.code.replace("_", "").upper()


FAILURES = (
    Failure(
        "no_python",
        "This computer has no Python 3.11 or newer, and none could be fetched.",
        "Install Python as shown below, then run this again.",
    ),
)


def words() -> dict[str, str]:
    """For templates: by slot, the two sentences as one."""
    return {failure.slot: f"{failure.happened} {failure.todo}" for failure in FAILURES}
