"""The pages, `/` to share a computer and `/fleet` for operators, and the files they are made of.

Nothing stands inside the page that a browser would run or style by: the Content-Security-Policy
forbids it, so that no text that ever gets into a page can become code.
"""

from __future__ import annotations

import functools
import html
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qubix_server.errors import ApiError
from qubix_server.installers.answers import file_answer
from qubix_server.settings import Settings

_STATIC = Path(__file__).with_name("static")
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_MEDIA_TYPES = {
    file.name: _KINDS[file.suffix] for file in _STATIC.iterdir() if file.suffix in _KINDS
}
"""All files that are served, by name: no name from a request reaches the file system."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def share(request: Request) -> Response:
    return _page(request, "index.html")


def fleet(request: Request) -> Response:
    """The same for everyone: what it shows it asks for, with the token of who signs in there."""
    return _page(request, "fleet.html")


def static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _MEDIA_TYPES:
        raise ApiError(404, "not_found", "There is nothing at this address.")
    return file_answer(request, _file(name), {**_HEADERS, "Content-Type": _MEDIA_TYPES[name]})


routes = [Route("/", share), Route("/fleet", fleet), Route("/static/{name}", static)]


def _page(request: Request, name: str) -> Response:
    settings: Settings = request.app.state.settings
    page = _file(name).decode().replace("@SERVER_NAME@", html.escape(settings.server_name))
    return file_answer(
        request, page.encode(), {**_HEADERS, "Content-Type": "text/html; charset=utf-8"}
    )


@functools.cache
def _file(name: str) -> bytes:
    return (_STATIC / name).read_bytes()
