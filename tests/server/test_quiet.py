"""Heartbeats read the quick way, and kept many at a time, come to the same as read and kept one by
one with care. That each single one does is asked by `ledger`, in all tests that beat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_server import app, quiet
from qubix_server.errors import ApiError
from qubix_server.heartbeats import News
from qubix_server.routes.taking import read_carefully
from qubix_server.settings import Settings
from qubix_server.store.engine import writing_engine
from qubix_server.store.migrate import migrate
from qubix_worker.protocol import Heartbeat
from qubix_worker.wire import to_wire
from tests.server.ledger import Ledger, opened

NUMBERS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-101, 301), st.floats(allow_nan=False),
    st.text(max_size=3),
)  # fmt: skip
TEXTS = st.one_of(st.none(), st.text(max_size=5), st.text(min_size=60, max_size=70), NUMBERS)
CARD = st.dictionaries(
    st.sampled_from(
        ["name", "percent", "temperatureCelsius", "memoryUsedMb", "memoryTotalMb", "powerWatts",
         "uuid", "power_watts"]
    ),
    st.one_of(NUMBERS, TEXTS),
)  # fmt: skip
USAGE = st.dictionaries(
    st.sampled_from(
        ["cpuPercent", "ramPercent", "ramUsedGb", "ramTotalGb", "gpuPercent", "gpuTemp",
         "gpuMemUsedMb", "gpuMemTotalMb", "timestamp", "cpu_percent", "gpu_temp", "other"]
    ),
    st.one_of(NUMBERS, TEXTS),
)  # fmt: skip
BEAT = st.fixed_dictionaries(
    {"status": st.sampled_from(["online", "busy", "paused", "offline", "", None, 1])},
    optional={
        "usage": st.one_of(
            USAGE, st.builds(lambda use, gpus: use | {"gpus": gpus}, USAGE, st.lists(CARD)), NUMBERS
        ),
        "currentJob": TEXTS,
        "currentJobs": st.one_of(st.lists(TEXTS, max_size=70), NUMBERS),
        "workerVersion": TEXTS,
        "workerSha256": TEXTS,
        "freeSlots": NUMBERS,
        "pauseReason": TEXTS,
        "capabilities": st.one_of(st.lists(TEXTS), NUMBERS),
        "session": TEXTS,
        "report": NUMBERS,
        "hardware": NUMBERS,
        "name": TEXTS,
        "unheardOf": NUMBERS,
    },
)


@pytest.mark.parametrize("examples", [pytest.param(2000, marks=pytest.mark.slow), 100])
def test_what_is_read_quickly_is_read_the_same_with_care(examples: int) -> None:
    settings(max_examples=examples, deadline=None)(given(BEAT)(is_read_the_same))()


def is_read_the_same(body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    quick = quiet.read(data)
    try:
        careful = read_carefully(data)
    except ApiError:
        # Of these, what is kept is only ever what is known already, and was read with care then.
        wrong = {"currentJob", "currentJobs", "workerVersion", "workerSha256", "freeSlots",
                 "pauseReason", "capabilities", "session"}  # fmt: skip
        if quick and read_carefully(_without(body, wrong)):
            return
        assert quick is None
        return
    if quick:
        told = {name: getattr(quick, name) for name in quick.__struct_fields__ if name != "usage"}
        assert told == {name: getattr(careful, name) for name in told}
        assert json.loads(quiet.text(quick.usage)) == to_wire(careful.usage)


def _without(body: dict[str, Any], keys: set[str]) -> bytes:
    return json.dumps({key: value for key, value in body.items() if key not in keys}).encode()


def test_a_usual_heartbeat_is_read_quickly() -> None:
    body = {
        "status": "busy", "currentJobs": ["a"], "currentJob": "a", "freeSlots": 1, "report": 7,
        "session": "s", "workerVersion": "1", "workerSha256": "2", "capabilities": ["wasm"],
        "usage": {"cpuPercent": 1, "gpus": [{"name": "card", "percent": 2.5}], "timestamp": "now"},
    }  # fmt: skip
    assert quiet.read(json.dumps(body).encode())


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with opened(writing_engine(database_url)) as ledger:
        for name in ("one", "two", "three"):
            ledger.join(name, capabilities=["any"])
        yield ledger


def heard(ledger: Ledger, name: str, credential: str = "", **told: Any) -> quiet.Heard:
    beat = Heartbeat("online", **told)
    quick = quiet.read(json.dumps(to_wire(beat)).encode())
    return quiet.Heard(name, credential or f"secret {name}", ledger.now, quick, lambda: beat)


@pytest.mark.both_databases
def test_many_at_once_are_each_answered_for_itself(ledger: Ledger) -> None:
    for name in ("one", "two", "three"):
        ledger.beat(name)
    job_id = ledger.create()
    outcomes = quiet.take_all(
        ledger.connection,
        [
            heard(ledger, "one"),
            heard(ledger, "two", "of somebody else"),
            heard(ledger, "nobody"),
            heard(ledger, "three"),
            heard(ledger, "two"),
        ],
    )
    told = [one.code if isinstance(one, ApiError) else one.value for one in outcomes]  # type: ignore[union-attr]
    assert [given["id"] for given in told[0].pending_jobs] == [job_id]
    assert told[1:3] == ["unauthorized", "provider_unknown"]
    assert told[3:] == [News(can_take=True)] * 2
    assert ledger.provider("two")["last_heartbeat_at"] == ledger.now


@pytest.mark.both_databases
def test_the_same_workers_later_heartbeat_sees_what_the_earlier_one_changed(ledger: Ledger) -> None:
    ledger.beat("one", session="s", report=1)
    _first, second, overtaken = quiet.take_all(
        ledger.connection,
        [
            heard(ledger, "one", session="s", report=3, capabilities=("other",)),
            heard(ledger, "one", session="s", report=4, capabilities=("other",)),
            heard(ledger, "one", session="s", report=2, capabilities=("any",)),
        ],
    )
    assert ledger.provider("one")["capabilities"] == '["other"]'
    assert ledger.provider("one")["report"] == 4
    assert overtaken.value.overtaken  # type: ignore[union-attr]
    assert not second.value.overtaken  # type: ignore[union-attr]


@pytest.mark.both_databases
def test_of_two_quiet_ones_the_later_holds(ledger: Ledger) -> None:
    ledger.beat("one", session="s", report=1)
    quiet.take_all(
        ledger.connection,
        [
            heard(ledger, "one", session="s", report=2),
            heard(ledger, "one", session="s", report=5),
            heard(ledger, "one", session="s", report=3),
        ],
    )
    assert ledger.provider("one")["report"] == 5


def test_a_mistake_of_ours_is_answered_in_the_form_of_all_else(tmp_path: Path) -> None:
    def broken() -> int:
        raise RuntimeError("no clock")

    settings = Settings(f"sqlite:///{tmp_path / 'qubix.db'}")
    migrate(settings)
    application = app.create(settings, broken)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'{"status": "online"}', "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-length", b"20")]
    path = "/api/providers/a/heartbeat"
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b""}
    asyncio.run(application(scope | {"headers": headers}, receive, send))
    assert sent[0]["status"] == 500
    assert json.loads(sent[1]["body"])["code"] == "internal"
    application.state.services.database.close()
