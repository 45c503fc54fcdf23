"""JSON Schema of the dataclasses that requests are decoded into: see `qubix_worker.wire`.

Absent and null are the same for a field that has a default; keys that are not known are ignored.
"""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from qubix_server.openapi.bounds import BOUNDS, Schema
from qubix_worker.wire import camel, to_wire

_PLAIN: dict[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def reference(kind: type) -> Schema:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def components(*kinds: type) -> dict[str, Schema]:
    """The schemas of these and of all that is in them, by name."""
    found: dict[str, Schema] = {"PlainText": _plain_text()}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        if kind.__name__ not in found:
            found[kind.__name__] = _object(kind)
            waiting += _inside(kind)
    return dict(sorted(found.items()))


def _object(kind: type) -> Schema:
    hints = typing.get_type_hints(kind)
    bounds = BOUNDS.get(kind, {})
    required = []
    properties = {}
    for field in dataclasses.fields(kind):
        name = camel(field.name)
        properties[name] = _field(hints[field.name], bounds.get(field.name, {}))
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            required.append(name)
        elif field.default is not dataclasses.MISSING and field.default is not None:
            properties[name]["default"] = to_wire(field.default)
    return {"type": "object", "properties": properties} | (
        {"required": required} if required else {}
    )


def _field(hint: Any, bounds: Schema) -> Schema:  # noqa: PLR0911 - a table of types
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (one for one in arguments if one is not type(None))
        return {"anyOf": [_field(inner, bounds), {"type": "null"}]}
    if origin is typing.Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _field(arguments[0], {}), **bounds}
    if origin is dict:
        return {"type": "object", **bounds}
    if dataclasses.is_dataclass(hint):
        return reference(typing.cast(type, hint))
    if hint is Any or "$ref" in bounds:
        return dict(bounds)
    return {"type": _PLAIN[hint], **bounds}


def _inside(kind: type) -> Iterator[type]:
    waiting = list(typing.get_type_hints(kind).values())
    while waiting:
        hint = waiting.pop()
        if dataclasses.is_dataclass(hint):
            yield typing.cast(type, hint)
        waiting += typing.get_args(hint)


def _plain_text() -> Schema:
    """A text as `str.isprintable` sees it, which is what the types ask."""
    ranges = "".join(f"{first}-{last}" if first != last else first for first, last in _printable())
    return {
        "type": "string",
        "pattern": f"^[{ranges}]*$",
        "description": "No character for control, none that steers the direction of a text, no "
        "space but the common one, and none that Unicode has not assigned.",
    }


def _printable() -> Iterator[tuple[str, str]]:
    everything = [chr(code).isprintable() for code in range(sys.maxunicode + 1)]
    changes = [code for code, (a, b) in enumerate(pairwise([False, *everything, False])) if a != b]
    for first, after in zip(changes[::2], changes[1::2], strict=True):
        yield chr(first), chr(after - 1)
