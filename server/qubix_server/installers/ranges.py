"""Whether the part of a file that is asked for is there (RFC 9110, 14.1 and 14.2).

The framework sends the parts; it refuses in a form that is not ours, so this is looked at before.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from qubix_server.answers import refusal
from qubix_server.errors import ApiError

_PART = re.compile(r"(\d{1,19})-(\d{1,19})?|-(\d{1,19})", re.ASCII)


def range_refusal(request: Request, size: int, etag: str) -> Response | None:
    """Why the `Range` of this request cannot be served: 400 where it is none, 416 where it lies
    outside. One that is to be ignored is taken out of the request."""
    given = request.headers.get("range")
    if given is None:
        return None
    unit, _, parts = given.partition("=")
    if unit.strip().lower() != "bytes":
        _ignore(request)
        return None
    for part in parts.split(","):
        found = _PART.fullmatch(part.strip())
        if not found or (found[1] and found[2] and int(found[2]) < int(found[1])):
            return refusal(ApiError(400, "bad_range", "Range must be as in bytes=0-99."))
        if int(found[3]) == 0 if found[3] else int(found[1]) >= size:
            if request.headers.get("if-range", etag) != etag:
                _ignore(request)
                return None
            error = ApiError(416, "range_not_satisfiable", f"The file has {size} bytes.")
            response = refusal(error)
            response.headers["Content-Range"] = f"bytes */{size}"
            return response
    return None


def _ignore(request: Request) -> None:
    headers = request.scope["headers"]
    request.scope["headers"] = [(name, value) for name, value in headers if name != b"range"]
