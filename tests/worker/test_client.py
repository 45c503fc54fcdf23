"""Each way that a server can fail to answer has its own code and its own words."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.client import ANSWER_BYTES, ServerClient
from qubix_worker.errors import ServerError
from qubix_worker.failures import NOT_OURS
from qubix_worker.protocol import Heartbeat, HeartbeatAnswer, JobCompletion


class Stub(ThreadingHTTPServer):
    """Answers every request with what the test says, and keeps what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.body = b'{"success": true}'
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Stub

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(self.server.body)

    do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *arguments: Any) -> None:
        pass


@contextlib.contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def stub() -> Iterator[Stub]:
    server = Stub()
    with serving(server):
        yield server


def failure(url: str) -> ServerError:
    with pytest.raises(ServerError) as caught:
        ServerClient(url, worker_id="w-1", secret="s3cret", patience_seconds=2).heartbeat(
            Heartbeat("online")
        )
    assert "s3cret" not in str(caught.value)
    return caught.value


def test_a_secret_travels_in_the_header_only(stub: Stub) -> None:
    ServerClient(stub.url, worker_id="w-1", secret="s3cret").heartbeat(Heartbeat("online"), 5)
    method, path, headers, body = stub.asked[0]
    assert (method, path) == ("POST", "/api/providers/w-1/heartbeat?wait=5")
    assert headers["Authorization"] == "Bearer s3cret"
    assert b"s3cret" not in body
    assert json.loads(body)["status"] == "online"


def test_no_cookie_is_kept_or_sent_back(stub: Stub) -> None:
    stub.headers = {"Set-Cookie": "a=b; Path=/; Max-Age=3600"}
    client = ServerClient(stub.url, worker_id="w-1", secret="s3cret")
    for _ in range(2):
        client.complete("j-1", JobCompletion("completed"))
    assert [headers.get("Cookie") for _, _, headers, _ in stub.asked] == [None, None]


def test_an_inherited_server_that_answers_little_is_enough(stub: Stub) -> None:
    stub.body = b'{"success": true, "pendingJobs": []}'
    assert ServerClient(stub.url).heartbeat(Heartbeat("online")) == HeartbeatAnswer()


def test_a_refusal_is_told_in_the_servers_words(stub: Stub) -> None:
    stub.status, stub.headers = 429, {"Retry-After": "7"}
    stub.body = b'{"success": false, "error": "Too many\\n\\u001b[31m tries", "code": "a_new_one"}'
    error = failure(stub.url)
    assert error.problem.code == "a_new_one"
    assert error.status == 429
    assert error.retry_after_seconds == 7
    assert error.problem.happened.isprintable()
    assert "answered: Too many" in error.problem.happened


def test_a_refusal_whose_code_is_known_is_told_in_ours(stub: Stub) -> None:
    stub.status = 404
    stub.body = b'{"success": false, "error": "Provider not found", "code": "provider_unknown"}'
    problem = failure(stub.url).problem
    assert problem.happened.endswith(" answered: This computer is not known here any more.")
    assert problem.todo == "Join the network again from its page."


def test_who_is_not_known_any_more_has_left(stub: Stub) -> None:
    client = ServerClient(stub.url, worker_id="w-1", secret="s3cret")
    for status in (401, 404):
        stub.status = status
        stub.body = b'{"success": false, "error": "not valid", "code": "unauthorized"}'
        client.forget()
    stub.body = b"<html>Please sign in</html>"  # of a portal, which knows nobody
    with pytest.raises(ServerError):
        client.forget()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 503])
def test_a_refusal_needs_no_code_since_an_inherited_server_may_have_none(
    stub: Stub, status: int
) -> None:
    stub.status = status
    stub.body = b'{"success": false, "pendingJobs": [], "error": "Provider not found"}'
    error = failure(stub.url)
    assert error.status == status
    assert error.problem.code not in (NOT_OURS, "server_trouble")
    assert "Provider not found." in error.problem.happened


@pytest.mark.parametrize("body", [b'{"success": false}', b'{"success": false, "error": {"a": 1}}'])
def test_a_refusal_says_why_or_it_is_no_servers_of_ours(stub: Stub, body: bytes) -> None:
    stub.status, stub.body = 404, body
    assert failure(stub.url).problem.code == NOT_OURS


def test_a_refusal_of_any_length_is_told_in_few_words(stub: Stub) -> None:
    stub.status = 400
    stub.body = json.dumps(
        {"success": False, "error": "e" * 400_000, "code": "c" * 400_000}
    ).encode()
    problem = failure(stub.url).problem
    assert problem.code == "c" * 64
    assert len(problem.happened) < 400


def test_retry_after_may_be_a_date(stub: Stub) -> None:
    stub.status = 503
    stub.headers = {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}
    stub.body = b'{"error": "busy", "code": "overloaded"}'
    assert failure(stub.url).retry_after_seconds == 3600


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("\xb2", None), ("9" * 5000, 3600), ("-5", None), ("nan", None), ("0", 0)],
)
def test_a_retry_after_that_is_no_number_of_ours_changes_nothing_else(
    stub: Stub, value: str, seconds: float | None
) -> None:
    stub.status, stub.headers = 503, {"Retry-After": value}
    stub.body = b'{"success": false, "error": "busy", "code": "overloaded"}'
    error = failure(stub.url)
    assert (error.status, error.problem.code) == (503, "overloaded")
    assert error.retry_after_seconds == seconds


