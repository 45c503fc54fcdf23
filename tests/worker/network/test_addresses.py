"""Where the server is: only by IPv6, at an address that changes, behind a name that fails."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qubix_worker.client import ServerClient
from qubix_worker.errors import ServerError
from qubix_worker.protocol import Heartbeat
from tests.worker.network.authority import Authority
from tests.worker.network.scripted import HEARD, Request, Visit, serving


def heard(request: Request, visit: Visit) -> None:
    visit.answer(HEARD)


def client(url: str) -> ServerClient:
    return ServerClient(url, worker_id="w", secret="s", patience_seconds=3)


def test_a_server_that_has_an_ipv6_address_only_is_reached() -> None:
    with serving(heard, host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        client(server.url).heartbeat(Heartbeat("online"))
        assert server.asked[0].headers["Host"] == f"[::1]:{server.port}"


def test_a_certificate_for_an_ipv6_address_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path / "authority")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with serving(heard, host="::1", tls=authority.server("IP:::1")) as server:
        client(server.url).heartbeat(Heartbeat("online"))


def test_a_server_that_comes_back_elsewhere_is_found_by_the_same_client() -> None:
    """As when a computer moves to another network: the old connection is dead, the name stays."""
    with serving(heard) as first:
        port = first.port
        one = client(first.url)
        one.heartbeat(Heartbeat("online"))
    with pytest.raises(ServerError) as caught:
        one.heartbeat(Heartbeat("online"))
    assert caught.value.problem.code == "refused"
    with serving(heard, port=port):
        one.heartbeat(Heartbeat("online"))


@pytest.fixture
def bare_network() -> Iterator[str]:
    """A network of its own with no address but those the test gives; needs root."""
    name = f"qubix{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        pytest.skip("this account may not make a network")
    _ip(name, "link", "set", "lo", "up")
    yield name
    subprocess.run(["ip", "netns", "del", name], check=True)


def _ip(name: str, *arguments: str) -> None:
    subprocess.run(["ip", "-n", name, *arguments], check=True, capture_output=True)


@contextlib.contextmanager
def inside(name: str, url: str) -> Iterator[subprocess.Popen[str]]:
    """A client in that network that beats once for each line it is given, and says what came."""
    code = """
import json, sys
from qubix_worker.client import ServerClient
from qubix_worker.errors import ServerError
from qubix_worker.protocol import Heartbeat
one = ServerClient(sys.argv[1], worker_id="w", secret="s", patience_seconds=2)
for _ in sys.stdin:
    try:
        one.heartbeat(Heartbeat("online"))
        said = "heard", ""
    except ServerError as error:
        said = error.problem.code, str(error)
    print(json.dumps(said), flush=True)
"""
    with subprocess.Popen(
        ["ip", "netns", "exec", name, sys.executable, "-c", code, url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process
        assert process.stdin
        process.stdin.close()


def ask(process: subprocess.Popen[str]) -> tuple[str, str]:
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    code, words = json.loads(process.stdout.readline())
    return code, words


SERVER = """
import http.server, json, socket, sys
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"success": True, "pendingJobs": []}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass
server = Server(("::", 8080), Handler)
print("listening", flush=True)
server.serve_forever()
"""


@pytest.fixture
def server_inside(bare_network: str) -> Iterator[str]:
    """A server in that network that listens at every IPv6 address it has or gets."""
    with subprocess.Popen(
        ["ip", "netns", "exec", bare_network, sys.executable, "-c", SERVER],
        stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        process.stdout.readline()
        yield bare_network
        process.kill()


def test_in_a_network_with_ipv6_only_a_server_is_reached(server_inside: str) -> None:
    _ip(server_inside, "addr", "add", "fd00::5/128", "dev", "lo")
    _ip(server_inside, "addr", "del", "127.0.0.1/8", "dev", "lo")
    with inside(server_inside, "http://[fd00::5]:8080") as process:
        assert ask(process)[0] == "heard"
        assert ask(process)[0] == "heard"


def test_in_a_network_with_ipv6_only_a_server_with_an_old_address_is_said_to_be_away(
    server_inside: str,
) -> None:
    with inside(server_inside, "http://192.0.2.7:8080") as process:
        code, words = ask(process)
    assert code == "no_network"
    assert "connection to the internet" in words


@pytest.mark.slow
def test_an_address_that_changes_is_no_end(server_inside: str) -> None:
    _ip(server_inside, "addr", "add", "fd00::5/128", "dev", "lo")
    with inside(server_inside, "http://[fd00::5]:8080") as process:
        assert ask(process)[0] == "heard"
        _ip(server_inside, "addr", "del", "fd00::5/128", "dev", "lo")
        assert ask(process)[0] in ("no_network", "timeout")
        _ip(server_inside, "addr", "add", "fd00::5/128", "dev", "lo")
        assert ask(process)[0] == "heard"


@contextlib.contextmanager
def own_hosts(name: str, text: str) -> Iterator[Path]:
    """`ip netns exec` shows a process the resolver files that stand in /etc/netns."""
    folder = Path("/etc/netns") / name
    folder.mkdir(parents=True)
    try:
        (folder / "hosts").write_text(text)
        (folder / "resolv.conf").write_text("nameserver ::1\noptions timeout:1 attempts:1\n")
        yield folder / "hosts"
    finally:
        shutil.rmtree(folder)


def test_a_name_that_is_not_found_at_first_is_found_later(server_inside: str) -> None:
    with (
        own_hosts(server_inside, "::1 localhost\n") as hosts,
        inside(server_inside, "http://qubix.example:8080") as process,
    ):
        assert ask(process)[0] == "name_not_found"
        hosts.write_text("::1 qubix.example\n")
        assert ask(process)[0] == "heard"


def test_a_name_with_several_addresses_is_reached_at_the_one_that_answers(
    server_inside: str,
) -> None:
    with (
        own_hosts(server_inside, "192.0.2.7 qubix.example\n::1 qubix.example\n"),
        inside(server_inside, "http://qubix.example:8080") as process,
    ):
        assert ask(process)[0] == "heard"
