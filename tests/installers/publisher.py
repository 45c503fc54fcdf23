"""Stands in for uv's publisher: gives out an archive, or fails in one of several ways."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import ssl
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from qubix_server.installers.uv import PINNED, Uv

Way = Literal["whole", "missing", "short", "silent", "other"]
BUILDS = {
    "UVLINUXX64": "x86_64-unknown-linux-musl",
    "UVLINUXARM64": "aarch64-unknown-linux-musl",
    "UVMACX64": "x86_64-apple-darwin",
    "UVMACARM64": "aarch64-apple-darwin",
}


@dataclass
class Publisher:
    """`url` in UV_INSTALLER_GITHUB_BASE_URL leads here. Every build is the same archive."""

    archive: bytes
    way: Way = "whole"
    files: dict[str, bytes] = field(default_factory=dict)
    """What else it has, by path."""
    url: str = ""
    asked: list[str] = field(default_factory=list)
    """The requests' first lines."""
    over: threading.Event = field(default_factory=threading.Event)
    stuck: tuple[str, Path] | None = None
    password: str = ""
    """user:password, without which it gives out nothing."""
    meanwhile: Callable[[], object] = lambda: None
    """What is done while somebody waits for an answer."""

    def hang(self, below: str, reached: Path) -> None:
        """Answers nothing below that path; the file `reached` tells that it was asked for."""
        self.stuck = below, reached

    @property
    def uv(self) -> Uv:
        """What a script that trusts this publisher has in it."""
        digest = hashlib.sha256(self.archive).hexdigest()
        return Uv(PINNED.version, dict.fromkeys(PINNED.digests, digest))


def archive(uv: bytes) -> bytes:
    """The publisher's archive of `uv`, for each of the systems at once: always the same bytes."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1, mtime=0) as plain,
        tarfile.open(fileobj=plain, mode="w") as tar,
    ):
        first, *others = (f"uv-{build}/uv" for build in BUILDS.values())
        member = tarfile.TarInfo(first)
        member.size, member.mode = len(uv), 0o755
        tar.addfile(member, io.BytesIO(uv))
        for other in others:
            member = tarfile.TarInfo(other)
            member.type, member.linkname = tarfile.LNKTYPE, first
            tar.addfile(member)
    return packed.getvalue()


@contextmanager
def publishing(content: bytes, *, secure: ssl.SSLContext | None = None) -> Iterator[Publisher]:
    publisher = Publisher(content)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked.append(self.requestline)
            if publisher.stuck and self.path.startswith(publisher.stuck[0]):
                publisher.stuck[1].touch()
                publisher.over.wait(60)
                return
            publisher.meanwhile()
            given = "Basic " + base64.b64encode(publisher.password.encode()).decode()
            if publisher.password and self.headers.get("Authorization") != given:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="mirror"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if publisher.way == "silent":
                publisher.over.wait(60)
                return
            found = publisher.way != "missing" and (
                self.path in publisher.files or self.path.endswith((".tar.gz", ".zip"))
            )
            body = publisher.files.get(self.path, publisher.archive) if found else b"nothing here"
            if publisher.way == "other":
                body = body[:-1] + bytes([body[-1] ^ 1])
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            # As large publishers do; wget would make a note of it in the home folder.
            self.send_header("Strict-Transport-Security", "max-age=31536000")
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if publisher.way == "short" else body)

        def do_CONNECT(self) -> None:
            publisher.asked.append(self.requestline)
            self.send_error(407)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    if secure:
        server.socket = secure.wrap_socket(server.socket, server_side=True)
    host = "https://localhost" if secure else "http://127.0.0.1"
    publisher.url = f"{host}:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield publisher
    finally:
        publisher.over.set()
        server.shutdown()
        server.server_close()
