"""Proxies: found where people set them, spoken to as they want it, and each refusal in words."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from qubix_worker.client import ServerClient
from qubix_worker.errors import ServerError
from qubix_worker.protocol import Heartbeat
from qubix_worker.proxies import Desktop, Linux, MacOS
from tests.worker.network.authority import Authority
from tests.worker.network.proxy import proxying
from tests.worker.network.scripted import HEARD, Request, Scripted, Visit, serving

AWAY = "qubix.example"
"""A host that only the proxy can reach."""


def heard(request: Request, visit: Visit) -> None:
    visit.answer(HEARD)


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving(heard) as server:
        yield server


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    authority = Authority(tmp_path / "authority")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with serving(heard, tls=authority.server(f"DNS:{AWAY}")) as server:
        yield server


class Set:
    """A desktop whose settings are as the test says."""

    def __init__(self, found: dict[str, str] | None = None, *, script: bool = False) -> None:
        self.found = found or {}
        self._script = script

    def proxies(self, url: str) -> dict[str, str]:
        return self.found

    def wants_script(self) -> bool:
        return self._script


def beat(url: str, desktop: Desktop | None = None) -> None:
    ServerClient(
        url, worker_id="w", secret="s", patience_seconds=3, desktop=desktop or Set()
    ).heartbeat(Heartbeat("online"))


def failure(url: str, desktop: Desktop | None = None) -> ServerError:
    with pytest.raises(ServerError) as caught:
        beat(url, desktop)
    return caught.value


def test_plain_requests_go_through_the_proxy_of_the_environment(
    server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(hosts={AWAY: ("127.0.0.1", server.port)}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        beat(f"http://{AWAY}")
        assert proxy.methods == ["POST"]
        assert server.asked[0].path == "/api/providers/w/heartbeat"


def test_secure_requests_go_through_a_tunnel_that_hides_them_from_the_proxy(
    secure: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(hosts={AWAY: ("127.0.0.1", secure.port)}) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        beat(f"https://{AWAY}")
        assert proxy.methods == ["CONNECT"]
        assert secure.asked[0].headers["Authorization"] == "Bearer s"
        assert "Authorization" not in proxy.server.asked[0].headers


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_proxys_password_is_used_and_never_shown(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    scheme: str,
) -> None:
    server: Scripted = request.getfixturevalue("secure" if scheme == "https" else "server")
    caplog.set_level(logging.DEBUG)
    hosts = {AWAY: ("127.0.0.1", server.port)}
    with proxying(password="anne:pa55word", hosts=hosts) as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://anne:pa55word@{proxy.address}")
        beat(f"{scheme}://{AWAY}")
        assert len(server.asked) == 1
        monkeypatch.setenv(f"{scheme}_proxy", f"http://anne:pa55wrong@{proxy.address}")
        error = failure(f"{scheme}://{AWAY}")
    assert error.problem.code == "proxy_password"
    assert "pa55" not in str(error) + caplog.text
    assert "YW5uZTpwYTU1" not in caplog.text, "nor as it travels"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password_is_told_as_one(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with proxying(password="anne:secret") as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://{proxy.address}")
        error = failure(f"{scheme}://{AWAY}")
    assert error.problem.code == "proxy_password"
    assert "name and a password" in error.problem.happened


@pytest.mark.parametrize("status", [403, 502, 503, 504])
def test_a_proxy_that_lets_nothing_through_is_named(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with proxying(refusal=status) as proxy:
        monkeypatch.setenv("https_proxy", f"http://{proxy.address}")
        error = failure(f"https://{AWAY}")
    assert error.problem.code == "proxy"
    assert AWAY in error.problem.happened
    assert AWAY in error.problem.todo


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        monkeypatch.setenv(f"{scheme}_proxy", f"http://anne:pa55word@{address}")
        error = failure(f"{scheme}://{AWAY}")
    assert error.problem.code == "proxy_unreachable"
    assert "pa55word" not in str(error)


@pytest.mark.parametrize("address", ["http://", "http://[", "http://h:port", "//h"])
def test_a_proxys_address_that_is_none_is_a_failure_in_words(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("https_proxy", address)
    assert failure(f"https://{AWAY}").problem.happened


@pytest.mark.provokes("proxy_unsupported")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("kind", ["socks4", "socks5", "socks5h", "nonsense"])
def test_a_proxy_of_a_kind_that_is_not_spoken_is_said(
    monkeypatch: pytest.MonkeyPatch, scheme: str, kind: str
) -> None:
    monkeypatch.setenv("all_proxy", f"{kind}://anne:pa55word@127.0.0.1:9")
    error = failure(f"{scheme}://{AWAY}")
    assert error.problem.code == "proxy_unsupported"
    assert "pa55word" not in str(error)


def test_a_proxy_that_never_answers_does_not_hold_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(lambda request, visit: visit.drip(b"HTTP/1.1 200 OK", 0.05)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        one = ServerClient(f"https://{AWAY}", patience_seconds=0.6, desktop=Set())
        with pytest.raises(ServerError) as caught:
            one.heartbeat(Heartbeat("online"))
        assert caught.value.problem.code == "timeout"


@pytest.mark.parametrize("exception", ["*", "localhost.example", ".example", "example"])
def test_who_is_excepted_is_reached_without_the_proxy(
    monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    with proxying() as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
        monkeypatch.setenv("no_proxy", exception)
        assert failure("http://localhost.example").problem.code == "name_not_found"
        assert proxy.methods == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_never_reached_through_a_proxy(
    server: Scripted, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    beat(f"http://{host}:{server.port}", Set({"http": "http://127.0.0.1:9"}))


def test_the_desktops_proxy_is_used_and_the_environments_goes_before(
    server: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hosts = {AWAY: ("127.0.0.1", server.port)}
    with proxying(hosts=hosts) as desktops, proxying(hosts=hosts) as environments:
        name, _, port = desktops.address.partition(":")
        desktop = gnome(tmp_path, mode="'manual'", http_host=f"'{name}'", http_port=port)
        beat(f"http://{AWAY}", desktop)
        assert (len(desktops.methods), len(environments.methods)) == (1, 0)
        monkeypatch.setenv("http_proxy", f"http://{environments.address}")
        desktop = gnome(tmp_path, mode="'manual'", http_host=f"'{name}'", http_port=port)
        beat(f"http://{AWAY}", desktop)
        assert (len(desktops.methods), len(environments.methods)) == (1, 1)


def test_settings_that_were_changed_are_found_after_a_failure(server: Scripted) -> None:
    with proxying(hosts={AWAY: ("127.0.0.1", server.port)}) as proxy:
        desktop = Set({"http": "http://127.0.0.1:9"})
        one = ServerClient(f"http://{AWAY}", worker_id="w", secret="s", desktop=desktop)
        with pytest.raises(ServerError):
            one.heartbeat(Heartbeat("online"))
        desktop.found = {"http": f"http://{proxy.address}"}
        one.heartbeat(Heartbeat("online"))


def test_the_desktop_is_not_asked_for_every_client(tmp_path: Path) -> None:
    asked = Gsettings(**MANUAL)
    now = 0.0
    found = Linux({"XDG_CURRENT_DESKTOP": "GNOME"}, tmp_path, asked, lambda: now)
    for _ in range(10):
        found.proxies("https://server.example")
    often = asked.asked
    assert often < 6
    now += 60
    found.proxies("https://server.example")
    assert asked.asked == 2 * often


def test_a_script_that_chooses_the_proxy_is_said_to_be_the_likely_reason() -> None:
    error = failure("http://qubix.invalid", Set(script=True))
    assert error.problem.code == "name_not_found"
    assert "script, which QUBIX cannot run" in error.problem.todo
    assert "script" not in failure("http://qubix.invalid").problem.todo


# --- Where the settings are found -----------------------------------------------------------------


class Gsettings:
    """Answers as `gsettings get` prints: GVariant text, strings in single quotes."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.asked = 0

    def __call__(self, command: Sequence[str]) -> str:
        self.asked += 1
        schema, key = command[2].removeprefix("org.gnome.system.proxy").lstrip("."), command[3]
        return self.values.get(f"{schema}_{key}".strip("_").replace("-", "_"), "") + "\n"


