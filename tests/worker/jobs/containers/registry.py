"""A registry of images, as much of one as an engine needs to pull: the reading half of
https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import json
import platform
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64", "AMD64": "amd64"}


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass
class Registry:
    """At `host`; `requests` are the paths that were asked for, `passwords` what came along."""

    host: str = ""
    blobs: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    asks_for_password: bool = False
    realm: str = 'Basic realm="a registry"'
    """How it asks for one."""
    go_on: threading.Event = field(default_factory=threading.Event)
    """A layer is sent only once this is set."""

    def add(
        self,
        tar: bytes,
        *,
        name: str = "box",
        architecture: str | None = None,
        annotations: dict[str, str] | None = None,
        **config: Any,
    ) -> str:
        """Adds an image of one layer; its reference."""
        layer = gzip.compress(tar, 1, mtime=0)
        about = {
            "architecture": architecture or MACHINES[platform.machine()],
            "os": "linux",
            # Podman finds an image by its digest even under another name: no two are the same.
            "config": {"Env": ["PATH=/bin"], "Labels": {"of": f"{self.host}/{name}"}, **config},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(tar)]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self._put(CONFIG, json.dumps(about).encode()),
            "layers": [self._put(LAYER, layer)],
            **({"annotations": annotations} if annotations else {}),
        }
        described = self._put(MANIFEST, json.dumps(manifest).encode())
        return f"{self.host}/{name}@{described['digest']}"

    def _put(self, kind: str, data: bytes) -> dict[str, Any]:
        digest = digest_of(data)
        self.blobs[digest] = (kind, data)
        return {"mediaType": kind, "digest": digest, "size": len(data)}


def layer_of(name: str, data: bytes) -> bytes:
    """A layer with one file."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    return output.getvalue()


@contextmanager
def serving() -> Iterator[Registry]:
    """A registry on a free port of this computer, without TLS."""
    registry = Registry()
    registry.go_on.set()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            registry.requests.append(self.path)
            if password := self.headers.get("Authorization"):
                registry.passwords.append(password)
            if registry.asks_for_password:
                self._answer(401, "application/json", b'{"errors":[{"code":"UNAUTHORIZED"}]}')
                return
            if self.path == "/v2/":
                self._answer(200, "application/json", b"{}")
                return
            kind, data = registry.blobs.get(path.rpartition("/")[2], ("", b""))
            if not kind:
                code = "MANIFEST_UNKNOWN" if "/manifests/" in self.path else "BLOB_UNKNOWN"
                body = json.dumps({"errors": [{"code": code, "message": code.lower()}]})
                self._answer(404, "application/json", body.encode())
                return
            if kind == LAYER:
                registry.go_on.wait(60)
            self._answer(200, kind, data)

        def do_HEAD(self) -> None:
            self.do_GET()

        def _answer(self, status: int, kind: str, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Docker-Content-Digest", digest_of(data))
            if status == 401:
                self.send_header("WWW-Authenticate", registry.realm)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """An engine that is ended hangs up."""

    with Server(("127.0.0.1", 0), Handler) as server:
        registry.host = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield registry
        finally:
            registry.go_on.set()
            server.shutdown()
            thread.join()
