"""What the server hands out under /api/installer, to the letter of the contract."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import uvicorn

from qubix_server import app
from qubix_server.installers.release import release
from qubix_server.installers.scripts import batch_script, shell_script
from qubix_server.settings import Settings
from qubix_server.store.migrate import migrate
from qubix_worker.amalgamation import amalgamate


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def refusal(self) -> tuple[int, str, str]:
        value = json.loads(self.body)
        assert value["success"] is False
        return self.status, value["code"], value["error"]


Ask = Callable[..., Answer]


@contextmanager
def served(settings: Settings) -> Iterator[Ask]:
    """The whole application, on a free port, over real HTTP."""
    migrate(settings)
    application = app.create(settings)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()

    def ask(path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("Host", "compute.example.org")
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)

    try:
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            thread.join(0.01)
        yield ask
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("downloads")
    (folder / "windows").mkdir()
    (folder / "windows/qubix-0.9.0.exe").write_bytes(b"old")
    (folder / "windows/qubix-0.10.0.exe").write_bytes(b"MZ" + bytes(range(256)) * 400)
    (folder / "windows/qubix-0.10.0.exe.sig").write_bytes(b"signed")
    (folder / "windows/readme.txt").write_text("not an application")
    return folder


@pytest.fixture(scope="module")
def ask(downloads: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    database = f"sqlite:///{tmp_path_factory.mktemp('server') / 'qubix.db'}"
    with served(Settings(database_url=database, downloads_dir=downloads)) as ask:
        yield ask


SCRIPTS = [
    ("windows", "application/x-bat", "qubix-worker-installer.bat", batch_script),
    ("linux", "application/x-sh", "qubix-worker-installer.sh", shell_script),
    ("macos", "application/x-sh", "qubix-worker-installer.sh", shell_script),
    ("darwin", "application/x-sh", "qubix-worker-installer.sh", shell_script),
    ("WinDOWS", "application/x-bat", "qubix-worker-installer.bat", batch_script),
    ("Darwin", "application/x-sh", "qubix-worker-installer.sh", shell_script),
]


@pytest.mark.parametrize(("name", "media_type", "file_name", "made"), SCRIPTS)
def test_a_script_is_handed_out_under_each_name_of_its_system(
    name: str, media_type: str, file_name: str, made, ask: Ask
) -> None:
    answer = ask(
        f"/api/installer/{name}?backend=https%3A%2F%2Fh.example%3A9%2Fp%2F&enrollment=T-1_"
    )
    assert answer.status == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"] == f'attachment; filename="{file_name}"'
    assert answer.body == made("https://h.example:9/p", "T-1_", amalgamate())


def test_the_worker_is_handed_out_as_one_file(ask: Ask) -> None:
    answer = ask("/api/installer/worker.py")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/x-python"
    assert answer.headers["content-disposition"] == 'attachment; filename="qubix_worker.py"'
    assert answer.body == amalgamate()
    assert hashlib.sha256(answer.body).hexdigest() == release().sha256


@pytest.mark.parametrize(
    "path",
    [
        "/api/installer",
        "/api/installer/linux",
        "/api/installer/worker.py",
        "/api/installer/docker",
        "/api/installer/app/windows",
    ],
)
def test_every_file_comes_with_its_digest_and_can_be_asked_for_again(path: str, ask: Ask) -> None:
    answer = ask(path)
    digest = hashlib.sha256(answer.body).digest()
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest).decode()}:"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    etag = answer.headers["etag"]
    for held in (etag, f'"other", W/{etag}', "*"):
        again = ask(path, If_None_Match=held)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    assert ask(path, If_None_Match='"other"').status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/installer",
        "/api/installer/windows?enrollment=T",
        "/api/installer/docker?enrollment=T",
        "/api/installer/worker.py",
        "/api/installer/app/windows",
    ],
)
def test_head_gives_the_same_headers_and_no_body(path: str, ask: Ask) -> None:
    answer, head = ask(path), ask(path, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    for name in ("content-length", "content-type", "etag", "repr-digest", "cache-control"):
        assert head.headers.get(name) == answer.headers.get(name)


@pytest.mark.parametrize("path", ["", "/linux", "/windows", "/macos", "/docker", "/app/windows"])
def test_what_holds_an_enrollment_is_kept_nowhere(path: str, ask: Ask) -> None:
    answer = ask(f"/api/installer{path}?enrollment=T")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    ["freebsd", "compose", "app", "worker", "linux.sh", "%6Cinux%00", "l%C4%B1nux", "..", "$(id)"],
)
def test_another_system_is_refused_in_the_words_of_the_contract(name: str, ask: Ask) -> None:
    expected = (400, "invalid_os", "Invalid OS. Supported: windows, linux, macos")
    assert ask(f"/api/installer/{name}").refusal == expected
    assert ask(f"/api/installer/app/{name}").refusal == expected


@pytest.mark.parametrize(
    "backend",
    [
        "",
        "h.example",
        "//h.example",
        "ftp://h.example",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http://h/$(touch x)",
        'http://h/"&calc&"',
        "http://h/\n",
        "http://h/\r\nrem",
        "http://h/\0",
        "http://h/`id`",
        "http://h/^|<>",
        "http://h/\u202e",
        "http://user:secret@h/",
        "http://h/#fragment",
        "http://h:99999/",
        "http://h:0/",
        "http://h/" + "a" * 2048,
        "http://h/" + "a" * 40_000,
    ],
)
@pytest.mark.parametrize("system", ["linux", "windows", "macos", "docker"])
def test_a_backend_that_is_no_address_of_a_server_is_refused(
    system: str, backend: str, ask: Ask
) -> None:
    status, code, sentence = ask(f"/api/installer/{system}?backend={quote(backend)}").refusal
    assert (status, code) == (400, "bad_backend")
    assert "backend" in sentence


@pytest.mark.parametrize("system", ["linux", "windows"])
def test_a_backend_with_characters_that_shells_know_is_inert(system: str, ask: Ask) -> None:
    """Apostrophes, dollars, brackets and percent signs may stand in a URL (RFC 3986); what a
    script does with them is shown by running it, in the tests of the scripts."""
    backend = "http://h/a'$(x)!*;&=+,%25"
    answer = ask(f"/api/installer/{system}?backend={quote(backend)}")
    made = {"linux": shell_script, "windows": batch_script}[system]
    assert answer.status == 400 or answer.body == made(backend, None, amalgamate())


@pytest.mark.parametrize(
    "enrollment", ["", "a b", "a'b", '"', "a\n", "a\0", "%PATH%", "$(id)", "é", "a" * 129]
)
def test_an_enrollment_that_cannot_be_one_is_refused(enrollment: str, ask: Ask) -> None:
    for path in ("/linux", "/windows", "/docker", "/app/windows", ""):
        status, code, sentence = ask(f"/api/installer{path}?enrollment={quote(enrollment)}").refusal
        assert (status, code) == (400, "bad_enrollment")
        assert sentence.startswith("enrollment must be")


def test_without_a_backend_it_is_the_address_that_was_asked(ask: Ask) -> None:
    answer = ask("/api/installer/linux", Host="other.example:8080")
    assert answer.body == shell_script("http://other.example:8080", None, amalgamate())


def test_without_a_backend_it_is_the_public_url_where_there_is_one(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'qubix.db'}"
    settings = Settings(database_url=database, public_url="https://public.example/x")
    with served(settings) as ask:
        answer = ask("/api/installer/linux", Host="inner:3001")
    assert answer.body == shell_script("https://public.example/x", None, amalgamate())


@pytest.mark.parametrize("host", ["a'b$(id)", "a b", "a/b", "`id`", "u@h", '"', "a;b", "%0a"])
def test_a_host_header_that_is_no_host_is_refused(host: str, ask: Ask) -> None:
    for path in ("/linux", "/windows", "/docker", "/app/windows", ""):
        status, code, _ = ask(f"/api/installer{path}", Host=host).refusal
        assert (status, code) == (400, "bad_host")


def test_the_offer_says_what_there_is_and_its_links_give_just_that(ask: Ask) -> None:
    offer = json.loads(ask("/api/installer?enrollment=K7QM-2XWD").body)
    assert offer["systems"].keys() == {"windows", "linux", "macos"}
    files = [system["script"] for system in offer["systems"].values()]
    files += [offer["worker"], offer["docker"]]
    files.append(offer["systems"]["windows"]["application"])
    for file in files:
        answer = ask(file["url"])
        assert answer.headers["content-disposition"] == f'attachment; filename="{file["fileName"]}"'
        assert len(answer.body) == file["size"]
        assert hashlib.sha256(answer.body).hexdigest() == file["sha256"]
        assert file["version"]
    assert offer["systems"]["linux"]["application"] is None


def test_the_newest_application_is_offered_with_its_signature(ask: Ask) -> None:
    offer = json.loads(ask("/api/installer").body)["systems"]["windows"]["application"]
    assert offer["version"] == "0.10.0"
    assert base64.b64decode(offer["signature"]) == b"signed"


def test_the_applications_file_name_carries_host_and_code(ask: Ask, downloads: Path) -> None:
    answer = ask("/api/installer/app/windows?enrollment=K7QM-2XWD", Host="h.example:3001")
    name = "qubix-setup--h.example_3001--K7QM-2XWD.exe"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.body == (downloads / "windows/qubix-0.10.0.exe").read_bytes()


def test_an_application_comes_in_ranges(ask: Ask, downloads: Path) -> None:
    whole = (downloads / "windows/qubix-0.10.0.exe").read_bytes()
    part = ask("/api/installer/app/windows", Range="bytes=100-1099")
    assert (part.status, part.body) == (206, whole[100:1100])
    assert part.headers["content-range"] == f"bytes 100-1099/{len(whole)}"
    etag = ask("/api/installer/app/windows").headers["etag"]
    rest = ask("/api/installer/app/windows", Range="bytes=1100-", If_Range=etag)
    assert (rest.status, rest.body) == (206, whole[1100:])
    stale = ask("/api/installer/app/windows", Range="bytes=1100-", If_Range='"old"')
    assert (stale.status, stale.body) == (200, whole)


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ("bytes=999999999-", 416, "range_not_satisfiable"),
        ("bytes=-0", 416, "range_not_satisfiable"),
        ("bytes=5-2", 400, "bad_range"),
        ("bytes=", 400, "bad_range"),
        ("bytes=a-b", 400, "bad_range"),
        ("bytes=0-1,x", 400, "bad_range"),
        ("bytes=" + "9" * 30 + "-", 400, "bad_range"),
    ],
)
def test_a_range_that_is_none_is_refused_as_all_else_is(
    wanted: str, status: int, code: str, ask: Ask
) -> None:
    answer = ask("/api/installer/app/windows", Range=wanted)
    assert answer.refusal[:2] == (status, code)
    assert (status == 416) == ("content-range" in answer.headers)


@pytest.mark.parametrize("wanted", ["rows=1-2", "nothing", "bytes=999999999-"])
def test_a_range_in_another_unit_or_of_another_file_is_ignored(
    wanted: str, ask: Ask, downloads: Path
) -> None:
    answer = ask("/api/installer/app/windows", Range=wanted, If_Range='"of another"')
    assert answer.status == 200
    assert answer.body == (downloads / "windows/qubix-0.10.0.exe").read_bytes()


def test_where_there_is_no_application_the_script_is_offered(ask: Ask) -> None:
    status, code, sentence = ask("/api/installer/app/linux").refusal
    assert (status, code) == (404, "application_not_offered")
    assert sentence == (
        "This server has no application for linux. "
        "Use the script instead: http://compute.example.org/api/installer/linux"
    )


def test_a_downloads_folder_that_is_not_there_offers_nothing(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'qubix.db'}"
    settings = Settings(database_url=database, downloads_dir=tmp_path / "nowhere")
    with served(settings) as ask:
        assert ask("/api/installer/app/windows").status == 404
        assert json.loads(ask("/api/installer").body)["systems"]["windows"]["application"] is None
