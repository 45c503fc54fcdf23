"""Languages that nobody speaks: they show what a real one would only show to who speaks it.

`Long` makes every text two fifths longer and puts it in brackets, so that one that is cut off, or
was never marked, can be told by whoever looks (or by a test).
"""

from __future__ import annotations

import re

from PySide6.QtCore import QTranslator

_ACCENTED = str.maketrans(
    "aeiouAEIOUcnsyzCNSYZ", "åéîöûÅÉÎÖÛçñšýžÇÑŠÝŽ"
)  # fmt: skip
_KEPT = re.compile(r"(\{\w*\}|%L?n|&)")
LONGER = 0.4
RIGHT_TO_LEFT = "\N{RIGHT-TO-LEFT MARK}"


class Long(QTranslator):
    """`Back` is [Båçķ ·]; holes and shortcuts stay."""

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return lengthened(text) if text.strip() else ""

    def isEmpty(self) -> bool:  # noqa: N802 - Qt's name
        return False


class Mirrored(Long):
    """The same, and read from right to left: a text's first strong letter says its direction."""

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        longer = super().translate(context, text, disambiguation, n)
        return f"{RIGHT_TO_LEFT}{longer}{RIGHT_TO_LEFT}" if longer else ""


def lengthened(text: str) -> str:
    """The text as that language has it. Words are added at the end, as long as its own are."""
    accented = "".join(
        part if _KEPT.fullmatch(part) else part.translate(_ACCENTED) for part in _KEPT.split(text)
    )
    more = round(len(_KEPT.sub("", text)) * LONGER) - 2
    filler = ("öñé twö þréé föûr " * (more // 18 + 1))[: max(0, more)].rstrip()
    return f"[{accented}{' ' + filler if filler else ''}]"
