"""What "Copy for support" puts on the clipboard: what helps, and nothing that is secret.

No Qt in here. What is taken out: bearer tokens, values of keys that hold secrets, enrollment codes
and long random texts, the account's home folder.
"""

from __future__ import annotations

import base64
import contextlib
import platform
import re
from collections.abc import Iterable
from pathlib import Path

from qubix_worker import __version__, identity
from qubix_worker.errors import QubixError
from qubix_worker.paths import Paths

REMOVED = "[removed]"

_PATTERNS = (
    re.compile(r"(?i)(\bbearer\s+)[^\s\"',;]+"),
    re.compile(
        r"(?i)([\w-]*(?:secret|token|password|passwd|enrollment|authorization|api[_-]?key"
        r"|control[_-]?key)\b[\"']?\s*[:=]\s*[\"']?)(?!bearer\b)[^\s\"',;&]+"
    ),
    re.compile(r"(?i)(\bcode=)[^\s\"'&]+"),
    re.compile(r"(--)[2-9A-HJKMNP-Za-hjkmnp-z]{4}-?[2-9A-HJKMNP-Za-hjkmnp-z]{4}(?![\w-])"),
    re.compile(r"()\b[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}\b(?!-)"),
    re.compile(r"(://)[^\s/@]+(?=@)"),
    # 32 characters and more without a space are a token or a hash; a path has its slashes.
    re.compile(r"()\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{32,}"),
)


def without_secrets(text: str, home: Path | None = None, known: Iterable[str] = ()) -> str:
    """`text` as it may be sent to a stranger. `home` is the folder to be written as `~`; `known`
    are secrets of this computer, whatever they look like."""
    for secret in known:
        text = text.replace(secret, REMOVED)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{REMOVED}", text)
    folder = str(home if home is not None else Path.home())
    return text.replace(folder, "~") if len(folder) > 1 else text


def kept_secrets(paths: Paths) -> list[str]:
    """What this computer keeps secret, as it might be written somewhere."""
    found = []
    with contextlib.suppress(OSError, QubixError):
        who = identity.load(paths.identity)
        found += [who.secret] if who and who.secret else []
    with contextlib.suppress(OSError):
        key = paths.control_key.read_bytes()
        found += [key.hex(), base64.b64encode(key).decode(), repr(key)[2:-1]]
    return [secret for secret in found if len(secret) >= 8]


def report(
    about: Iterable[tuple[str, str]],
    lines: Iterable[str],
    home: Path | None = None,
    known: Iterable[str] = (),
) -> str:
    """A text for a support request: what this is, the facts in `about`, then the log's `lines`."""
    facts = [("QUBIX", __version__), ("System", platform.platform()), *about]
    head = [f"{name}: {value}" for name, value in facts if value]
    return without_secrets("\n".join([*head, "", *lines]).rstrip() + "\n", home, known)
