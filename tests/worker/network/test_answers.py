"""Answers that are no answers: endless, enormous, packed, cut, or somebody else's."""

from __future__ import annotations

import contextlib
import functools
import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from qubix_worker.client import ANSWER_BYTES, ServerClient
from qubix_worker.errors import ServerError
from qubix_worker.failures import CUT, NOT_OURS, SIGN_IN
from qubix_worker.protocol import Heartbeat, JobCompletion
from tests.worker.network.authority import Authority
from tests.worker.network.scripted import HEARD, Answer, Request, Scripted, Visit, serving

PATIENCE = 0.6


def client(server: Scripted, patience_seconds: float = PATIENCE) -> ServerClient:
    return ServerClient(server.url, worker_id="w", secret="s", patience_seconds=patience_seconds)


def failure(server: Scripted) -> ServerError:
    with pytest.raises(ServerError) as caught:
        client(server).heartbeat(Heartbeat("online"))
    return caught.value


def drips(data: bytes) -> Answer:
    return lambda request, visit: visit.drip(data, 0.05)


def drips_a_body(request: Request, visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    visit.drip(b" ", 0.05)


def drips_chunks(request: Request, visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    visit.drip(b"1\r\n \r\n", 0.02)


@pytest.mark.parametrize(
    "answer",
    [
        drips(b"HTTP/1.1 200 OK"),
        drips(b"HTTP/1.1 100 Continue\r\n\r\n"),
        drips(b"HTTP/1.1 200 OK\r\nX: y\r\n" + b"X: y\r\n" * 50),
        drips_a_body,
        drips_chunks,
    ],
    ids=["status", "continue", "headers", "body", "chunks"],
)
def test_a_server_that_drips_holds_nobody_for_ever(answer: Answer) -> None:
    with serving(answer) as server:
        began = time.monotonic()
        assert failure(server).problem.code == "timeout"
        assert time.monotonic() - began < PATIENCE + 0.5


def test_a_server_that_drips_over_a_secure_connection_holds_nobody_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path / "a")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with serving(drips_a_body, tls=authority.server(), name="localhost") as server:
        began = time.monotonic()
        assert failure(server).problem.code == "timeout"
        assert time.monotonic() - began < PATIENCE + 0.5


@contextlib.contextmanager
def sipping(piece: int, every_seconds: float) -> Iterator[str]:
    """A server that reads so much at a time, and answers when it has read all."""
    done = threading.Event()

    def sip() -> None:
        connection, _ = listener.accept()
        with connection:
            seen = b""
            while b"\r\n\r\n" not in seen:
                seen += connection.recv(1024)
            head, _, body = seen.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            left = length - len(body)
            while left and not done.wait(every_seconds):
                left -= len(connection.recv(min(piece, left)))
            if not left:
                connection.sendall(
                    b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"success": true}'
                )

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=sip)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


def hand_in(url: str, size: int) -> None:
    ServerClient(url, secret="s", patience_seconds=1).complete(
        "j-1", JobCompletion("completed", result={"stdout": "x" * size})
    )


@pytest.mark.slow
def test_a_large_result_may_take_its_time_on_a_poor_connection() -> None:
    with sipping(64 * 1024, 0.02) as url:
        began = time.monotonic()
        hand_in(url, 2 << 20)
        assert time.monotonic() - began > 2, "longer than the patience for an answer"


def test_a_server_that_reads_a_sip_at_a_time_holds_nobody_for_ever() -> None:
    with sipping(100, 0.05) as url:
        with pytest.raises(ServerError) as caught:
            hand_in(url, 8 << 20)
        assert caught.value.problem.code == "timeout"


@pytest.mark.provokes("interrupted")
def test_a_call_can_be_cut_from_another_thread() -> None:
    with serving(lambda request, visit: visit.hold(30)) as server:
        one = client(server, patience_seconds=20)
        threading.Timer(0.2, one.cut).start()
        began = time.monotonic()
        with pytest.raises(ServerError) as caught:
            one.heartbeat(Heartbeat("online"))
        assert caught.value.problem.code == CUT
        assert time.monotonic() - began < 10
        server.answer = lambda request, visit: visit.answer(HEARD)
        one.heartbeat(Heartbeat("online"))


def test_an_answer_of_200_mebibytes_is_not_read_to_its_end() -> None:
    sent = 0

    def pour(request: Request, visit: Visit) -> None:
        nonlocal sent
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (200 << 20))
        for _ in range(200):
            visit.send(b" " * (1 << 20))
            sent += 1

    with serving(pour) as server:
        tracemalloc.start()
        assert failure(server).problem.code == NOT_OURS
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert sent < 20
    assert peak < 8 * ANSWER_BYTES


