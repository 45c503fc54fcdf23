"""The server behind a real nginx that ends https, with the configuration that we hand out."""

from __future__ import annotations

import asyncio
import http.client
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
import requests
from websockets.asyncio.client import connect
from websockets.typing import Origin

from qubix_server.known_heads import KnownHeads
from qubix_server.routes.heartbeat import PATH
from tests import nginx
from tests.conftest import LiveServer, registration
from tests.nginx import Proxy
from tests.server.parser import parsed

ELSEWHERE = "127.0.0.2"
"""An address that the server does not trust, for a client on this computer."""


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(
        tmp_path_factory.mktemp("server"), environment={"QUBIX_TRUSTED_PROXIES": "127.0.0.1"}
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def proxy(shared_server: LiveServer) -> Iterator[Proxy]:
    with nginx.in_front_of(shared_server.port) as proxy:
        yield proxy


def ask(
    proxy: Proxy, method: str, path: str, body: Any = None, *, credential: str | None = None,
    **headers: str,
) -> requests.Response:  # fmt: skip
    if credential:
        headers["Authorization"] = f"Bearer {credential}"
    return requests.request(
        method, proxy.url + path, json=body, headers=headers, verify=str(proxy.certificate),
        timeout=60, allow_redirects=False,
    )  # fmt: skip


def join(proxy: Proxy, worker_id: str) -> str:
    """The new worker's secret."""
    invited = ask(proxy, "POST", "/api/enrollments").json()
    answer = ask(proxy, "POST", "/api/providers/register", registration(worker_id, invited))
    assert answer.status_code == 201, answer.text
    secret: str = answer.json()["workerSecret"]
    return secret


def beat(proxy: Proxy, worker_id: str, secret: str, wait: int = 0) -> dict[str, Any]:
    path = f"/api/providers/{worker_id}/heartbeat?wait={wait}"
    answer = ask(proxy, "POST", path, {"status": "online"}, credential=secret)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def create(proxy: Proxy, server: LiveServer) -> str:
    body = {"kind": "wasm", "spec": {"module": ""}}
    answer = ask(proxy, "POST", "/api/jobs/create", body, credential=server.token)
    assert answer.status_code == 201, answer.text
    job_id: str = answer.json()["job"]["id"]
    return job_id


def test_an_installer_leads_to_the_https_address(proxy: Proxy) -> None:
    script = ask(proxy, "GET", "/api/installer/linux").text
    assert proxy.url in script
    assert "http://" + proxy.url.removeprefix("https://") not in script


def test_plain_http_leads_to_https(proxy: Proxy) -> None:
    answer = requests.get(
        f"http://localhost:{proxy.plain_port}/fleet", timeout=60, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://localhost/fleet")


def test_browsers_are_told_to_stay_with_https_on_every_answer(proxy: Proxy) -> None:
    for path, status in (("/", 200), ("/nothing", 404)):
        answer = ask(proxy, "GET", path)
        assert answer.status_code == status
        assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_job_reaches_a_heartbeat_that_is_held(proxy: Proxy, shared_server: LiveServer) -> None:
    secret = join(proxy, "held")
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(beat, proxy, "held", secret, 25)
        job_id = create(proxy, shared_server)
        assert [job["id"] for job in held.result(60)["pendingJobs"]] == [job_id]


@pytest.mark.slow
def test_a_heartbeat_may_be_held_for_as_long_as_the_server_holds_one(proxy: Proxy) -> None:
    assert beat(proxy, "patient", join(proxy, "patient"), 25)["pendingJobs"] == []


def test_events_come_through(proxy: Proxy) -> None:
    # The client of websockets.sync reads and writes one TLS connection in two threads, which
    # OpenSSL does not allow: about one handshake in 300 was never answered with it.
    asyncio.run(_listen(proxy))


async def _listen(proxy: Proxy) -> None:
    context = ssl.create_default_context(cafile=str(proxy.certificate))
    address = f"wss://localhost:{proxy.port}/ws"
    # As a page of ours does, whose origin is what the proxy was asked for.
    async with asyncio.timeout(60), connect(
        address, ssl=context, origin=Origin(proxy.url), proxy=None
    ) as live:  # fmt: skip
        assert json.loads(await live.recv())["type"] == "connected"
        await live.send(json.dumps({"type": "subscribe:marketplace"}))
        assert json.loads(await live.recv())["type"] == "subscribed"
        await asyncio.to_thread(join, proxy, "told")
        told = json.loads(await live.recv())
        assert (told["type"], told["data"]["workerId"]) == ("PROVIDER_REGISTERED", "told")


def test_a_result_of_16_mib_comes_through(proxy: Proxy, shared_server: LiveServer) -> None:
    secret = join(proxy, "large")
    job_id = create(proxy, shared_server)
    assert [job["id"] for job in beat(proxy, "large", secret)["pendingJobs"]] == [job_id]
    text = "A" * (16 << 20)
    body = {"status": "completed", "result": {"stdout": text}, "attempt": 1}
    answer = ask(proxy, "POST", f"/api/jobs/{job_id}/complete", body, credential=secret)
    assert answer.status_code == 200, answer.text
    path = f"/api/jobs/{job_id}/result"
    kept = ask(proxy, "GET", path, credential=shared_server.token).json()
    assert kept["result"]["stdout"] == text


@pytest.mark.parametrize("address", [ELSEWHERE, "127.0.0.1"])
def test_nobody_chooses_the_address_that_he_is_noted_with(
    proxy: Proxy, shared_server: LiveServer, address: str
) -> None:
    claimed = {"X-Forwarded-For": "203.0.113.7, 203.0.113.8", "X-Real-IP": "203.0.113.9"}
    # Whoever joins is noted with his address.
    invited = ask(proxy, "POST", "/api/enrollments").json()
    body = json.dumps(registration(f"from-{address}", invited))
    connection = http.client.HTTPSConnection(
        "localhost", proxy.port, source_address=(address, 0), timeout=60,
        context=ssl.create_default_context(cafile=str(proxy.certificate)),
    )  # fmt: skip
    connection.request(
        "POST", "/api/providers/register", body, {"Content-Type": "application/json", **claimed}
    )
    assert connection.getresponse().status == 201
    connection.close()
    entries = ask(proxy, "GET", "/api/audit", credential=shared_server.token).json()["entries"]
    noted = next(entry for entry in entries if entry["target"] == f"from-{address}")
    assert noted["address"] == address


def test_nobody_chooses_where_an_installer_leads_to(proxy: Proxy) -> None:
    claimed = {"X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "http"}
    script = ask(proxy, "GET", "/api/installer/linux", **claimed).text
    assert "elsewhere.example" not in script
    assert proxy.url in script


def test_what_is_counted_is_not_for_who_comes_by_the_proxy(
    proxy: Proxy, shared_server: LiveServer
) -> None:
    assert ask(proxy, "GET", "/metrics").status_code == 401
    assert ask(proxy, "GET", "/metrics", credential=shared_server.token).status_code == 200


class Recorder(socketserver.BaseRequestHandler):
    """A server that keeps what each read of it has brought."""

    came: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        while data := self.request.recv(65536):
            self.came.append(data)
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def test_what_it_passes_on_of_a_heartbeat_is_a_head_that_is_known_after_the_first() -> None:
    """However many workers there are, each of another address."""
    Recorder.came.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Recorder) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with nginx.in_front_of(server.server_address[1]) as proxy:
            for worker_id in ("one", "another"):
                beat(proxy, worker_id, f"secret-of-{worker_id}", wait=5)
        server.shutdown()
    first, second = Recorder.came
    before, after = PATH.split("{worker_id}")
    heads = KnownHeads(before, after)
    assert heads.read(second, None) is None
    heads.remember(first, parsed(first))
    asked = heads.read(second.replace(b"For: 127.0.0.1", b"For: 192.0.2.7"), None)
    assert asked
    assert (asked.worker_id, asked.credential) == ("another", "secret-of-another")
    assert (b"x-forwarded-for", b"192.0.2.7") in asked.headers