def gnome(tmp_path: Path, **values: str) -> Linux:
    return Linux({"XDG_CURRENT_DESKTOP": "GNOME"}, tmp_path, Gsettings(**values))


MANUAL = {
    "mode": "'manual'",
    "https_host": "'proxy.example'",
    "https_port": "8080",
    "http_host": "''",
    "http_port": "0",
    "ignore_hosts": "['localhost', '127.0.0.0/8', '*.lan']",
}


def test_gnomes_proxy_is_found(tmp_path: Path) -> None:
    found = gnome(tmp_path, **MANUAL)
    assert found.proxies("https://server.example") == {"https": "http://proxy.example:8080"}
    assert found.proxies("http://server.example") == {}
    assert found.proxies("https://server.lan") == {}
    assert not found.wants_script()


@pytest.mark.parametrize("mode", ["'none'", "", "'auto'"])
def test_gnomes_other_modes_name_no_proxy(tmp_path: Path, mode: str) -> None:
    found = gnome(tmp_path, **MANUAL | {"mode": mode})
    assert found.proxies("https://server.example") == {}
    assert found.wants_script() == (mode == "'auto'")


def test_without_a_desktop_nothing_is_asked(tmp_path: Path) -> None:
    asked = Gsettings(**MANUAL)
    found = Linux({}, tmp_path, asked)
    assert found.proxies("https://server.example") == {}
    assert not found.wants_script()
    assert asked.asked == 0


