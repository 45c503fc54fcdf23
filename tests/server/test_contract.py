"""The contract as a whole: each path is reached, each role is asked, each bad value is a 400."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qubix_server.openapi.document import document
from tests.conftest import LiveServer, Machine, registration

pytestmark = pytest.mark.both_databases

WORKER = "/api/providers/role-worker"
ROLES = ("nobody", "other", "worker", "operator")
# What each role is answered: nobody, another worker, the worker itself, the operator. A credential
# that opens nothing is answered as none is, but for these.
WRONG = {"/metrics": 401}
TABLE: list[tuple[str, str, Any, tuple[int, int, int, int]]] = [
    ("GET", "/", None, (200, 200, 200, 200)),
    ("GET", "/fleet", None, (200, 200, 200, 200)),
    ("GET", "/static/style.css", None, (200, 200, 200, 200)),
    ("GET", "/static/nothing.css", None, (404, 404, 404, 404)),
    ("GET", "/ws", None, (426, 426, 426, 426)),
    ("GET", "/openapi.json", None, (200, 200, 200, 200)),
    ("GET", "/metrics", None, (200, 403, 403, 200)),  # asked from the server's own computer
    ("GET", "/api/audit", None, (401, 403, 403, 200)),
    ("GET", "/healthz", None, (200, 200, 200, 200)),
    ("GET", "/readyz", None, (200, 200, 200, 200)),
    ("GET", "/api/installer", None, (200, 200, 200, 200)),
    ("GET", "/api/installer/linux", None, (200, 200, 200, 200)),
    ("GET", "/api/installer/worker.py", None, (200, 200, 200, 200)),
    ("GET", "/api/installer/docker", None, (200, 200, 200, 200)),
    ("GET", "/api/installer/app/linux", None, (404, 404, 404, 404)),
    ("POST", "/api/enrollments", None, (201, 201, 201, 201)),
    ("GET", "/api/enrollments/no-such-token", None, (404, 404, 404, 404)),
    ("POST", "/api/providers/register", {}, (400, 400, 400, 400)),
    ("POST", "/api/providers/quick-register", {}, (400, 400, 400, 400)),
    ("POST", "/api/providers/nobody/heartbeat", {"status": "online"}, (404, 404, 404, 404)),
    ("GET", "/api/providers/check-new", None, (200, 200, 200, 200)),
    ("GET", "/api/providers", None, (401, 403, 403, 200)),
    ("GET", WORKER, None, (401, 403, 403, 200)),
    ("GET", "/api/providers/heartbeat/stats", None, (401, 403, 403, 200)),
    ("GET", f"{WORKER}/metrics/history", None, (401, 403, 200, 200)),
    ("POST", f"{WORKER}/heartbeat", {"status": "paused"}, (401, 403, 200, 403)),
    ("POST", f"{WORKER}/toggle", {"online": True}, (401, 403, 403, 200)),
    ("POST", "/api/jobs/create", {"kind": "none", "spec": {}}, (401, 403, 403, 201)),
    ("GET", "/api/jobs", None, (401, 403, 403, 200)),
    ("GET", "/api/jobs/pending/role-worker", None, (401, 403, 200, 403)),
    ("GET", "/api/jobs/nothing", None, (401, 403, 403, 404)),
    ("GET", "/api/jobs/nothing/logs", None, (401, 403, 403, 404)),
    ("GET", "/api/jobs/nothing/result", None, (401, 403, 403, 404)),
    ("POST", "/api/jobs/nothing/cancel", {}, (401, 403, 403, 404)),
    ("POST", "/api/jobs/nothing/progress", {"progress": 1}, (401, 404, 404, 403)),
    ("POST", "/api/jobs/nothing/complete", {"status": "failed"}, (401, 404, 404, 403)),
    ("GET", f"/api/modules/{'0' * 64}", None, (401, 404, 404, 404)),
    ("PUT", f"/api/modules/{'0' * 64}", None, (401, 403, 403, 400)),
    ("DELETE", WORKER, None, (401, 403, 200, 404)),  # asked in this order; the worker leaves
]


@pytest.fixture(scope="module")
def roles(shared_server: LiveServer) -> dict[str, str | None]:
    return {
        "nobody": None,
        "other": shared_server.join("role-other").secret,
        "worker": shared_server.join("role-worker").secret,
        "operator": shared_server.token,
        "wrong": "wrong",
    }


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]}")
def test_each_role_is_answered_as_the_contract_says(
    shared_server: LiveServer,
    roles: dict[str, str | None],
    row: tuple[str, str, Any, tuple[int, int, int, int]],
) -> None:
    method, path, body, statuses = row
    expected = [("wrong", WRONG.get(path, statuses[0])), *zip(ROLES, statuses, strict=True)]
    for role, status in expected:
        answer = shared_server.ask(method, path, body, credential=roles[role])
        assert (role, answer.status_code) == (role, status), answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if status >= 400:
            refusal = answer.json()
            assert refusal["success"] is False
            assert refusal["error"]
            assert refusal["code"]


def test_each_operation_is_in_the_table() -> None:
    described = {
        (method.upper(), path) for path, item in document()["paths"].items() for method in item
    }
    asked = {(method, re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))) for method, path in described}
    for method, pattern in asked:
        found = [row for row in TABLE if row[0] == method and re.fullmatch(pattern, row[1])]
        assert found, f"no role asks {method} {pattern}"


@pytest.mark.parametrize("name", ["register", "quick-register", "check-new"])
def test_nobody_joins_by_a_name_of_the_apis_own(shared_server: LiveServer, name: str) -> None:
    body = registration(name, shared_server.enroll())
    answer = shared_server.ask("POST", "/api/providers/register", body)
    assert answer.status_code == 400
    assert "workerId" in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/providers/", 404),
        ("POST", "/healthz", 405),
        ("PUT", "/api/enrollments", 405),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/%2e%2e%2fapp.py", 404),
        ("GET", "/%00", 404),
        ("GET", "/api/jobs/%00", 401),
        ("GET", "/api/installer/beos", 400),
    ],
)
def test_what_is_not_there_is_answered_in_the_same_form(
    shared_server: LiveServer, method: str, path: str, status: int
) -> None:
    answer = shared_server.ask(method, path)
    assert answer.status_code == status
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"workerId": "a b"}, "workerId"),
        ({"workerId": 1}, "workerId"),
        ({"workerId": "x" * 65}, "workerId"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "\ud800"}, "body"),
        ({"capabilities": ["Not A Kind"]}, "capabilities"),
        ({"capabilities": ["a"] * 33}, "capabilities"),
        ({"hardware": None}, "hardware"),
        ({"hardware": {"os": {"name": "beos"}}}, "hardware.os.name"),
        ({"enrollment": ""}, "enrollment"),
    ],
)
def test_a_bad_registration_is_a_400_that_names_the_key(
    shared_server: LiveServer, change: dict[str, Any], key: str
) -> None:
    body = registration("bad", {"enrollment": "x"}) | change
    answer = shared_server.ask("POST", "/api/providers/register", body)
    assert answer.status_code == 400
    assert key in answer.json()["error"]


@pytest.mark.parametrize(
    "number", ["1e400", "NaN", "-1", "9" * 400, "1" + "0" * 30, "true", '"8"', "1.5"]
)
def test_a_number_out_of_range_is_a_400(shared_server: LiveServer, number: str) -> None:
    body = json.dumps(registration("number", {"enrollment": "x"}))
    body = body.replace('"totalBytes": 17179869184', f'"totalBytes": {number}')
    answer = requests.post(f"{shared_server.url}/api/providers/register", data=body, timeout=30)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b'"text"', b"[" * 50_000, b'{"a":' * 10_000,
     b'{"status": "online", "usage": ' + b'{"gpus": [' * 100 + b"]}" * 100 + b"}"],
)  # fmt: skip
def test_a_body_that_is_no_object_is_a_400(shared_server: LiveServer, body: bytes) -> None:
    for path in ("/api/providers/register", "/api/providers/any/heartbeat"):
        answer = requests.post(shared_server.url + path, data=body, timeout=30)
        assert answer.status_code == 400, path


def test_a_body_that_is_too_large_is_a_413(shared_server: LiveServer) -> None:
    for size in (64 * 1024 + 1, 5 << 20):
        answer = requests.post(
            f"{shared_server.url}/api/providers/register", data=b" " * size, timeout=30
        )
        assert answer.status_code == 413


@pytest.mark.parametrize("more", [1, 30_000])
def test_a_heartbeat_that_is_too_large_is_a_413(shared_server: LiveServer, more: int) -> None:
    machine = shared_server.join(f"too-large-{more}")
    body = b'{"status": "online"}'.ljust(64 * 1024 + more)
    answer = requests.post(
        f"{shared_server.url}/api/providers/{machine.worker_id}/heartbeat",
        data=body, headers={"Authorization": f"Bearer {machine.secret}"}, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 413


def test_who_leaves_before_the_answers_writes_nothing_into_the_log(
    live_server: LiveServer,
) -> None:
    request = b"POST /api/providers/a/heartbeat HTTP/1.1\r\nHost: h\r\nContent-Length: 19\r\n\r\n"
    request += b'{"status":"online"}'
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", live_server.port), timeout=5) as connection:
            connection.sendall(request * 3)
            at_once = struct.pack("ii", 1, 0)  # what was not sent yet is given up
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    assert live_server.ask("GET", "/healthz").ok
    assert "Traceback" not in live_server.stop()


def test_a_body_of_unknown_length_is_read_no_further_than_it_may_be(
    shared_server: LiveServer,
) -> None:
    """In chunks, which tell no length before."""
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        while sent < 200 << 20:
            sent += 64 * 1024
            yield b" " * 64 * 1024

    with contextlib.suppress(requests.ConnectionError):
        answer = requests.post(
            f"{shared_server.url}/api/providers/register", data=pieces(), timeout=30
        )
        assert answer.status_code == 413
    assert sent < 100 << 20


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
HEARTBEATS = st.fixed_dictionaries(
    {"status": st.sampled_from(["online", "paused", "busy"]) | JSON},
    optional={
        "usage": JSON | st.dictionaries(st.sampled_from(["cpuPercent", "gpu_temp", "gpus"]), JSON),
        "currentJob": JSON,
        "workerVersion": JSON,
    },
)


@pytest.fixture(scope="module")
def fuzzed(shared_server: LiveServer) -> Machine:
    return shared_server.join("fuzzed")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=HEARTBEATS)
def test_no_heartbeat_is_answered_with_a_5xx(fuzzed: Machine, body: dict[str, Any]) -> None:
    answer = fuzzed.ask("POST", "/api/providers/fuzzed/heartbeat", body)
    assert answer.status_code in (200, 400)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(max_size=30), query=st.text(max_size=30))
def test_no_path_is_answered_with_a_5xx(shared_server: LiveServer, path: str, query: str) -> None:
    answer = shared_server.ask(
        "GET", f"/api/{requests.utils.quote(path, safe='/')}",
        params={"enrollment": query, "limit": query},
    )  # fmt: skip
    assert answer.status_code < 500


@pytest.mark.parametrize("host", ["a b", "x/../y", "a'b", "$(id)", "[::1", "h:99999", "h\\x"])
def test_a_strange_host_header_is_a_400_where_it_would_be_used(
    shared_server: LiveServer, host: str
) -> None:
    answer = shared_server.ask("GET", "/api/installer/linux", headers={"Host": host})
    assert answer.status_code == 400


def test_forwarded_headers_of_strangers_are_not_believed(shared_server: LiveServer) -> None:
    answer = shared_server.ask(
        "GET", "/api/installer/linux",
        headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
    )  # fmt: skip
    assert b"evil.example" not in answer.content


def test_rubbish_instead_of_http_is_no_5xx_and_harms_nobody(shared_server: LiveServer) -> None:
    for rubbish in (b"\0" * 100, b"GET / HTTP/9.9\r\n\r\n", b"GET " + b"a" * 70_000):
        with socket.create_connection(("127.0.0.1", shared_server.port), timeout=5) as connection:
            connection.sendall(rubbish)
            connection.shutdown(socket.SHUT_WR)
            assert b"HTTP/1.1 5" not in connection.recv(100)
    assert shared_server.ask("GET", "/healthz").ok


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"FOO /healthz HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST /api/enrollments HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_not_well_formed_is_refused_in_the_same_form(
    shared_server: LiveServer, request_bytes: bytes
) -> None:
    answer = raw(shared_server, request_bytes)
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "bad_request"


def test_headers_without_end_are_cut_off(shared_server: LiveServer) -> None:
    answer = raw(shared_server, b"GET / HTTP/1.1\r\nX: " + b"a" * (2 << 20))
    assert answer.startswith(b"HTTP/1.1 431")


def raw(server: LiveServer, request_bytes: bytes) -> bytes:
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        with contextlib.suppress(OSError):  # it may be refused before it is sent whole
            connection.sendall(request_bytes)
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                answer += part
    return answer


def test_an_empty_enrollment_is_nobodys(shared_server: LiveServer) -> None:
    answer = shared_server.ask("GET", "/api/providers/check-new?enrollment=")
    assert answer.status_code == 400
    assert "enrollment" in answer.json()["error"]


@pytest.mark.parametrize("spec", [{}, {"module": 1}, {"module": "", "moduleSha256": ""}])
def test_a_wasm_job_without_its_module_is_a_400(
    shared_server: LiveServer, spec: dict[str, Any]
) -> None:
    body = {"kind": "wasm", "spec": spec}
    answer = shared_server.ask("POST", "/api/jobs/create", body, credential=shared_server.token)
    assert answer.status_code == 400
    assert "module" in answer.json()["error"]
