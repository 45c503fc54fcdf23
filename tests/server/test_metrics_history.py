"""The history of what a provider was doing: all of the last hour, and less of what is older."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import RowMapping, insert

from qubix_server.store import metrics
from qubix_server.store.database import Database
from qubix_server.store.engine import writing_engine
from qubix_server.store.metrics import DAY_MS, HOUR_MS, MINUTE_MS
from qubix_server.store.schema import metrics as table
from qubix_server.store.schema import providers
from qubix_server.thinning import Thinning
from tests.server.test_silence import provider

pytestmark = pytest.mark.both_databases

NOW = 100 * DAY_MS


def kept(url: str, rows: Sequence[tuple[int, float]], *, at: Sequence[int] = (NOW,)) -> list[Any]:
    """What is left of `rows` (when, and the percentage in use) after housekeeping at these times;
    another provider has a row for each of them too."""
    engine = writing_engine(url)
    with engine.begin() as connection:
        for name in ("one", "other"):
            added = connection.execute(insert(providers).values(**provider(name, 0)))
            assert added.inserted_primary_key
            seq = added.inserted_primary_key[0]
            values = [
                {"provider_seq": seq, "at": when, "cpu_percent": use, "gpu_temp": use}
                for when, use in rows
            ]
            connection.execute(insert(table), values)
    engine.dispose()

    async def housekeeping() -> Sequence[RowMapping]:
        database = Database(url)
        thinning = Thinning(database)
        try:
            for now in at:
                await thinning.go_on(now)
            return await database.read(metrics.history, seq, 100_000)
        finally:
            database.close()

    return [(row["at"], row["cpu_percent"], row["gpu_temp"]) for row in asyncio.run(housekeeping())]


def test_all_of_the_last_hour_is_kept(database_url: str) -> None:
    rows = [(NOW - HOUR_MS + 1 + at * 30_000, float(at)) for at in range(120)]
    assert [(when, use) for when, use, _ in kept(database_url, rows)] == rows


def test_of_five_minutes_before_it_the_average_and_the_peak_are_kept(database_url: str) -> None:
    begin = NOW - 3 * HOUR_MS
    rows = [(begin + at * MINUTE_MS, float(at)) for at in range(10)]
    assert kept(database_url, rows) == [
        (begin + 4 * MINUTE_MS, 2.0, 4.0),
        (begin + 9 * MINUTE_MS, 7.0, 9.0),
    ]


def test_of_an_hour_before_the_last_day_one_is_kept_and_of_last_month_none(
    database_url: str,
) -> None:
    begin = NOW - 2 * DAY_MS
    rows = [
        (NOW - 31 * DAY_MS, 1.0),
        *((begin + at * MINUTE_MS, float(at % 60)) for at in range(120)),
    ]
    assert kept(database_url, rows) == [
        (begin + 59 * MINUTE_MS, 29.5, 59.0),
        (begin + 119 * MINUTE_MS, 29.5, 59.0),
    ]


def test_it_is_thinned_further_as_time_passes_and_twice_does_no_harm(database_url: str) -> None:
    rows = [(NOW + at * MINUTE_MS, 10.0) for at in range(180)]
    times = (NOW + 3 * HOUR_MS, NOW + 3 * HOUR_MS, NOW + 3 * HOUR_MS + 1, NOW + 2 * DAY_MS)
    assert [when for when, *_ in kept(database_url, rows, at=times)] == [
        NOW + hour * HOUR_MS + 59 * MINUTE_MS for hour in range(3)
    ]


def test_who_beats_far_too_often_has_no_more_history(database_url: str) -> None:
    rows = [(NOW - 20 * MINUTE_MS + at * 100, 1.0) for at in range(1_000)]
    assert len(kept(database_url, rows)) == 1
