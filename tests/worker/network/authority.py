"""A certificate authority of the test's own, made with the openssl command."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

CONFIG = """
[req]
distinguished_name = nothing
prompt = no
[nothing]
CN = placeholder
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """Vouches for servers. `certificate` is what a system's store would have to hold."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.certificate = folder / "authority.pem"
        (folder / "openssl.cnf").write_text(CONFIG)
        (folder / "index.txt").write_text("")
        self._openssl(
            "req", "-x509", "-config", "openssl.cnf", "-extensions", "authority", *KEY,
            "-subj", "/CN=A school's authority", "-days", "30",
            "-keyout", "authority.key", "-out", self.certificate.name,
        )  # fmt: skip

    def server(
        self,
        name: str = "DNS:localhost",
        *,
        since: str = "20200101000000Z",
        until: str = "20990101000000Z",
        by_itself: bool = False,
    ) -> ssl.SSLContext:
        """A server's side of the secure protocol, for `name`."""
        self._openssl(
            "req", "-new", "-config", "openssl.cnf", *KEY, "-subj", "/CN=server",
            "-addext", f"subjectAltName={name}", "-keyout", "server.key", "-out", "server.csr",
        )  # fmt: skip
        signer = ["-selfsign", "-keyfile", "server.key"] if by_itself else [
            "-keyfile", "authority.key", "-cert", self.certificate.name,
        ]  # fmt: skip
        self._openssl(
            "ca", "-batch", "-notext", "-config", "openssl.cnf", *signer,
            "-startdate", since, "-enddate", until, "-in", "server.csr", "-out", "server.pem",
        )  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        return context

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self._folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
