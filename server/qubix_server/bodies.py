"""Reading what a client sends: never more than allowed, and only in the form that is declared."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import typing
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from qubix_server.errors import ApiError
from qubix_worker.protocol import BODY_BYTES, RESULT_BYTES
from qubix_worker.wire import WireError, camel, from_wire, wire_names

T = TypeVar("T")

COMPLETION_BYTES = RESULT_BYTES // 3 * 4 + 1024 * 1024
"""A result of the largest size as base64, and room for what stands around it."""
SECONDS = 30
LARGE_SECONDS = SECONDS + COMPLETION_BYTES // (32 * 1024)
"""Enough for the largest at the slowest pace at which a worker goes on sending: 32 KiB a second."""
LARGE_AT_ONCE = 8
"""So many large bodies are held in memory at a time; further ones are asked to come again."""
DEPTH_MOST = 64
DRAINED_BYTES = 1024 * 1024

_large = 0


async def decoded(request: Request, kind: type[T], most: int = BODY_BYTES) -> T:
    """The body as a `kind`. Raises ApiError: 400 that names the key, 413, 408."""
    return decode(kind, await json_object(request, most))


async def json_object(request: Request, most: int = BODY_BYTES) -> dict[str, Any]:
    """The body as a JSON object. Raises ApiError as `decoded` does."""
    return parsed(await content(request, most))


def parsed(body: bytes) -> dict[str, Any]:
    """The bytes of a body as a JSON object. Raises ApiError 400."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ApiError(400, "bad_json", "The body is not JSON in UTF-8.") from error
    if not isinstance(value, dict):
        raise ApiError(400, "bad_json", "The body must be a JSON object.")
    if not _is_shallow(value, DEPTH_MOST):
        raise ApiError(400, "bad_json", f"The body is nested more than {DEPTH_MOST} deep.")
    return value


async def completion(request: Request) -> tuple[dict[str, Any], str | None]:
    """The body of a completion, and its result apart, as the JSON that it came in.

    A result can be large and is nothing to us: no object is made of it.
    """
    body = await content(request, COMPLETION_BYTES)
    try:
        parts = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        result = bytes(parts.pop("result", b"null")).decode()
        if sum(map(len, parts.values())) > BODY_BYTES:
            raise _too_large(BODY_BYTES)
        value = {key: msgspec.json.decode(part) for key, part in parts.items()}
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ApiError(400, "bad_json", "The body is not a JSON object in UTF-8.") from error
    if not _is_shallow(value, DEPTH_MOST):
        raise ApiError(400, "bad_json", f"The body is nested more than {DEPTH_MOST} deep.")
    if result != "null" and not result.startswith("{"):
        raise ApiError(400, "bad_value", "result must be an object.")
    return value, None if result == "null" else result


def decode(kind: type[T], value: dict[str, Any]) -> T:
    """JSON values as a `kind`. Raises ApiError 400 that names the key."""
    try:
        return from_wire(kind, value)
    except WireError:
        pass  # some clients write whole numbers as 8.0, which to JSON is the same as 8
    try:
        return from_wire(kind, _with_whole_numbers(kind, value))
    except WireError as error:
        raise ApiError(400, "bad_value", f"{error}.") from error


def with_camel_keys(usage: Any) -> Any:
    """Usage as older workers send it, in snake_case, as it is declared."""
    if isinstance(usage, dict):
        known = {key: with_camel_keys(value) for key, value in usage.items() if "_" not in key}
        old = {camel(key): with_camel_keys(value) for key, value in usage.items() if "_" in key}
        return old | known
    if isinstance(usage, list):
        return [with_camel_keys(item) for item in usage]
    return usage


async def content(request: Request, most: int) -> bytes:
    """The bytes of the body. Raises ApiError 413 where there are more than `most`, 408 where they
    come too slowly, 503 where too many others send large ones."""
    declared = request.headers.get("content-length", "")
    length = int(declared) if declared.isascii() and declared.isdigit() else None
    if most <= BODY_BYTES or (length is not None and length <= BODY_BYTES):
        return await _read(request, most, length, SECONDS)
    global _large  # noqa: PLW0603 - a count of what this process holds in memory
    if _large >= LARGE_AT_ONCE:
        raise ApiError(503, "overloaded", "The server is busy. Try again.", 2)
    _large += 1
    try:
        return await _read(request, most, length, LARGE_SECONDS)
    finally:
        _large -= 1


async def _read(request: Request, most: int, length: int | None, seconds: float) -> bytes:
    taken = bytearray()
    received = 0
    try:
        async with asyncio.timeout(seconds):
            if length is not None and length > most + DRAINED_BYTES:
                raise _too_large(most)
            async for chunk in request.stream():
                received += len(chunk)
                if received <= most:
                    taken += chunk
                elif received > most + DRAINED_BYTES:
                    raise _too_large(most)
    except TimeoutError as error:
        raise ApiError(408, "too_slow", "The body came too slowly.") from error
    # A little more than allowed is read to its end: else the answer could get lost on the way.
    if received > most:
        raise _too_large(most)
    return bytes(taken)


def _too_large(most: int) -> ApiError:
    return ApiError(413, "too_large", f"The body must have at most {most} bytes.")


def _with_whole_numbers(kind: Any, value: Any) -> Any:
    """`value` with a whole number wherever `kind` wants one and has one with a fraction of 0."""
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    for option in typing.get_args(kind):
        if isinstance(value, list):
            value = [_with_whole_numbers(option, item) for item in value]
        else:
            value = _with_whole_numbers(option, value)
    if isinstance(value, dict) and dataclasses.is_dataclass(kind):
        hints = _hints(typing.cast(type, kind))
        names = wire_names(typing.cast(type, kind))
        known = {key: hints[names[key]] for key in value.keys() & names.keys()}
        return value | {key: _with_whole_numbers(hint, value[key]) for key, hint in known.items()}
    return value


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _is_shallow(value: Any, depth: int) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    items = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_is_shallow(item, depth - 1) for item in items)
