"""Which URL is this server reached at, who is asking, and is a URL fit for a worker to use?

`X-Forwarded-*` is believed from the settings' trusted proxies only: anyone else could write
there what they like.
"""

from __future__ import annotations

import ipaddress
import re
import urllib.parse
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from qubix_server.errors import ApiError

if TYPE_CHECKING:
    from qubix_server.settings import Settings

BACKEND_LENGTH = 2048
# The characters that a URL may consist of (RFC 3986, section 2), less "#", which begins a fragment.
_URL = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]*")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,253})|[0-9A-Fa-f:.]+")


def check_backend(url: str) -> str:
    """`url` without a slash at its end, if a worker can use it as its server's address.

    Raises ApiError 400 where it is not an absolute http or https URL with a host, has user
    info, a query or a fragment, is too long, or holds what no URL may hold.
    """
    if len(url) > BACKEND_LENGTH:
        raise _bad(f"must have at most {BACKEND_LENGTH} characters")
    if not _URL.fullmatch(url):
        raise _bad("must hold only the characters of a URL, and no '#'")
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _bad("must be a well-formed URL") from error
    if parts.scheme not in ("http", "https"):
        raise _bad("must begin with http:// or https://")
    if not host or not _HOST.fullmatch(host):
        raise _bad("must name a host")
    if port == 0 or parts.netloc.endswith(":"):
        raise _bad("must have a port from 1 to 65535, or none")
    if "@" in parts.netloc:
        raise _bad("must not contain a user name or password")
    if "?" in url:
        raise _bad("must not contain a query ('?')")
    return url.rstrip("/")


def public_url(request: HTTPConnection) -> str:
    """The URL, without a slash at its end, at which workers reach this server: the one in the
    settings, else the one that this request came to. Raises ApiError 400 for a strange Host."""
    settings: Settings = request.app.state.settings
    if settings.public_url:
        return settings.public_url
    return f"{_scheme(request)}://{host(request)}"


def host(request: HTTPConnection) -> str:
    """The host, with its port where it has one, that the client asked for."""
    given = _forwarded(request, "x-forwarded-host") or request.headers.get("host", "")
    if not given:
        raise ApiError(400, "bad_host", "The request has no Host header.")
    try:
        check_backend(f"http://{given}")
    except ApiError as error:
        raise ApiError(400, "bad_host", "The Host header is not a host name.") from error
    if "/" in given:
        raise ApiError(400, "bad_host", "The Host header is not a host name.")
    return given


def client_address(request: HTTPConnection) -> str:
    """The address that a request comes from, seen through trusted proxies."""
    settings: Settings = request.app.state.settings
    return address_of(request, settings.trusted_proxies)


def address_of(request: HTTPConnection, proxies: Collection[str]) -> str:
    """The same, of a request that the framework has not been handed. `proxies`: the trusted."""
    address = _peer(request)
    # The last entry was written by the proxy nearest to us; go left for as long as we trust.
    entries = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    while entries and is_trusted(address, proxies):
        entry = entries.pop().strip()
        if not _is_address(entry):
            break
        address = entry
    return address


def is_trusted(address: str, proxies: Iterable[str]) -> bool:
    """Whether `address` is in one of the networks `proxies`."""
    if not _is_address(address):
        return False
    parsed = ipaddress.ip_address(address)
    return any(parsed in ipaddress.ip_network(proxy, strict=False) for proxy in proxies)


def is_loopback(name: str) -> bool:
    """Whether `name` can only be reached from this computer."""
    return name == "localhost" or (_is_address(name) and ipaddress.ip_address(name).is_loopback)


def _scheme(request: HTTPConnection) -> str:
    given = _forwarded(request, "x-forwarded-proto") or request.url.scheme
    return "https" if given in ("https", "wss") else "http"


def _forwarded(request: HTTPConnection, header: str) -> str:
    settings: Settings = request.app.state.settings
    if not is_trusted(_peer(request), settings.trusted_proxies):
        return ""
    return request.headers.get(header, "").split(",")[-1].strip()


def _peer(request: HTTPConnection) -> str:
    return request.client.host if request.client else ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _bad(rule: str) -> ApiError:
    return ApiError(400, "bad_backend", f"backend {rule}.")
