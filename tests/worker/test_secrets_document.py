"""docs/security.md tells a stranger what is sent: it must say all of it, and nothing else."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.protocol import Heartbeat, JobCompletion, JobProgress, Registration
from qubix_worker.wire import camel

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = (REPOSITORY / "docs" / "security.md").read_text(encoding="utf-8")


def keys(kind: type, path: str = "") -> Iterator[str]:
    """Every key that a value of `kind` has on the wire."""
    for name, hint in typing.get_type_hints(kind).items():
        yield from _keys(hint, f"{path}{camel(name)}")


def _keys(hint: Any, path: str) -> Iterator[str]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (option for option in typing.get_args(hint) if option is not types.NoneType)
    if typing.get_origin(hint) is tuple and dataclasses.is_dataclass(typing.get_args(hint)[0]):
        yield from keys(typing.get_args(hint)[0], f"{path}[].")
    elif dataclasses.is_dataclass(hint):
        yield from keys(typing.cast(type, hint), f"{path}.")
    else:
        yield path


def told(heading: str) -> list[str]:
    """The keys in the table under `heading`."""
    section = DOCUMENT.split(f"\n### {heading}\n")[1].split("\n#")[0]
    return re.findall(r"^\| `([^`]+)` \| .+ \|$", section, re.MULTILINE)


@pytest.mark.parametrize(
    ("heading", "kinds"),
    [
        ("When this computer joins", [Registration]),
        ("Every 30 seconds", [Heartbeat]),
        ("While a job is at work", [JobProgress, JobCompletion]),
    ],
)
def test_the_document_tells_each_key_that_is_sent(heading: str, kinds: list[type]) -> None:
    sent = [key for kind in kinds for key in keys(kind)]
    if Registration not in kinds:
        # It is the same as when joining, and stands there key by key.
        sent = list(dict.fromkeys(re.sub(r"^hardware\..*", "hardware", key) for key in sent))
    assert sorted(told(heading)) == sorted(sent)


def test_the_types_are_taken_apart_to_their_last_key() -> None:
    sent = list(keys(Registration))
    assert {"hardware.os.name", "hardware.graphicsCards[].name"} <= set(sent)


def test_every_file_that_the_document_names_is_there() -> None:
    text = DOCUMENT.replace("/\n", "/")
    named = re.findall(r"`((?:tests|kinds|guest|system)/[\w./*]+)`", text)
    assert len(named) > 5
    for name in named:
        folder = REPOSITORY if name.startswith("tests/") else REPOSITORY / "worker/qubix_worker"
        assert list(folder.glob(name.rstrip("/"))), name


def test_every_command_that_the_document_shows_is_one() -> None:
    from qubix_worker.cli import parser  # noqa: PLC0415

    shown = set(re.findall(r"`qubix-worker ([a-z-]+)", DOCUMENT))
    assert shown >= {"detect", "status", "settings", "logs"}
    for command in shown:
        assert parser.implementation(command)


def test_no_call_of_the_client_is_left_out() -> None:
    """A new kind of message must be told here before it is sent."""
    source = (REPOSITORY / "worker/qubix_worker/client.py").read_text(encoding="ascii")
    bodies = set(re.findall(r"to_wire\((\w+)\)", source))
    assert bodies == {"registration", "heartbeat", "progress", "completion"}
