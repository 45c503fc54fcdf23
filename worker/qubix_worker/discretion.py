"""What must never be read in a log or on a terminal, taken out of words that come from elsewhere.

Nothing in the worker writes a secret down. But a library's error may name a proxy's address with
its password, and a server's may quote what it was sent: this is the last sieve before the ink.
"""

from __future__ import annotations

import re

REMOVED = "[removed]"

LINE_LENGTH = 8192
"""No line needs to be longer to be understood; and the sieve holds up the whole process for it."""
EDGE_LENGTH = 1024
"""How much of a line that is cut is sieved, but not shown: a password that the edge cuts in two
may no longer be known as one."""

# Each takes a time that grows with the length alone: none looks twice for the end of a word.
_BEARER = re.compile(r"(?i)(\b(?:bearer|basic)\s++)[^\s\"',;]{8,}+")
_NAMED = re.compile(
    # A value beside its name, as in JSON, in a query or in a header; not "the secret: ask for it".
    r"(?i)((?:secret|token|passwo?r?d|enrollment|authorization)"
    r"(?:[\"']\s*+[:=]|\s*+=|(?<=authorization)\s*+:)\s*+[\"']?)"
    r"(?!bearer\b|basic\b)[^\s\"',;&)]{4,}+"
)
_WORD = re.compile(r"[^\s@\"']++@?")
_ADDRESS = re.compile(
    # Up to the user and password of an address; also where that is not written as it must be.
    r"(\b[A-Za-z][A-Za-z0-9+.-]{0,31}://)(?:[^/@:]++|[^/@:]*+:[^@]*+)@"
)


def without_credentials(text: str) -> str:
    """`text` without what must not be read, and with lines that are not too long."""
    return "\n".join(map(_sieved, text.split("\n")))


def _sieved(line: str) -> str:
    if len(line) <= LINE_LENGTH:
        return _removed(line)
    kept = _removed(line[: LINE_LENGTH + EDGE_LENGTH])[:-EDGE_LENGTH]
    return f"{kept}[cut: the line had {len(line)} characters]"


def _removed(text: str) -> str:
    text = _BEARER.sub(rf"\g<1>{REMOVED}", text)
    text = _WORD.sub(_without_user, text)
    return _NAMED.sub(rf"\g<1>{REMOVED}", text)


def _without_user(word: re.Match[str]) -> str:
    if not word[0].endswith("@"):
        return word[0]
    return _ADDRESS.sub(rf"\g<1>{REMOVED}@", word[0])
