"""Costs as they were measured once, on two cores that others used too; rounded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.scale_model import Costs, Machine

SQLITE = Costs(
    database="SQLite", wake=3e-4, take=7e-5, hold=2.5e-4, commit=9e-4, write=6e-5, wait=2.5e-3,
    database_commit=0, database_beat=0, written_bytes=12_000, message=0, hear=0, deliver=0,
    tell=2e-6, job=2.2e-2, database_job=0, thin=5e-4, scan=1.8e-6, sweep=5e-4, lose=9e-5, clear=0,
    row_bytes=97, worker_bytes=503,
)  # fmt: skip
POSTGRESQL = replace(
    SQLITE, database="PostgreSQL", commit=2.3e-3, wait=3e-3, database_commit=1.8e-3,
    database_beat=7e-5, written_bytes=2_700, message=1.3e-4, hear=2.5e-7, deliver=4.5e-5,
    job=3e-2, database_job=1e-2, thin=2e-4, clear=1.7e-6, row_bytes=156, worker_bytes=1_080,
)  # fmt: skip


@pytest.fixture(params=[SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def costs(request: pytest.FixtureRequest) -> Costs:
    found: Costs = request.param
    return found


@pytest.fixture
def postgresql_costs() -> Costs:
    return POSTGRESQL


@pytest.fixture
def machine() -> Machine:
    return Machine(disk_bytes=500e6)
