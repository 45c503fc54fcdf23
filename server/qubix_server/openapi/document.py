"""The document itself (OpenAPI 3.1), put together when it is first asked for."""

from __future__ import annotations

import functools
import re
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qubix_server import __version__
from qubix_server.inherited import QuickRegistration
from qubix_server.installers.answers import file_answer
from qubix_server.openapi import types, values
from qubix_server.openapi.bounds import Schema
from qubix_server.openapi.operations import (
    EVERYONE,
    OPERATIONS,
    PATH_PARAMETERS,
    Content,
    Operation,
)
from qubix_server.pages.routes import routes as pages
from qubix_server.queries import parameters
from qubix_worker.protocol import (
    Heartbeat,
    JobCompletion,
    JobCreation,
    JobProgress,
    Registration,
)
from qubix_worker.wire import camel

BODIES = (
    Registration, QuickRegistration, Heartbeat, JobCreation, JobProgress, JobCompletion,
)  # fmt: skip
REASONS = {
    400: "Something in the request is not as it must be; the sentence names the key.",
    401: "There is no credential, or it opens nothing.",
    403: "The credential is another's, or does not suffice.",
    404: "There is no such thing.",
    405: "This address does not take this method; `Allow` names those that it takes.",
    408: "The request came too slowly.",
    409: "It contradicts what has happened already.",
    413: "The body is too large.",
    416: "The file has no such part.",
    426: "This address speaks WebSocket only.",
    429: "Too many tries.",
    431: "The headers are too long.",
    503: "The server is busy, or its database is away.",
}
_HEADERS: dict[int, dict[str, Schema]] = {
    401: {"WWW-Authenticate": {"const": "Bearer"}},
    416: {"Content-Range": {"type": "string"}},
    426: {"Upgrade": {"const": "websocket"}},
    429: {"Retry-After": {"type": "integer", "minimum": 1}},
    503: {"Retry-After": {"type": "integer", "minimum": 1}},
}


def wire_path(path: str) -> str:
    """`/api/jobs/{job_id}` as `/api/jobs/{jobId}`."""
    return re.sub(r"\{(\w+)\}", lambda found: f"{{{camel(found[1])}}}", path)


@functools.cache
def document() -> dict[str, Any]:
    """All of it, as JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), operation in {**_pages(), **OPERATIONS}.items():
        paths.setdefault(wire_path(path), {})[method.lower()] = _described(method, path, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "QUBIX",
            "version": __version__,
            "description": "Keys that are not known are ignored; more may come in an answer. "
            "Wherever GET is, HEAD is too. Other methods than those here are a 405.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": types.components(*BODIES) | values.SCHEMAS,
            "responses": {f"Refused{status}": _refused(status) for status in REASONS},
            "securitySchemes": {
                "operator": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The operator's token, printed at the server's first start.",
                },
                "worker": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The `workerSecret` that a registration was answered with.",
                },
            },
        },
    }


def shown(request: Request) -> Response:
    return file_answer(request, _encoded(), {"Content-Type": "application/json"})


routes = [Route("/openapi.json", shown)]


@functools.cache
def _encoded() -> bytes:
    return msgspec.json.encode(document())


def _pages() -> dict[tuple[str, str], Operation]:
    """For browsers; what they are is for people to see."""
    page = Operation("A page, or a file of one", {200: Content(types=("*/*",)), 304: None},
                     errors=(404,))  # fmt: skip
    return {("GET", route.path): page for route in pages}


def _described(method: str, path: str, operation: Operation) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", path)
    in_path = [
        {"name": camel(name), "in": "path", "required": True, "schema": PATH_PARAMETERS[name]}
        for name in names
    ]
    responses: dict[str, Any] = {
        str(status): _answered(status, content) for status, content in operation.answers.items()
    }
    responses |= {
        str(status): {"$ref": f"#/components/responses/Refused{status}"}
        for status in operation.all_errors
    }
    described: dict[str, Any] = {
        "operationId": _name(method, path),
        "summary": operation.summary,
        "parameters": [*in_path, *parameters(operation.queries), *operation.parameters],
        "responses": responses,
        "security": [{} if who == EVERYONE else {who: []} for who in operation.who],
    }
    if operation.body:
        described["requestBody"] = {"required": True, "content": _content(operation.body)}
    return described


def _name(method: str, path: str) -> str:
    words = re.findall(r"\w+", path.removeprefix("/api"))
    return camel("_".join([method.lower(), *words]).replace("__", "_"))


def _answered(status: int, content: Content | None) -> dict[str, Any]:
    described = {304: "It is still the same.", 101: "The WebSocket is open."}
    answer: dict[str, Any] = {"description": described.get(status, "Done.")}
    return answer | ({"content": _content(content)} if content else {})


def _content(content: Content) -> dict[str, Any]:
    return {kind: {"schema": content.schema} if content.schema else {} for kind in content.types}


def _refused(status: int) -> dict[str, Any]:
    headers = {
        name: {"required": True, "schema": schema}
        for name, schema in _HEADERS.get(status, {}).items()
    }
    return {
        "description": REASONS[status],
        "content": {"application/json": {"schema": values.named("Error")}},
        **({"headers": headers} if headers else {}),
    }
