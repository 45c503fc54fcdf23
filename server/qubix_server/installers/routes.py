"""GET /api/installer and what is below it: scripts, the worker's file, Compose, applications."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import urllib.parse
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from qubix_server.addresses import check_backend, public_url
from qubix_server.errors import ApiError
from qubix_server.installers.answers import digest_headers, file_answer, is_held, not_modified
from qubix_server.installers.applications import Application, application
from qubix_server.installers.compose import compose_file
from qubix_server.installers.ranges import range_refusal
from qubix_server.installers.release import release
from qubix_server.installers.scripts import batch_script, shell_script
from qubix_server.settings import Settings
from qubix_worker.amalgamation import NAME, amalgamate

SYSTEMS = ("windows", "linux", "macos")
_ALIASES = {"darwin": "macos"}
# A token, or the code that stands for it; nothing in it means anything to any language.
_ENROLLMENT = re.compile(r"[A-Za-z0-9_-]{1,128}")
_COMPOSE = "compose.yaml"
_SCRIPTS = {
    "windows": ("application/x-bat", "qubix-worker-installer.bat"),
    "linux": ("application/x-sh", "qubix-worker-installer.sh"),
    "macos": ("application/x-sh", "qubix-worker-installer.sh"),
}


def offer(request: Request) -> Response:
    """What there is for each system. The links carry on the query that this was asked with."""
    backend, enrollment = _asked(request)
    query = urllib.parse.urlencode(request.query_params.multi_items())
    answer = {
        "version": release().version,
        "worker": _offered(NAME, amalgamate(), "/api/installer/worker.py", ""),
        "docker": _offered(
            _COMPOSE,
            _compose(backend, enrollment, _settings(request).worker_image),
            "/api/installer/docker",
            query,
        ),
        "systems": {
            system: {
                "script": _offered(
                    _SCRIPTS[system][1],
                    _script(system, backend, enrollment),
                    f"/api/installer/{system}",
                    query,
                ),
                "application": _offered_application(request, system, backend, enrollment, query),
            }
            for system in SYSTEMS
        },
    }
    body = json.dumps(answer).encode()
    return file_answer(request, body, {"Content-Type": "application/json", **_caching(enrollment)})


def script(request: Request) -> Response:
    system = _system(request)
    backend, enrollment = _asked(request)
    media_type, file_name = _SCRIPTS[system]
    return file_answer(
        request,
        _script(system, backend, enrollment),
        {
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{file_name}"',
            **_caching(enrollment),
        },
    )


def worker(request: Request) -> Response:
    return file_answer(
        request,
        amalgamate(),
        {
            "Content-Type": "text/x-python",
            "Content-Disposition": f'attachment; filename="{NAME}"',
        },
    )


def docker(request: Request) -> Response:
    backend, enrollment = _asked(request)
    return file_answer(
        request,
        _compose(backend, enrollment, _settings(request).worker_image),
        {
            "Content-Type": "application/yaml",
            "Content-Disposition": f'attachment; filename="{_COMPOSE}"',
            **_caching(enrollment),
        },
    )


def app(request: Request) -> Response:
    system = _system(request)
    backend, enrollment = _asked(request)
    placed = application(_settings(request).downloads_dir, system)
    if placed is None:
        raise ApiError(
            404,
            "application_not_offered",
            f"This server has no application for {system}. "
            f"Use the script instead: {backend}/api/installer/{system}",
        )
    name = _application_name(placed, backend, enrollment)
    headers = {
        "Cache-Control": "no-cache",
        **digest_headers(placed.digest),
        "Content-Disposition": f'attachment; filename="{name}"',
        **_caching(enrollment),
    }
    if is_held(request, headers["ETag"]):
        return not_modified(headers)
    if refused := range_refusal(request, placed.size_bytes, headers["ETag"]):
        return refused
    return FileResponse(placed.file, headers=headers, media_type="application/octet-stream")


routes = [
    Route("/api/installer", offer),
    # These before {os}, which would take them for a system.
    Route("/api/installer/worker.py", worker),
    Route("/api/installer/docker", docker),
    Route("/api/installer/app/{os}", app),
    Route("/api/installer/{os}", script),
]


def _system(request: Request) -> str:
    name = str(request.path_params["os"]).lower()
    system = _ALIASES.get(name, name)
    if system not in SYSTEMS:
        raise ApiError(400, "invalid_os", f"Invalid OS. Supported: {', '.join(SYSTEMS)}")
    return system


def _asked(request: Request) -> tuple[str, str | None]:
    """The backend and the enrollment that a request is for, both checked."""
    given = request.query_params.get("backend")
    backend = public_url(request) if given is None else check_backend(given)
    enrollment = request.query_params.get("enrollment")
    if enrollment is not None and not _ENROLLMENT.fullmatch(enrollment):
        raise ApiError(
            400,
            "bad_enrollment",
            "enrollment must be letters, digits, '_' or '-', at most 128 of them.",
        )
    return backend, enrollment


@functools.lru_cache(maxsize=16)
def _script(system: str, backend: str, enrollment: str | None) -> bytes:
    build = batch_script if system == "windows" else shell_script
    return build(backend, enrollment, amalgamate())


@functools.lru_cache(maxsize=16)
def _compose(backend: str, enrollment: str | None, image: str | None) -> bytes:
    return compose_file(backend, enrollment, amalgamate(), image)


def _caching(enrollment: str | None) -> dict[str, str]:
    return {} if enrollment is None else {"Cache-Control": "no-store"}


def _offered(file_name: str, data: bytes, path: str, query: str) -> dict[str, Any]:
    return {
        "fileName": file_name,
        "url": path + (f"?{query}" if query else ""),
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "signature": None,
        "version": release().version,
    }


def _offered_application(
    request: Request, system: str, backend: str, enrollment: str | None, query: str
) -> dict[str, Any] | None:
    placed = application(_settings(request).downloads_dir, system)
    if placed is None:
        return None
    return {
        "fileName": _application_name(placed, backend, enrollment),
        "url": f"/api/installer/app/{system}" + (f"?{query}" if query else ""),
        "size": placed.size_bytes,
        "sha256": placed.digest.hex(),
        "signature": placed.signature,
        "version": placed.version,
    }


def _application_name(placed: Application, backend: str, enrollment: str | None) -> str:
    """`qubix-setup--<host>--<code>.exe`: all that a signed application learns of its invitation.

    A colon may not stand in a Windows file name: the port comes after a low line.
    """
    host = urllib.parse.urlsplit(backend).netloc.replace(":", "_")
    parts = ["qubix-setup", host, *([enrollment] if enrollment else [])]
    return "--".join(parts) + placed.suffix


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings
