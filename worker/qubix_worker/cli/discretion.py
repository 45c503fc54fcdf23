"""What must never be read in a log or on a terminal, taken out of words that come from elsewhere.

Nothing in the worker writes a secret down. But a library's error may name a proxy's address with
its password, and a server's may quote what it was sent: this is the last sieve before the ink.
"""

from __future__ import annotations

import re

REMOVED = "[removed]"

_PATTERNS = (
    re.compile(r"(?i)(\b(?:bearer|basic)\s+)[^\s\"',;]{8,}"),
    # The user and password of an address; also of one whose password is not written as it must be.
    re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*://)(?:[^\s/@\"']+|[^\s/@\"']*:[^\s@\"']+)(?=@)"),
    # A value beside its name, as in JSON, in a query or in a header; not "the secret: ask for it".
    re.compile(
        r"(?i)([\w-]*(?:secret|token|passwo?r?d|enrollment|authorization)"
        r"(?:[\"']\s*[:=]|\s*=|(?<=authorization)\s*:)\s*[\"']?)"
        r"(?!bearer\b|basic\b)[^\s\"',;&)]{4,}"
    ),
)


def without_credentials(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{REMOVED}", text)
    return text
