"""A real nginx with packaging/server/nginx.conf, in a temporary folder, under an account without
rights. What is changed of the file is what every operator changes: name, certificate, ports.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import PATIENCE_SECONDS, wait_until

CONFIGURATION = Path(__file__).parents[1] / "packaging" / "server" / "nginx.conf"
_AROUND = """\
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/qubix.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    certificate: Path
    port: int
    plain_port: int

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


@contextlib.contextmanager
def in_front_of(server_port: int) -> Iterator[Proxy]:
    """Skips the test where there is no nginx."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        sentence = "nginx is not installed here"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    # Not in pytest's own folder, which only this account can enter.
    with tempfile.TemporaryDirectory(prefix="qubix-nginx-", dir="/tmp") as name:
        folder = Path(name)
        proxy = Proxy(folder / "certificate.pem", *_free_ports())
        _make_certificate(folder)
        (folder / "nginx.conf").write_text(_AROUND.format(folder=folder))
        (folder / "qubix.conf").write_text(_site(proxy, server_port))
        account = _give_away(folder)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, "-p", name, "-e", "stderr", "-c", str(folder / "nginx.conf")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
                user=account, group=account, extra_groups=None if account is None else [],
            )  # fmt: skip
        try:
            wait_until(lambda: _listens(proxy.port, process, folder / "log"))
            yield proxy
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def _site(proxy: Proxy, server_port: int) -> str:
    text = CONFIGURATION.read_text()
    key = proxy.certificate.parent / "key.pem"
    for line, ours in {
        "server 127.0.0.1:3001;": f"server 127.0.0.1:{server_port};",
        "listen 80;": f"listen {proxy.plain_port};",
        "listen 443 ssl;": f"listen {proxy.port} ssl;",
        "/etc/letsencrypt/live/share.example.org/fullchain.pem": str(proxy.certificate),
        "/etc/letsencrypt/live/share.example.org/privkey.pem": str(key),
    }.items():
        assert text.count(line) == 1, line
        text = text.replace(line, ours)
    return text.replace("share.example.org", "localhost")


def _make_certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost",
         "-keyout", "key.pem", "-out", "certificate.pem"],
        cwd=folder, capture_output=True, check=True,
    )  # fmt: skip


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _give_away(folder: Path) -> int | None:
    """To who nginx shall be: nobody, where this account is root."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return nobody.pw_uid


def _listens(port: int, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0
