"""Answers that hand out a file: with its digest, an entity tag, and 304 to who has it already."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response


def file_answer(request: Request, body: bytes, headers: Mapping[str, str]) -> Response:
    """`body` as it fits `request`: whole, its headers alone (HEAD), or 304 (If-None-Match).

    `headers` must give the Content-Type; without a Cache-Control in them, the client may keep the
    file and asks again each time whether it is still the same.
    """
    own = {**digest_headers(hashlib.sha256(body).digest()), "Cache-Control": "no-cache", **headers}
    if is_held(request, own["ETag"]):
        return not_modified(own)
    own["Content-Length"] = str(len(body))
    return Response(b"" if request.method == "HEAD" else body, headers=own)


def digest_headers(digest: bytes) -> dict[str, str]:
    """The headers that follow from a file's SHA-256 (RFC 9530 for Repr-Digest)."""
    return {
        "ETag": f'"{digest.hex()}"',
        "Repr-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        "X-Content-Type-Options": "nosniff",
    }


def is_held(request: Request, etag: str) -> bool:
    """Whether the client says that it has this already: If-None-Match, compared weakly, as RFC
    9110 (13.1.2) asks for."""
    held = ",".join(request.headers.getlist("if-none-match")).split(",")
    return any(given.strip().removeprefix("W/") in (etag, "*") for given in held)


def not_modified(headers: Mapping[str, str]) -> Response:
    """304, with those headers that a 200 would have had and a cache needs (RFC 9110, 15.4.5)."""
    kept = ("ETag", "Cache-Control", "X-Content-Type-Options", "Content-Security-Policy")
    return Response(status_code=304, headers={k: v for k, v in headers.items() if k in kept})