@pytest.mark.parametrize("status", [429, 503])
def test_a_proxy_that_speaks_for_a_busy_server_is_waited_for_as_it_says(
    stub: Stub, status: int
) -> None:
    stub.status, stub.headers, stub.body = status, {"Retry-After": "77"}, b"<html>Busy</html>"
    error = failure(stub.url)
    assert (error.status, error.retry_after_seconds) == (status, 77)
    assert error.problem.code != NOT_OURS


def test_a_retry_after_beyond_all_time_is_none(stub: Stub) -> None:
    stub.status = 503
    stub.headers = {"Retry-After": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}
    stub.body = b'{"error": "busy", "code": "overloaded"}'
    assert failure(stub.url).retry_after_seconds is None


@pytest.mark.provokes("server_trouble")
@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, b"<html>Please sign in to the hotel</html>", "not_a_qubix_server"),
        (200, b"[]", "not_a_qubix_server"),
        (200, b'{"pendingJobs": "no"}', "not_a_qubix_server"),
        (200, b'{"pendingJobs": [{"id": "../../x"}]}', "not_a_qubix_server"),
        (200, b"\xff\xfe", "not_a_qubix_server"),
        (200, b"[" * 100_000, "not_a_qubix_server"),
        (200, b" " * (ANSWER_BYTES + 1), "not_a_qubix_server"),
        (302, b"", "not_a_qubix_server"),
        (404, b"<html>", "not_a_qubix_server"),
        (500, b"<html>", "server_trouble"),
        (502, b'{"error": 1}', "server_trouble"),
    ],
)
def test_what_is_no_answer_of_a_server_is_said(
    stub: Stub, status: int, body: bytes, code: str
) -> None:
    stub.status, stub.body = status, body
    stub.headers = {"Location": "http://127.0.0.1:9/"} if status == 302 else {}
    assert failure(stub.url).problem.code == code
    assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 511])
def test_what_to_do_is_true_of_a_setup_too_which_does_not_try_again(
    stub: Stub, status: int
) -> None:
    stub.status, stub.body = status, b'{"success": false, "error": "no", "code": "c"}'
    if status == 511:
        stub.body = b"<html>"
    assert "by itself" not in failure(stub.url).problem.todo


def test_nothing_that_listens_is_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        error = failure(f"http://127.0.0.1:{free.getsockname()[1]}")
    assert error.problem.code == "refused"


def test_a_name_that_does_not_exist_is_not_found() -> None:
    assert failure("http://qubix.invalid").problem.code == "name_not_found"


@pytest.mark.parametrize("url", ["http://.", "http://a..b", "http://" + "a" * 70 + ".invalid"])
def test_a_name_that_cannot_exist_is_not_found(url: str) -> None:
    assert failure(url).problem.code == "name_not_found"


def test_silence_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = ServerClient(f"http://127.0.0.1:{silent.getsockname()[1]}", patience_seconds=0.3)
        with pytest.raises(ServerError) as caught:
            client.enrollment_info("x")
    assert caught.value.problem.code == "timeout"


def test_an_answer_that_is_cut_short_is_a_failed_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def cut() -> None:
            connection, _ = server.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            connection.close()

        thread = threading.Thread(target=cut)
        thread.start()
        error = failure(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert error.problem.code == "no_network"


def test_a_proxy_that_refuses_is_named(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.status, stub.body = 407, b""
    monkeypatch.setenv("HTTPS_PROXY", stub.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert failure("https://qubix.example").problem.code == "proxy"


def test_a_proxy_is_not_asked_for_this_computers_own_loopback(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert ServerClient(stub.url).heartbeat(Heartbeat("online")) == HeartbeatAnswer()


def test_a_netrc_file_does_not_replace_the_secret(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    ServerClient(stub.url, worker_id="w", secret="mine").heartbeat(Heartbeat("online"))
    assert stub.asked[0][2]["Authorization"] == "Bearer mine"


def test_a_code_stays_one_part_of_the_path(stub: Stub) -> None:
    with pytest.raises(ServerError):
        ServerClient(stub.url).enrollment_info("../providers?x#y z")
    assert stub.asked[0][1] == "/api/enrollments/..%2Fproviders%3Fx%23y%20z"


def a_certificate(folder: Path, *, days: int) -> ssl.SSLContext:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-days", str(days), "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_a_certificate_that_nobody_vouches_for_is_said(tmp_path: Path, stub: Stub) -> None:
    stub.socket = a_certificate(tmp_path, days=2).wrap_socket(stub.socket, server_side=True)
    assert failure(f"https://localhost:{stub.server_port}").problem.code == "certificate"


@pytest.mark.parametrize(
    ("status", "code", "todo"),
    [
        (404, "provider_unknown", "Join the network again"),
        (401, "unauthorized", "Join the network again"),
        (404, "job_unknown", "Nothing needs to be done"),
        (409, "lease_lost", "Nothing needs to be done"),
        (400, "bad_value", "Tell the people"),
        (404, "not_found", "Check the address"),
        (503, "overloaded", "Wait a few minutes"),
    ],
)
def test_what_to_do_is_what_helps_with_that_refusal(
    stub: Stub, status: int, code: str, todo: str
) -> None:
    stub.status = status
    stub.body = json.dumps({"success": False, "error": "no", "code": code}).encode()
    assert failure(stub.url).problem.todo.startswith(todo)
