"""How bytes travel for `client`: requests' adapter, with a connection that can be cut from another
thread and certificates that the system vouches for.

requests limits how long a single read may last, not how long an answer may: a server that sends
a byte now and then would hold its caller for ever. So whoever calls sets a `Deadline`, which shuts
the connection down when the time is over; the call then fails at once.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
import requests.adapters
import urllib3.connection

from qubix_worker import system


class Wire:
    """The socket that a client uses now. It may be cut by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.is_cut = False
        self.connections = 0
        """How many were made; a call that leaves it as it was went over one that was kept."""

    def use(self, made: socket.socket) -> None:
        """Takes note of a connection. Raises TimeoutError where its call is over already."""
        with self._lock:
            self._socket = made
            if self.is_cut:
                raise TimeoutError("the call was over before the connection was made")

    def mend(self) -> None:
        """A new call begins."""
        with self._lock:
            self.is_cut = False

    def cut(self) -> None:
        """Ends the call that is under way."""
        with self._lock:
            self.is_cut = True
            if self._socket is not None:
                # Not SSLSocket's own shutdown: it takes the session from under the reading thread.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class Deadline:
    """Cuts `wire` after so many seconds, unless the `with` has ended before."""

    def __init__(self, wire: Wire, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._over)
        self._timer.daemon = True
        self._wire = wire
        self.is_over = False

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()

    def _over(self) -> None:
        self.is_over = True
        self._wire.cut()


class Adapter(requests.adapters.HTTPAdapter):
    """Connections that `wire` knows of, checked against `trust` (None: against certifi's list)."""

    def __init__(self, wire: Wire, trust: ssl.SSLContext | None) -> None:
        self._wire = wire
        self._trust = trust
        super().__init__(pool_connections=1, pool_maxsize=1)

    def get_connection_with_tls_context(self, *args: Any, **more: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **more)
        kind = _Https if pool.scheme == "https" else _Http
        pool.ConnectionCls = functools.partial(kind, self._wire)
        return pool

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **more: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **more, **self._context())

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        if not proxy.lower().startswith(("http://", "https://")):
            raise requests.exceptions.InvalidSchema("no proxy that speaks HTTP")
        return super().proxy_manager_for(proxy, **more, **self._context())

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        if self._trust is None or verify is not True:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        else:  # or certifi's list would be put beside the system's
            conn.cert_reqs, conn.ca_certs, conn.ca_cert_dir = "CERT_REQUIRED", None, None

    def _context(self) -> dict[str, Any]:
        return {} if self._trust is None else {"ssl_context": self._trust}


class _Http(urllib3.connection.HTTPConnection):
    def __init__(self, wire: Wire, *args: Any, **more: Any) -> None:
        self._wire = wire
        super().__init__(*args, **more)

    def _new_conn(self) -> socket.socket:
        return _noted(self._wire, super()._new_conn())


class _Https(urllib3.connection.HTTPSConnection):
    def __init__(self, wire: Wire, *args: Any, **more: Any) -> None:
        self._wire = wire
        super().__init__(*args, **more)

    def _new_conn(self) -> socket.socket:
        # A proxy's answer is read on this one, before it is made secure.
        return _noted(self._wire, super()._new_conn())

    def connect(self) -> None:
        super().connect()
        self._wire.use(self.sock)


def _noted(wire: Wire, made: socket.socket) -> socket.socket:
    wire.connections += 1
    try:
        wire.use(made)
    except TimeoutError:
        made.close()
        raise
    return made


BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""requests' own way to be told of certificates; it goes before the system's."""

SYSTEM_STORES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Where Linux distributions keep their list, where OpenSSL was built for another place."""


def system_trust(environ: Mapping[str, str] = os.environ) -> ssl.SSLContext | None:
    """What the system's own store vouches for, so that a company's or a school's certificate
    authority counts as it does in a browser. None where there is none to be had: then certifi's
    list, which came with requests, is used."""
    if any(environ.get(name) for name in BUNDLE_VARIABLES):
        return None
    if system.current().name == "linux" and not _has_store():
        return None
    try:
        import truststore  # noqa: PLC0415 - only where a connection is to be secured
    except ImportError:
        return None
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _has_store() -> bool:
    paths = ssl.get_default_verify_paths()
    if paths.cafile or any(map(os.path.exists, SYSTEM_STORES)):
        return True
    with contextlib.suppress(OSError):
        return paths.capath is not None and any(Path(paths.capath).iterdir())
    return False
