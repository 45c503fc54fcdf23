"""What stands behind the "?" of a URL, as values: each reads its key, and says what it takes.

`of` raises ApiError 400 that names the key. `schema` is the same rule as JSON Schema, for
`/openapi.json`: whoever changes one changes the other; a test asks the server for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request

from qubix_server.errors import ApiError

_NUMBER = re.compile(r"\d{1,20}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
CURSOR_PATTERN = r"[0-9]{1,18}"


class Query(Protocol):
    """One key of the query, whatever it holds."""

    @property
    def key(self) -> str: ...

    @property
    def meaning(self) -> str: ...

    @property
    def schema(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Text:
    """A text; an empty one is none, unless it has at least one character."""

    key: str
    meaning: str
    most: int = 256
    least: int = 0

    def of(self, request: Request) -> str | None:
        value = _given(request, self.key)
        if value is None or (not value and not self.least):
            return None
        if not self.least <= len(value) <= self.most or not value.isprintable():
            least = f"{self.least} to " if self.least else "at most "
            raise _bad(self.key, f"must be a plain text of {least}{self.most} characters")
        return value

    @property
    def schema(self) -> dict[str, Any]:
        return {
            "$ref": "#/components/schemas/PlainText",
            "minLength": self.least,
            "maxLength": self.most,
        }


@dataclass(frozen=True)
class Choice:
    """One of a few words; an empty one is none."""

    key: str
    meaning: str
    words: tuple[str, ...]

    def of(self, request: Request) -> str | None:
        value = _given(request, self.key)
        if value is not None and value not in self.words:
            raise _bad(self.key, f"must be one of {', '.join(self.words)}")
        return value

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True)
class Number:
    """A number from 0 to `most`."""

    key: str
    meaning: str
    most: float

    def of(self, request: Request) -> float | None:
        value = _given(request, self.key)
        if value is None:
            return None
        if not (_NUMBER.fullmatch(value) and float(value) <= self.most):
            raise _bad(self.key, f"must be a number from 0 to {self.most:g}")
        return float(value)

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": 0, "maximum": self.most}


@dataclass(frozen=True)
class Whole:
    """A whole number from `least` to `most`."""

    key: str
    meaning: str
    least: int
    most: int
    default: int

    def of(self, request: Request) -> int:
        value = _given(request, self.key)
        if value is None:
            return self.default
        if not (_WHOLE.fullmatch(value) and self.least <= int(value) <= self.most):
            raise _bad(self.key, f"must be a whole number from {self.least} to {self.most}")
        return int(value)

    @property
    def schema(self) -> dict[str, Any]:
        return {
            "type": "integer",
            "minimum": self.least,
            "maximum": self.most,
            "default": self.default,
        }


@dataclass(frozen=True)
class Flag:
    key: str
    meaning: str

    def of(self, request: Request) -> bool | None:
        value = _given(request, self.key)
        if value is None:
            return None
        if value not in _FLAGS:
            raise _bad(self.key, "must be true or false")
        return _FLAGS[value]

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(_FLAGS)}


@dataclass(frozen=True)
class Cursor:
    """Where a page begins, as the page before has told."""

    key: str = "cursor"
    meaning: str = "The `nextCursor` of the page before; without it, the first page."

    def of(self, request: Request) -> int | None:
        value = _given(request, self.key)
        if value is None:
            return None
        if not re.fullmatch(CURSOR_PATTERN, value):
            raise _bad(self.key, "must be the nextCursor of an earlier answer")
        return int(value)

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{CURSOR_PATTERN}$"}


CURSOR = Cursor()


def parameters(queries: Iterable[Query]) -> list[dict[str, Any]]:
    """As OpenAPI describes them."""
    return [
        {"name": one.key, "in": "query", "description": one.meaning, "schema": one.schema}
        for one in queries
    ]


def _given(request: Request, key: str) -> str | None:
    values = request.query_params.getlist(key)
    if len(values) > 1:
        raise _bad(key, "must be given once")
    return values[0] if values else None


def _bad(key: str, rule: str) -> ApiError:
    return ApiError(400, "bad_value", f"{key} {rule}.")