def kde(tmp_path: Path, text: str) -> Linux:
    (tmp_path / "kioslaverc").write_text("ProxyUrlDisplayFlags=8\n[Proxy Settings]\n" + text)
    environment = {"KDE_FULL_SESSION": "true", "XDG_CONFIG_HOME": str(tmp_path)}
    return Linux(environment, tmp_path, Gsettings())


@pytest.mark.parametrize("address", ["http://proxy.example 8080", "http://proxy.example:8080"])
def test_kdes_proxy_is_found(tmp_path: Path, address: str) -> None:
    (tmp_path / "kioslaverc").write_text(
        f"[Proxy Settings]\nProxyType=1\nhttpsProxy={address}\nNoProxyFor=localhost,.lan\n"
    )
    environment = {"KDE_FULL_SESSION": "true", "XDG_CONFIG_HOME": str(tmp_path)}
    found = Linux(environment, tmp_path, Gsettings())
    assert found.proxies("https://server.example") == {"https": "http://proxy.example:8080"}
    assert found.proxies("https://server.lan") == {}
    assert not found.wants_script()


@pytest.mark.parametrize(("number", "script"), [(0, False), (2, True), (3, True), (4, False)])
def test_kdes_other_kinds_name_no_proxy(tmp_path: Path, number: int, script: bool) -> None:
    found = kde(tmp_path, f"ProxyType={number}\nhttpsProxy=http://proxy.example 8080\n")
    assert found.proxies("https://server.example") == {}
    assert found.wants_script() == script


@pytest.mark.parametrize("text", ["\0", "[", "ProxyType", "ProxyType=\nProxyType=1"])
def test_kdes_settings_may_be_broken(tmp_path: Path, text: str) -> None:
    found = kde(tmp_path, text)
    assert found.proxies("https://server.example") == {}
    assert not found.wants_script()


SCUTIL = """<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
  }
  FTPPassive : 1
  HTTPEnable : 0
  ProxyAutoConfigEnable : %d
  ProxyAutoConfigURLString : http://proxy.example/proxy.pac
}
"""
"""The form of `scutil --proxy`, by Apple's scutil(8) and SCSchemaDefinitions.h's keys."""


@pytest.mark.parametrize("number", [0, 1])
def test_macos_says_whether_a_script_chooses(number: int) -> None:
    assert MacOS(lambda command: SCUTIL % number).wants_script() == bool(number)
    assert not MacOS(lambda command: "").wants_script()
