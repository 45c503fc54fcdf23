"""Heads that are known by heart mean what the parser reads in them."""

from __future__ import annotations

from typing import Any

import httptools
from hypothesis import example, given
from hypothesis import strategies as st

from qubix_server.known_heads import BYTES_MOST, MOST, Asked, KnownHeads
from tests.server.parser import AFTER, BEFORE, CLIENT, Reader, parsed

HEADS = (
    b"POST /api/providers/w-1/heartbeat HTTP/1.1\r\n"
    b"Host: example.com\r\nAuthorization: Bearer secret\r\nContent-Length: 2\r\n\r\n",
    b"POST /api/providers/w-2/heartbeat HTTP/1.1\r\n"
    b"Authorization: Bearer other\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n",
    b"POST /api/providers/w-3/heartbeat?wait=25 HTTP/1.1\r\n"
    b"Content-Length: 2\r\nX-Forwarded-For: 203.0.113.9\r\nAuthorization: Bearer a=\r\n\r\n",
    b"POST /api/providers/w-4/heartbeat?wait=25 HTTP/1.1\r\n"
    b"Host: a\r\nX-Forwarded-For: 2001:db8::1, 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"
    b"Authorization: Bearer b\r\nContent-Length: 2\r\n\r\n",
    b"POST /api/providers/w-5/heartbeat HTTP/1.1\r\n"
    b"Host: a\r\nAuthorization: Bearer c\r\nX-Forwarded-For: 192.0.2.7\r\n"
    b"Content-Length: 2\r\n\r\n",
)
BODY = b"{}"


def learned(*requests: bytes) -> KnownHeads:
    heads = KnownHeads(BEFORE, AFTER)
    for request in requests:
        heads.remember(request, parsed(request))
    return heads


def read(heads: KnownHeads, data: bytes) -> Asked | None:
    return heads.read(data, CLIENT)


def test_another_worker_with_the_same_head_is_read_without_the_parser() -> None:
    heads = learned(HEADS[0] + BODY)
    another = HEADS[0].replace(b"w-1", b"w-9").replace(b"secret", b"its-own") + b"[]"
    assert read(heads, another) == Asked(
        "w-9", b"", "its-own", b"[]", [(b"host", b"example.com"), (b"content-length", b"2")], CLIENT
    )


def test_another_worker_behind_the_same_proxy_has_an_address_of_its_own() -> None:
    heads = learned(HEADS[3] + BODY)
    for address in (b"192.0.2.8", b"::1, 203.0.113.5"):
        another = HEADS[3].replace(b"2001:db8::1, 192.0.2.7", address) + BODY
        asked = read(heads, another)
        assert asked
        assert dict(asked.headers)[b"x-forwarded-for"] == address
        assert len(asked.headers) == 4
    for odd in (b"192.0.2.8,", b"unknown", b"192.0.2.8 ", b"", b"192.0.2.8\t"):
        assert read(heads, HEADS[3].replace(b"2001:db8::1, 192.0.2.7", odd) + BODY) is None
    assert read(heads, HEADS[3].replace(b"X-Forwarded-For", b"X-Forwarded-Foo") + BODY) is None


def test_what_was_never_read_is_left_to_the_parser() -> None:
    assert read(KnownHeads(BEFORE, AFTER), HEADS[0] + BODY) is None
    assert read(learned(HEADS[0] + BODY), HEADS[1] + BODY) is None


def test_what_is_not_whole_or_not_alone_is_left_to_the_parser() -> None:
    heads = learned(HEADS[0] + BODY)
    for data in (HEADS[0], HEADS[0] + b"{", HEADS[0] + BODY + b"P", 2 * (HEADS[0] + BODY), b""):
        assert read(heads, data) is None


def test_a_head_with_two_credentials_is_never_learned() -> None:
    for name in (b"Authorization", b"authorization"):
        twice = HEADS[0].replace(b"\r\n\r\n", b"\r\n%b: Bearer secret\r\n\r\n" % name) + BODY
        assert read(learned(twice), twice) is None


