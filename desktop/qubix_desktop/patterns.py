"""Regular expressions that are compiled when they are first used.

Modules compile theirs when they are imported, used or not: Qt's binding has four large ones by
which it would read the signatures of its own functions for who asks. Together they took a
fourteenth of the time to the first window, which uses next to none of them.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

METHODS = frozenset(
    ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn", "scanner")
)

_compile = re.compile


class Later:
    """Stands for what `re.compile` would have given. Raises re.error when it is first used."""

    def __init__(self, pattern: Any, flags: int = 0) -> None:
        self._given = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        """Called for what has not been asked for before."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in METHODS:
            return getattr(self._compiled(), name)

        def first_call(*arguments: Any, **more: Any) -> Any:
            method = getattr(self._compiled(), name)
            setattr(self, name, method)
            return method(*arguments, **more)

        return first_call

    def _compiled(self) -> re.Pattern[Any]:
        return _compile(*self._given)


@contextlib.contextmanager
def compiled_later() -> Iterator[None]:
    """Modules that are imported meanwhile have their patterns compiled when they are first used."""
    re.compile = Later  # type: ignore[assignment]
    try:
        yield
    finally:
        re.compile = _compile
