"""Heads of requests that were read before, but for who asks.

The workers of one release send the same head, byte for byte, apart from the worker's id in the path
and its credential; to read it again and again was a third of a heartbeat. So what stands around
these two is remembered once the parser has read it, and a request that is the same around them, in
the plainest form they can have, is taken as read. Everything else goes to the parser, which has the
last word on what is HTTP. The one thing to know before changing it: nothing that `_FORM` takes for
an id or a credential may mean anything to the parser, or it would be asked for less than it reads.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.types import Scope

from qubix_server.access import bearer

Headers = list[tuple[bytes, bytes]]

_FORM = (
    rb"POST %b([A-Za-z0-9._~-]{1,128})%b((?:\?[!-~]*)? HTTP/1\.1\r\n"
    rb"(?:(?!Authorization:)[^\r\n]+\r\n)*)"
    rb"Authorization: Bearer ([A-Za-z0-9._~+/=-]{1,512})\r\n"
    rb"((?:[^\r\n]+\r\n)*)\r\n"
)
MOST = 256
"""So many forms of a head are remembered. There is one for each release and length of a body."""
BYTES_MOST = 2048
"""Of such a head, without what differs. Who sends more is not in haste."""


class Asked(NamedTuple):
    """A small request, as far as it concerns who answers it."""

    worker_id: str
    query: bytes
    credential: str | None
    body: bytes
    headers: Headers
    client: tuple[str, int] | None

    @classmethod
    def parsed(cls, scope: Scope, worker_id: str, body: bytes) -> Asked:
        return cls(
            worker_id,
            scope["query_string"],
            bearer(scope),
            body,
            scope["headers"],
            scope.get("client"),
        )


class _Known(NamedTuple):
    query: bytes
    length: int
    """Of the body."""
    headers: Headers
    """All but the credential."""


class KnownHeads:
    """Of requests by POST to `before`, an id, and `after`, with a query or without."""

    def __init__(self, before: str, after: str) -> None:
        self._form = re.compile(
            _FORM % (re.escape(before.encode("ascii")), re.escape(after.encode("ascii")))
        )
        self._known: dict[tuple[bytes, bytes], _Known] = {}

    def read(self, data: bytes, client: tuple[str, int] | None) -> Asked | None:
        """`data` as a request that is whole, and alone, and of a known head."""
        if (form := self._form.match(data)) is None:
            return None
        worker_id, first, credential, last = form.groups()
        known = self._known.get((first, last))
        end = form.end()
        if known is None or len(data) - end != known.length:
            return None
        return Asked(
            worker_id.decode("ascii"),
            known.query,
            credential.decode("ascii"),
            data[end:],
            known.headers,
            client,
        )

    def remember(self, data: bytes, asked: Asked) -> None:
        """`data` came alone, and was read as `asked`."""
        form = self._form.match(data)
        if form is None or data[form.end() :] != asked.body:
            return
        worker_id, first, credential, last = form.groups()
        others = [header for header in asked.headers if header[0] != b"authorization"]
        if (
            worker_id.decode("ascii") != asked.worker_id
            or credential.decode("ascii") != asked.credential
            or len(others) != len(asked.headers) - 1
            or len(first) + len(last) > BYTES_MOST
        ):
            return
        if len(self._known) >= MOST:
            self._known.clear()  # they are learned again as soon as they come
        self._known[first, last] = _Known(asked.query, len(asked.body), others)
