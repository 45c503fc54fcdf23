"""`/openapi.json` describes every route of the server, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from qubix_server import app
from qubix_server.openapi.document import document, wire_path
from qubix_server.routing import Address
from qubix_server.settings import Settings
from tests.conftest import LiveServer


def test_every_route_is_described_and_nothing_else(tmp_path: Path) -> None:
    application = app.create(Settings(f"sqlite:///{tmp_path / 'qubix.db'}"))
    application.state.services.database.close()
    routed = {
        (wire_path(address.path), method.lower())
        for address in application.router.routes
        if isinstance(address, Address)
        for method in address.methods - {"HEAD"}
    }
    described = {(path, method) for path, item in document()["paths"].items() for method in item}
    assert described - routed == set()
    assert routed - described == set(), "add them to qubix_server/openapi/operations.py"


def test_it_is_handed_out_as_a_file_that_can_be_kept(shared_server: LiveServer) -> None:
    answer = shared_server.ask("GET", "/openapi.json")
    assert answer.json() == document()
    held = {"If-None-Match": answer.headers["ETag"]}
    assert shared_server.ask("GET", "/openapi.json", headers=held).status_code == 304


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, list):
            return [found for item in value for found in references(item)]
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for item in value.values() for found in references(item)]
        return []

    for reference in references(document()):
        value: Any = document()
        for part in reference.removeprefix("#/").split("/"):
            value = value[part]
    for schema in document()["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


@pytest.mark.parametrize("path", ["/api/jobs", "/api/providers/{workerId}/heartbeat"])
def test_what_needs_a_credential_says_so(path: str) -> None:
    for operation in document()["paths"][path].values():
        assert operation["security"]
        assert {"401", "403"} <= operation["responses"].keys()
