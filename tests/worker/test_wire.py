"""What travels: names, types, and sentences for what does not fit."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_worker.protocol import (
    EnrollmentInfo,
    GraphicsCard,
    Hardware,
    Heartbeat,
    HeartbeatAnswer,
    JobCompletion,
    Memory,
    OperatingSystem,
    Processor,
    Registration,
    Usage,
)
from qubix_worker.wire import WireError, camel, from_wire, to_wire

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def a_registration() -> Registration:
    return Registration(
        worker_id="w-1",
        name="Büro",
        hardware=Hardware(
            OperatingSystem("linux", "Debian", "x86_64"),
            Processor(8, 4, "A processor"),
            Memory(1 << 34),
            graphics_cards=(GraphicsCard("NVIDIA", "A card", memory_total_bytes=1 << 33),),
        ),
        worker_version="0.1.0",
        worker_sha256="ab",
        capabilities=("wasm",),
        enrollment="token",
    )


@pytest.mark.parametrize(
    ("python", "wire"),
    [("ram_used_gb", "ramUsedGb"), ("worker_sha256", "workerSha256"), ("id", "id")],
)
def test_a_name_is_camel_case_on_the_wire(python: str, wire: str) -> None:
    assert camel(python) == wire


def test_what_was_sent_is_what_arrives() -> None:
    sent = a_registration()
    assert from_wire(Registration, json.loads(json.dumps(to_wire(sent)))) == sent


def test_what_is_not_known_is_absent() -> None:
    card = GraphicsCard("NVIDIA", "A card")
    assert to_wire(card) == {"vendor": "NVIDIA", "name": "A card", "state": "ready"}


def test_unknown_keys_are_ignored() -> None:
    answer = from_wire(HeartbeatAnswer, {"success": True, "pendingJobs": [], "news": 1})
    assert answer == HeartbeatAnswer()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"workerId": None}, "workerId must be a text"),
        ({"workerId": "../etc"}, "workerId must be letters"),
        ({"name": "a\nb"}, "name must not contain control characters"),
        ({"name": ""}, "name must have 1 to 64 characters"),
        ({"capabilities": "wasm"}, "capabilities must be a list"),
        ({"capabilities": [1]}, r"capabilities\[0\] must be a text"),
        ({"hardware": {}}, "hardware.os is missing"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(WireError, match=sentence):
        from_wire(Registration, to_wire(a_registration()) | change)


@pytest.mark.parametrize("value", [101, -1, float("nan"), float("inf"), True, "7"])
def test_a_percentage_is_a_number_from_0_to_100(value: object) -> None:
    with pytest.raises(WireError, match="cpuPercent"):
        from_wire(Heartbeat, {"status": "online", "usage": {"cpuPercent": value}})


@given(JSON)
def test_no_json_value_does_anything_but_decode_or_raise_a_wire_error(data: object) -> None:
    for kind in (Registration, Heartbeat, HeartbeatAnswer, JobCompletion, Usage):
        try:
            decoded = from_wire(kind, data)
        except WireError:
            continue
        assert isinstance(decoded, kind)


def test_a_nested_list_keeps_its_place_in_the_message() -> None:
    @dataclass(frozen=True)
    class Outer:
        cards: tuple[GraphicsCard, ...]

    with pytest.raises(WireError, match=r"cards\[1\].name is missing"):
        from_wire(Outer, {"cards": [{"vendor": "a", "name": "b"}, {"vendor": "a"}]})


@pytest.mark.parametrize("kind", ["x" * 600_000, "", "Wasm", "a\nb", "../x", "k\u00e4se"])
def test_a_job_of_a_kind_that_is_no_short_name_is_refused(kind: str) -> None:
    job = {"id": "j-1", "kind": kind, "spec": {}, "timeoutSeconds": 60}
    with pytest.raises(WireError, match=r"pendingJobs\[0\]: kind must be short") as caught:
        from_wire(HeartbeatAnswer, {"pendingJobs": [job]})
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Example Compute", "Example Compute"),
        ("a" * 64, "a" * 64),
        ("a" * 1_000_000, "a" * 61 + "..."),
        ("\x1b[2J\x1b]0;you\x07Bank\r\nof\tIt", "[2J ]0;you Bank of It"),
        ("evil\u202egnp.exe\u2066", "evil gnp.exe"),
        ("\u6771\u4eac", "\u6771\u4eac"),
        ("", ""),
    ],
)
def test_the_name_of_a_network_is_short_and_harmless_whatever_it_sends(
    sent: str, shown: str
) -> None:
    info = {"serverName": sent, "meaning": sent, "expiresAt": "2030", "version": sent}
    read = from_wire(EnrollmentInfo, info)
    assert read.server_name == shown
    assert read.version == shown
    assert len(read.meaning) <= 1024
    assert read.meaning.isprintable()
