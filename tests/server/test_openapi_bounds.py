"""The bounds in `/openapi.json` are those that requests are checked by: at each, and beyond."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_server import inherited
from qubix_server.bodies import decode
from qubix_server.errors import ApiError
from qubix_server.openapi import types
from qubix_server.openapi.bounds import BOUNDS
from qubix_worker import protocol
from tests.conftest import registration

SOUND: dict[type, dict[str, Any]] = {
    protocol.Registration: registration("a-worker", {"enrollment": "a token"}),
    protocol.Heartbeat: {
        "status": "online",
        "usage": {"cpuPercent": 1, "gpus": [{"name": "a card"}]},
        "hardware": registration("a-worker", {})["hardware"] | {
            "disk": {"totalBytes": 1, "freeBytes": 1}
        },
    },
    protocol.JobCreation: {"kind": "any", "spec": {}, "requirements": {}},
    protocol.JobProgress: {"progress": 1},
    protocol.JobCompletion: {"status": "failed"},
    inherited.QuickRegistration: {
        "workerId": "w", "type": "native", "enrollment": "a token", "gpu": {}, "cpu": {}, "ram": {},
    },
}  # fmt: skip
SCHEMAS = types.components(*SOUND)
KINDS = list(SOUND)


def validator(kind: type) -> Any:
    return jsonschema_rs.Draft202012Validator(
        types.reference(kind) | {"components": {"schemas": SCHEMAS}}
    )


VALIDATORS = {kind: validator(kind) for kind in KINDS}


def is_taken(kind: type, value: Any) -> bool:
    try:
        decode(kind, value)
    except ApiError as error:
        assert error.status == 400
        return False
    return True


def agree(kind: type, value: Any) -> None:
    assert VALIDATORS[kind].is_valid(value) == is_taken(kind, value), value


ODD: list[Any] = [
    None, True, False, "", "a", "a b", "é😀", "a\n", "\u200b", "\u202e", "\u3000", "\ue000", "\x7f",
    0, 1, -1, 1.5, 2.0, -0.5, [], [None], ["a"], {}, {"a": 1}, {"a": "b"}, "A", "-a", "a-b",
    "a.b_c", "x" * 32, "x" * 33, "8 GB", "8GiB", " 0.5 t", "unknown", "N/A", "8 G B", "8,5",
    "65536", "65537", "000065536",
]  # fmt: skip


def candidates(schema: dict[str, Any]) -> Iterator[Any]:
    """What lies at the bounds of a schema and just beyond, and what is of another kind."""
    yield from ODD
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]] | schema
    for option in schema.get("anyOf", ()):
        yield from candidates(option)
    yield from schema.get("enum", ())
    for bound in (schema.get("minimum"), schema.get("maximum")):
        if bound is not None:
            yield from (bound, bound - 1, bound + 1)
            if schema["type"] == "number":
                yield from (math.nextafter(bound, -math.inf), math.nextafter(bound, math.inf))
    for bound in (schema.get("minLength"), schema.get("maxLength")):
        if bound is not None:
            yield from ("a" * bound, "a" * (bound + 1), "é" * bound, "a" * max(0, bound - 1))
    if (most := schema.get("maxItems")) is not None:
        good = {"name": "a", "vendor": "b"} if "$ref" in schema["items"] and (
            "PlainText" not in schema["items"]["$ref"]
        ) else "a"  # fmt: skip
        yield from ([good] * most, [good] * (most + 1))
        yield from ([item] for item in candidates(schema["items"]) if not isinstance(item, dict))
    if (most := schema.get("maxProperties")) is not None:
        yield from ({str(i): 1.0 for i in range(most)}, {str(i): 1.0 for i in range(most + 1)})


def places(schema: dict[str, Any], value: dict[str, Any], path: tuple[Any, ...] = ()) -> Iterator[
    tuple[tuple[Any, ...], dict[str, Any]]
]:  # fmt: skip
    """Each field of an object and of those in it, with its schema."""
    for name, field in schema["properties"].items():
        yield (*path, name), field
        options = field.get("anyOf", [field])
        inner = next(
            (one for one in options if "PlainText" not in one.get("$ref", "PlainText")), None
        )
        if inner and isinstance(value.get(name), dict):
            yield from places(SCHEMAS[inner["$ref"].rpartition("/")[2]], value[name], (*path, name))
        listed = next((one["items"] for one in options if "items" in one), {})
        if "PlainText" not in listed.get("$ref", "PlainText") and value.get(name):
            kind = SCHEMAS[listed["$ref"].rpartition("/")[2]]
            yield from places(kind, value[name][0], (*path, name, 0))


def changed(value: Any, path: tuple[Any, ...], to: Any) -> Any:
    if not path:
        return to
    copy = value.copy()
    inside = {} if isinstance(copy, dict) and path[0] not in copy else copy[path[0]]
    copy[path[0]] = changed(inside, path[1:], to)
    return copy


def test_every_bound_belongs_to_a_type_that_is_tried_here() -> None:
    tried = {name for name in SCHEMAS if name != "PlainText"}
    assert tried == {kind.__name__ for kind in BOUNDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_schema_and_check_agree_at_each_bound_and_beyond(kind: type) -> None:
    agree(kind, SOUND[kind])
    assert is_taken(kind, SOUND[kind])
    for path, schema in places(SCHEMAS[kind.__name__], SOUND[kind]):
        for candidate in candidates(schema):
            agree(kind, changed(SOUND[kind], path, candidate))
    for name in SCHEMAS[kind.__name__]["required"]:
        agree(kind, {key: value for key, value in SOUND[kind].items() if key != name})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 1 << 54) | st.text(max_size=70)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)  # fmt: skip


@settings(deadline=None)
@given(data=st.data())
def test_schema_and_check_agree_on_anything(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    every = list(places(SCHEMAS[kind.__name__], SOUND[kind]))
    value: Any = SOUND[kind]
    for path, _ in data.draw(st.lists(st.sampled_from(every), max_size=2)):
        value = changed(SOUND[kind], path, data.draw(JSON))
    agree(kind, value)