def test_a_head_with_two_lines_of_addresses_is_never_learned() -> None:
    for name in (b"X-Forwarded-For", b"x-forwarded-for"):
        twice = HEADS[3].replace(b"\r\n\r\n", b"\r\n%b: 192.0.2.9\r\n\r\n" % name) + BODY
        assert read(learned(twice), twice) is None


def test_what_was_read_of_other_bytes_is_never_learned() -> None:
    asked = parsed(HEADS[0] + BODY)
    for wrong in (
        asked._replace(worker_id="w-9"),
        asked._replace(credential="another"),
        asked._replace(body=b"[]"),
        asked._replace(credential=None, headers=asked.headers[:1]),
    ):
        heads = KnownHeads(BEFORE, AFTER)
        heads.remember(HEADS[0] + BODY, wrong)
        assert read(heads, HEADS[0] + BODY) is None


def test_what_is_remembered_is_bounded() -> None:
    heads = KnownHeads(BEFORE, AFTER)
    for number in range(3 * MOST):
        request = HEADS[0].replace(b"example.com", b"h%d" % number) + BODY
        heads.remember(request, parsed(request))
        assert read(heads, request)
    assert len(heads._known) <= MOST
    long = HEADS[0].replace(b"example.com", b"h" * BYTES_MOST) + BODY
    assert read(learned(long), long) is None


ODD = (b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"/", b"?", b"%2f", b"#", b"\xff", b"..",
       b"Authorization: Bearer x\r\n", b"authorization: Bearer x\r\n", b"Content-Length: 2\r\n",
       b"X-Forwarded-For: 192.0.2.8\r\n", b"x-forwarded-for: 192.0.2.8\r\n", b", ::1", b",",
       b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Upgrade: h2c\r\n",
       b" folded\r\n", b"HTTP/1.0", b"POST ", b"GET ", BODY, b"}")  # fmt: skip


@st.composite
def bent(draw: st.DrawFn) -> bytes:
    """A request that is nearly one of those."""
    data = draw(st.sampled_from(HEADS)) + BODY
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(data)))
        end = draw(st.integers(begin, min(len(data), begin + 12)))
        piece = draw(st.sampled_from(ODD) | st.binary(max_size=3) | st.just(data[begin:end] * 2))
        data = data[:begin] + piece + data[end:]
    return data


@given(bent(), st.lists(bent(), max_size=2))
@example(HEADS[2] + BODY, [])
def test_whatever_is_taken_as_read_is_what_the_parser_reads(
    data: bytes, before: list[bytes]
) -> None:
    heads = learned(*(head + BODY for head in HEADS))
    for request in before:
        reader = _reader(request)
        if reader and reader.begun == reader.ended == 1:
            heads.remember(request, reader.asked())
    asked = read(heads, data)
    if asked is None:
        return
    reader = Reader(data)
    assert (reader.begun, reader.ended) == (1, 1)
    assert reader.parser.get_method() == b"POST"
    assert reader.parser.get_http_version() == "1.1"
    path = BEFORE + asked.worker_id + AFTER
    assert reader.url.decode() == path + ("?" + asked.query.decode() if asked.query else "")
    others = [header for header in reader.headers if header[0] != b"authorization"]
    assert sorted(others) == sorted(asked.headers)
    assert reader.asked()._replace(headers=asked.headers) == asked


def _reader(data: bytes) -> Any:
    try:
        return Reader(data)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade, UnicodeDecodeError):
        return None


def test_no_head_can_be_made_to_be_slow_to_read() -> None:
    """It would take hours, were anything in it read more than once."""
    heads = learned(HEADS[0] + BODY)
    line = HEADS[0].splitlines(keepends=True)[0]
    for repeated in (b"X-Forwarded-For: ::\r\n", b"Authorization: Bearer x\r\n", b"A: b\r\n"):
        assert read(heads, line + repeated * 500_000) is None
    assert read(heads, line + b"X-Forwarded-For: " + b":, " * 3_000_000) is None