@functools.cache
def bomb() -> bytes:
    packed = gzip.compress(b" " * (64 << 20))
    assert len(packed) < ANSWER_BYTES
    return packed


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x-whatever"])
def test_a_packed_answer_that_nobody_asked_for_is_not_unpacked(encoding: str) -> None:
    packed = bomb()

    def answer(request: Request, visit: Visit) -> None:
        visit.answer(packed, Content_Encoding=encoding)

    with serving(answer) as server:
        assert failure(server).problem.code == NOT_OURS
        assert server.asked[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFF\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\0" * 100 + b"\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
        b"",
    ],
    ids=range(13),
)
def test_what_is_no_http_is_a_failure_in_words(raw: bytes) -> None:
    def answer(request: Request, visit: Visit) -> None:
        visit.send(raw)
        visit.drop()

    with serving(answer) as server:
        error = failure(server)
    assert error.problem.happened.isprintable()
    assert error.problem.code in ("no_network", "timeout", NOT_OURS)


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b"null", b"true", b'{"success": false, "pendingJobs": []}', b'{"success": 1}'],
)
def test_only_what_says_success_is_one(body: bytes) -> None:
    with serving(lambda request, visit: visit.answer(body)) as server:
        assert failure(server).problem.code == NOT_OURS


PORTAL = b"<html><head><title>Hotel Wi-Fi</title></head><body>Room number?</body></html>"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {"Content_Type": "text/html"}),
        (302, {"Location": "http://portal.example/login"}),
        (307, {"Location": "http://portal.example/login"}),
        (403, {}),
        (404, {}),
    ],
)
def test_a_captive_portal_is_told_as_one_and_not_followed(
    status: int, headers: dict[str, str]
) -> None:
    with serving(lambda request, visit: visit.answer(PORTAL, status, **headers)) as server:
        error = failure(server)
        assert error.problem.code == NOT_OURS
        assert "sign in" in error.problem.todo
        assert len(server.asked) == 1


def test_a_portal_that_says_so_is_told_as_one() -> None:
    with serving(lambda request, visit: visit.answer(PORTAL, 511)) as server:
        error = failure(server)
    assert error.problem.code == SIGN_IN
    assert "sign in" in error.problem.todo


def test_the_secret_does_not_go_where_a_redirect_points() -> None:
    with serving(lambda request, visit: visit.answer(HEARD)) as other:

        def redirect(request: Request, visit: Visit) -> None:
            visit.answer(b"", 307, Location=other.url)

        with serving(redirect) as server:
            failure(server)
        assert other.asked == []


def test_a_connection_that_the_server_closed_meanwhile_is_no_failure() -> None:
    def once(request: Request, visit: Visit) -> None:
        visit.answer(HEARD)
        visit.drop()

    with serving(once) as server:
        one = client(server)
        for _ in range(5):
            one.heartbeat(Heartbeat("online"))
        assert server.visits == 5


def test_a_connection_that_is_closed_in_the_moment_of_its_use_is_no_failure() -> None:
    def unlucky(request: Request, visit: Visit) -> None:
        if visit.number == 1 and len(server.asked) == 2:
            visit.drop()
        else:
            visit.answer(HEARD)

    with serving(unlucky) as server:
        one = client(server)
        one.heartbeat(Heartbeat("online"))
        one.heartbeat(Heartbeat("online"))
        assert [len(server.asked), server.visits] == [3, 2]


def test_a_server_that_drops_every_connection_is_a_failure() -> None:
    with serving(lambda request, visit: visit.drop()) as server:
        assert failure(server).problem.code == "no_network"
        assert len(server.asked) == 1


def test_a_connection_from_before_a_long_pause_is_not_used_again() -> None:
    now = 0.0
    with serving(lambda request, visit: visit.answer(HEARD)) as server:
        one = ServerClient(server.url, worker_id="w", secret="s", clock=lambda: now)
        one.heartbeat(Heartbeat("online"))
        one.heartbeat(Heartbeat("online"))
        assert server.visits == 1
        now += 3600
        one.heartbeat(Heartbeat("online"))
        assert server.visits == 2
        now -= 7200  # a clock that is set back tells nothing; a new connection is cheap
        one.heartbeat(Heartbeat("online"))
        assert server.visits == 3


@pytest.mark.parametrize("set_by_days", [-4000, 0, 4000])
def test_a_date_to_wait_for_is_taken_by_the_servers_own_clock(set_by_days: int) -> None:
    now = datetime.now(UTC) + timedelta(days=set_by_days)

    def full(request: Request, visit: Visit) -> None:
        visit.answer(
            {"error": "full", "code": "overloaded"},
            503,
            Date=format_datetime(now, usegmt=True),
            Retry_After=format_datetime(now + timedelta(seconds=40), usegmt=True),
        )

    with serving(full) as server:
        assert failure(server).retry_after_seconds == 40


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("99999999999", 3600),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_a_time_to_wait_is_bounded_and_nonsense_is_none(value: str, seconds: float | None) -> None:
    def full(request: Request, visit: Visit) -> None:
        visit.answer({"error": "full", "code": "overloaded"}, 503, Retry_After=value)

    with serving(full) as server:
        assert failure(server).retry_after_seconds == seconds
