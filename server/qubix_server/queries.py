"""What stands behind the "?" of a URL, checked. Each raises ApiError 400 that names the key."""

from __future__ import annotations

import math
import re

from starlette.requests import Request

from qubix_server.errors import ApiError

_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")


def text(request: Request, key: str, most: int = 256) -> str | None:
    value = request.query_params.get(key)
    if value is None or value == "":
        return None
    if len(value) > most or not value.isprintable():
        raise _bad(key, f"must be a plain text of at most {most} characters")
    return value


def number(request: Request, key: str, most: float, default: float | None = None) -> float | None:
    """A number from 0 to `most`."""
    value = text(request, key)
    if value is None:
        return default
    if not (value.isascii() and _NUMBER.fullmatch(value) and float(value) <= most):
        raise _bad(key, f"must be a number from 0 to {most:g}")
    return float(value)


def whole(request: Request, key: str, least: int, most: int, default: int) -> int:
    """A whole number from `least` to `most`."""
    value = number(request, key, math.inf, default)
    if value is None or value != int(value) or not least <= value <= most:
        raise _bad(key, f"must be a whole number from {least} to {most}")
    return int(value)


def cursor(request: Request) -> int | None:
    """Where a page begins, as the page before has told."""
    value = text(request, "cursor")
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise _bad("cursor", "must be the nextCursor of an earlier answer")
    return int(value)


def flag(request: Request, key: str) -> bool | None:
    value = text(request, key)
    if value is None:
        return None
    if value.lower() not in ("true", "false", "1", "0"):
        raise _bad(key, "must be true or false")
    return value.lower() in ("true", "1")


def _bad(key: str, rule: str) -> ApiError:
    return ApiError(400, "bad_value", f"{key} {rule}.")
