"""Heads of requests that were read before, but for who asks.

The workers of one release send the same head, byte for byte, apart from the worker's id in the
path, its credential, and the address that a proxy puts in; to read it again and again was a third
of a heartbeat. So what stands around these is remembered once the parser has read it, and a request
that is the same around them, in the plainest form they can have, is taken as read. Everything else
goes to the parser, which has the last word on what is HTTP. The one thing to know before changing
it: nothing that `_FORM` takes for one of these may mean anything to the parser, or it would be
asked for less than it reads.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.types import Scope

from qubix_server.access import bearer

Headers = list[tuple[bytes, bytes]]

# Each part takes what it can and gives nothing back: no head takes longer than its length.
_OTHERS = rb"(?:(?!Authorization:|X-Forwarded-For:)[^\r\n]+\r\n)*+"
_ADDRESSES = rb"[0-9A-Fa-f.:]++(?:, [0-9A-Fa-f.:]++)*+"
_FORM = (
    rb"POST %b([A-Za-z0-9._~-]{1,128})%b((?:\?[!-~]*+)? HTTP/1\.1\r\n" + _OTHERS + rb")"
    rb"(?:X-Forwarded-For: (" + _ADDRESSES + rb")\r\n)?+(" + _OTHERS + rb")"
    rb"Authorization: Bearer ([A-Za-z0-9._~+/=-]{1,512})\r\n"
    rb"((?:[^\r\n]+\r\n)*+)\r\n"
)
MOST = 256
"""So many heads are remembered. There is one for each release and length of a body."""
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


class _Form(NamedTuple):
    """A head, in its parts."""

    worker_id: bytes
    first: bytes
    addresses: bytes | None
    between: bytes
    credential: bytes
    last: bytes

    @property
    def same(self) -> tuple[bytes, bytes, bytes, bool]:
        """What stands around that which differs."""
        return self.first, self.between, self.last, self.addresses is None


class _Known(NamedTuple):
    query: bytes
    length: int
    """Of the body."""
    headers: Headers
    """All but the credential and the addresses."""


class KnownHeads:
    """Of requests by POST to `before`, an id, and `after`, with a query or without."""

    def __init__(self, before: str, after: str) -> None:
        self._form = re.compile(
            _FORM % (re.escape(before.encode("ascii")), re.escape(after.encode("ascii")))
        )
        self._known: dict[tuple[bytes, bytes, bytes, bool], _Known] = {}

    def read(self, data: bytes, client: tuple[str, int] | None) -> Asked | None:
        """`data` as a request that is whole, and alone, and of a known head."""
        if (match := self._form.match(data)) is None:
            return None
        form = _Form(*match.groups())
        known = self._known.get(form.same)
        end = match.end()
        if known is None or len(data) - end != known.length:
            return None
        headers = known.headers
        if form.addresses is not None:
            headers = [*headers, (b"x-forwarded-for", form.addresses)]
        return Asked(
            form.worker_id.decode("ascii"),
            known.query,
            form.credential.decode("ascii"),
            data[end:],
            headers,
            client,
        )

    def remember(self, data: bytes, asked: Asked) -> None:
        """`data` came alone, and was read as `asked`."""
        match = self._form.match(data)
        if match is None or data[match.end() :] != asked.body:
            return
        form = _Form(*match.groups())
        differ = [b"authorization"]
        if form.addresses is not None:
            differ.append(b"x-forwarded-for")
        others = [header for header in asked.headers if header[0] not in differ]
        if (
            form.worker_id.decode("ascii") != asked.worker_id
            or form.credential.decode("ascii") != asked.credential
            or len(others) != len(asked.headers) - len(differ)
            or sum(map(len, form.same[:3])) > BYTES_MOST
        ):
            return
        if len(self._known) >= MOST:
            self._known.clear()  # they are learned again as soon as they come
        self._known[form.same] = _Known(asked.query, len(asked.body), others)
