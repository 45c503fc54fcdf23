"""Which certificates count: the system's store decides, and each refusal has its own words."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from qubix_worker.client import ServerClient
from qubix_worker.errors import ServerError
from qubix_worker.protocol import Heartbeat
from tests.worker.network.authority import Authority
from tests.worker.network.scripted import HEARD, Request, Scripted, Visit, serving


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "a")


@pytest.fixture
def school(authority: Authority) -> Iterator[Scripted]:
    """A server whose certificate a private authority vouches for."""
    with serving(heard, tls=authority.server(), name="localhost") as server:
        yield server


def heard(request: Request, visit: Visit) -> None:
    visit.answer(HEARD)


def beat(url: str) -> None:
    ServerClient(url, worker_id="w", secret="s", patience_seconds=3).heartbeat(Heartbeat("online"))


def failure(url: str) -> ServerError:
    with pytest.raises(ServerError) as caught:
        beat(url)
    return caught.value


def test_an_authority_in_the_systems_store_counts(
    school: Scripted, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    beat(school.url)


def test_an_authority_in_the_systems_folder_counts(
    school: Scripted, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "school.pem").write_bytes(authority.certificate.read_bytes())
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    beat(school.url)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_that_the_environment_names_counts(
    school: Scripted, authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(authority.certificate))
    beat(school.url)


def test_an_authority_that_is_not_in_the_store_is_said_to_be_unknown(school: Scripted) -> None:
    error = failure(school.url)
    assert error.problem.code == "certificate"
    assert "does not know the authority" in error.problem.happened
    assert "company or a school" in error.problem.todo


def test_a_certificate_that_vouches_for_itself_is_said(authority: Authority) -> None:
    tls = authority.server(by_itself=True)
    with serving(heard, tls=tls, name="localhost") as server:
        error = failure(server.url)
    assert error.problem.code == "certificate"
    assert "nobody but itself" in error.problem.happened


def test_a_certificate_for_another_name_is_said(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with serving(heard, tls=authority.server("DNS:other.example"), name="localhost") as server:
        error = failure(server.url)
    assert error.problem.code == "certificate"
    assert "for another name" in error.problem.happened


def test_a_certificate_for_another_address_is_said(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with serving(heard, tls=authority.server("IP:10.0.0.1")) as server:
        assert "for another name" in failure(server.url).problem.happened


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        ("20200101000000Z", "20210101000000Z", "has expired"),
        ("20980101000000Z", "20990101000000Z", "not valid yet"),
    ],
)
def test_a_certificate_of_another_time_points_at_the_clock(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, since: str, until: str, words: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    tls = authority.server(since=since, until=until)
    with serving(heard, tls=tls, name="localhost") as server:
        error = failure(server.url)
    assert error.problem.code == "clock"
    assert words in error.problem.happened
    assert "date and time" in error.problem.todo


def test_a_server_without_the_secure_protocol_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def plain() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=plain)
        thread.start()
        error = failure(f"https://localhost:{server.getsockname()[1]}")
        thread.join()
    assert error.problem.code == "certificate"
    assert "does not speak" in error.problem.happened


def test_a_store_that_is_named_but_not_there_is_a_failure_and_no_crash(
    school: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    assert failure(school.url).problem.code == "certificate"
