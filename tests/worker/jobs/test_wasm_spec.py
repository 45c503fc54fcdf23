"""What is said of a wasm job's specification before anything of it runs."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from qubix_worker import kinds, protocol
from qubix_worker.kinds import Limits, SpecError, wasm
from qubix_worker.kinds.kind import MODULE_BYTES

EMPTY = base64.b64encode(b"\0asm\1\0\0\0").decode("ascii")


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def test_a_module_may_be_as_large_as_what_travels() -> None:
    assert MODULE_BYTES == protocol.RESULT_BYTES


def test_wasm_is_among_the_kinds_of_this_computer() -> None:
    assert "wasm" in kinds.available()


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({}, "either 'module'"),
        ({"module": EMPTY, "moduleSha256": "0" * 64}, "either 'module'"),
        ({"module": 7}, "'module' must be a text in base64"),
        ({"module": "?"}, "'module' is not valid base64"),
        ({"module": "\u00e9"}, "'module' is not valid base64"),
        ({"module": ""}, "not a WebAssembly program"),
        ({"module": encoded(b"MZ\x90\0 and so on")}, "not a WebAssembly program"),
        ({"module": encoded(b"(module)")}, "not a WebAssembly program"),
        ({"module": encoded(b"\0asm\2\0\0\0")}, "not a WebAssembly program"),
        ({"module": encoded(b"\0asm\r\0\1\0")}, "is a WebAssembly component"),
        ({"module": encoded(b"\0" * (16 << 20) + b"\0")}, "larger than 16 MiB"),
        ({"moduleSha256": None}, "'moduleSha256' must be 64 hexadecimal digits"),
        ({"moduleSha256": "../../etc/passwd"}, "'moduleSha256' must be 64 hexadecimal digits"),
        ({"module": EMPTY, "args": "a b"}, "'args' must be a list of texts"),
        ({"module": EMPTY, "args": ["a", 1]}, "'args' must be a list of texts"),
        ({"module": EMPTY, "args": ["a\0b"]}, "'args' must not contain zero"),
        ({"module": EMPTY, "args": ["\ud800"]}, "'args' must not contain zero"),
        ({"module": EMPTY, "args": ["a" * 32_768]}, "'args' must be at most 32768 characters"),
        ({"module": EMPTY, "env": ["A=1"]}, "'env' must be an object"),
        ({"module": EMPTY, "env": {"A": 1}}, "'env' must be an object"),
        ({"module": EMPTY, "env": {"A": None}}, "'env' must be an object"),
        ({"module": EMPTY, "env": {"": "1"}}, "must be letters, digits and '_'"),
        ({"module": EMPTY, "env": {"A=B": "1"}}, "must be letters, digits and '_'"),
        ({"module": EMPTY, "env": {"A\n": "1"}}, "must be letters, digits and '_'"),
        ({"module": EMPTY, "env": {"\u0130": "1"}}, "must be letters, digits and '_'"),
        ({"module": EMPTY, "env": {"A": "a\0b"}}, "'env' must not contain zero"),
        ({"module": EMPTY, "env": {"A": "\udfff"}}, "'env' must not contain zero"),
        ({"module": EMPTY, "env": {"A": "a" * 32_768}}, "'env' must be at most 32768"),
        ({"module": EMPTY, "fuel": 0}, "'fuel' must be a whole number"),
        ({"module": EMPTY, "fuel": 1.5}, "'fuel' must be a whole number"),
        ({"module": EMPTY, "fuel": float("nan")}, "'fuel' must be a whole number"),
        ({"module": EMPTY, "fuel": float("inf")}, "'fuel' must be a whole number"),
        ({"module": EMPTY, "fuel": 10**400}, "'fuel' must be a whole number"),
        ({"module": EMPTY, "files": {"../x": ""}}, "must be relative"),
        ({"module": EMPTY, "outputs": ["/x"]}, "must be relative"),
        ({"module": EMPTY, "memoryMb": float("nan")}, "'memoryMb' must be a whole number"),
        ({"module": EMPTY, "memoryMb": 10**400}, "'memoryMb' must be a whole number"),
        ({"module": EMPTY, "stdin": ["a"]}, "'stdin' must be a text in base64"),
        ({"module": EMPTY, "stdin": "a"}, "'stdin' is not valid base64"),
        ({"module": EMPTY, "memoryMb": "64"}, "'memoryMb' must be a whole number"),
        ({"module": EMPTY, "memoryMb": True}, "'memoryMb' must be a whole number"),
        ({"module": EMPTY, "memoryMb": 0}, "'memoryMb' must be a whole number"),
        ({"module": EMPTY, "memoryMb": 5000}, "'memoryMb' must be a whole number from 1 to 4096"),
        (
            {"module": EMPTY, "memoryMb": 65},
            "65 MiB of memory; this computer gives a job at most 64",
        ),
    ],
)
def test_a_specification_that_cannot_be_used_is_refused_with_a_sentence(
    spec: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SpecError) as refusal:
        wasm.check(spec, Limits(memory_mb=64))
    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_a_good_specification_passes_and_unknown_keys_are_ignored() -> None:
    spec = {"module": EMPTY, "args": ["a", ""], "stdin": "", "memoryMb": 64, "new": 1}
    wasm.check(spec, Limits(memory_mb=64))
    assert wasm.module_sha256(spec) is None
    assert wasm.memory_mb(spec, Limits(memory_mb=64)) == 64


def test_without_memory_in_the_specification_a_job_gets_what_the_provider_gives() -> None:
    assert wasm.memory_mb({}, Limits(memory_mb=100)) == 100
    assert wasm.memory_mb({}, Limits(memory_mb=100_000)) == 4096


def test_the_hash_of_a_module_is_read_in_either_case() -> None:
    assert wasm.module_sha256({"moduleSha256": "AB" * 32}) == "ab" * 32
