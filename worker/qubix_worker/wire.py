"""Dataclasses to JSON values and back: snake_case in Python, camelCase on the wire.

The translation of names happens here and nowhere else. `from_wire` is deliberately strict:
what arrives from another process is checked against the declared types before anyone uses it.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")


class WireError(ValueError):
    """A JSON value does not have the declared form; the message names the key."""


def camel(name: str) -> str:
    """`ram_total_bytes` as `ramTotalBytes`."""
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


class MissingError(WireError):
    """A key that must be there is not."""


@functools.cache
def wire_names(kind: type) -> dict[str, str]:
    """The wire name of each field of the dataclass `kind`, mapped to its Python name."""
    return {camel(field.name): field.name for field in dataclasses.fields(kind)}


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def to_wire(value: Any) -> Any:
    """`value` as JSON values. What is None is left out: absent means not known."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {camel(name): to_wire(item) for name, item in fields if item is not None}
    if isinstance(value, (list, tuple)):
        return [to_wire(item) for item in value]
    return value


def from_wire(kind: type[T], data: Any, path: str = "") -> T:
    """The JSON values `data` as a `kind`. Unknown keys are ignored.

    Raises WireError, which names the key that is missing or of the wrong type.
    """
    return typing.cast(T, _decode(kind, data, path))


def _decode(kind: Any, data: Any, path: str) -> Any:  # noqa: PLR0911 - a table of types
    origin = typing.get_origin(kind)
    if kind is Any:
        return data
    if origin in (typing.Union, types.UnionType):
        options = typing.get_args(kind)
        if data is None and type(None) in options:
            return None
        (inner,) = (option for option in options if option is not type(None))
        return _decode(inner, data, path)
    if origin is typing.Literal:
        if data not in typing.get_args(kind):
            expected = ", ".join(map(str, typing.get_args(kind)))
            raise WireError(f"{path or 'The value'} must be one of {expected}")
        return data
    if origin is tuple:
        _expect(isinstance(data, list), path, "a list")
        inner = typing.get_args(kind)[0]
        return tuple(_decode(inner, item, f"{path}[{at}]") for at, item in enumerate(data))
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(typing.cast(type, kind), data, path)
    if origin is dict:
        _expect(isinstance(data, dict), path, "an object")
        inner = typing.get_args(kind)[1]
        at = f"{path}." if path else ""
        return {key: _decode(inner, item, f"{at}{key}") for key, item in data.items()}
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        _expect(abs(data) < 1 << 1000, path, "a number that is not so large")
        return float(data)
    plain = origin or kind
    wanted = isinstance(data, plain) and not (plain in (int, float) and isinstance(data, bool))
    _expect(wanted, path, _PLAIN_NAMES.get(plain, plain.__name__))
    return data


_PLAIN_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false",
                dict: "an object", list: "a list"}  # fmt: skip


def _decode_dataclass(kind: type, data: Any, path: str) -> Any:
    _expect(isinstance(data, dict), path, "an object")
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        key = camel(field.name)
        where = f"{path}.{key}" if path else key
        if key in data:
            values[field.name] = _decode(_hints(kind)[field.name], data[key], where)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise MissingError(f"{where} is missing")
    try:
        return kind(**values)
    except WireError:
        raise
    except ValueError as error:
        raise WireError(f"{path}: {error}" if path else str(error)) from error


def _expect(condition: bool, path: str, wanted: str) -> None:
    if not condition:
        raise WireError(f"{path or 'The value'} must be {wanted}")
