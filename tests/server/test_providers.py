"""What operators are told of all machines together: the list, its filters, the counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LiveServer, wait_until

pytestmark = pytest.mark.both_databases

CARDS = {"plain": None, "small": ("Radeon RX 6400", 4), "large": ("GeForce RTX 4090", 24),
         "other": ("GeForce RTX 4060", 8)}  # fmt: skip


def hardware(card: tuple[str, int] | None) -> dict[str, Any]:
    name, gigabytes = card or ("", 0)
    cards = [{"vendor": "Any", "name": name, "memoryTotalBytes": gigabytes << 30}] if card else []
    return {
        "os": {"name": "linux", "version": "Debian", "architecture": "x86_64"},
        "processor": {"logicalCores": 8},
        "graphicsCards": cards,
    }


@pytest.fixture
def fleet(server: LiveServer) -> LiveServer:
    """Four machines, of which two are online."""
    for name, card in CARDS.items():
        machine = server.join(name, hardware=hardware(card))
        if name in ("large", "plain"):
            assert machine.beat().ok
    return server


def listed(server: LiveServer, query: str) -> tuple[list[str], str | None]:
    answer = server.ask("GET", f"/api/providers?{query}", credential=server.token)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    return [one["workerId"] for one in page["providers"]], page["nextCursor"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["plain", "small", "large", "other"]),
        ("online=true", ["plain", "large"]),
        ("online=false", ["small", "other"]),
        ("gpuModel=geforce", ["large", "other"]),
        ("gpuModel=%25", []),
        ("minVram=8", ["large", "other"]),
        ("minVram=8.5", ["large"]),
        ("gpuModel=rtx&online=true", ["large"]),
    ],
)
def test_machines_are_found_by_what_they_have(
    fleet: LiveServer, query: str, found: list[str]
) -> None:
    assert listed(fleet, query) == (found, None)


def test_each_machine_stands_on_one_page_and_a_filter_holds_on_all(fleet: LiveServer) -> None:
    first, cursor = listed(fleet, "limit=3")
    assert cursor is not None
    assert first + listed(fleet, f"limit=3&cursor={cursor}")[0] == list(CARDS)
    first, cursor = listed(fleet, "limit=1&gpuModel=geforce")
    assert first == ["large"]
    assert listed(fleet, f"limit=1&gpuModel=geforce&cursor={cursor}")[0] == ["other"]


def test_who_is_heard_is_counted(fleet: LiveServer) -> None:
    told = fleet.ask("GET", "/api/providers/heartbeat/stats", credential=fleet.token).json()
    assert told == {
        "success": True, "totalProviders": 4, "onlineProviders": 2, "recentHeartbeats": 2,
        "timeoutThresholdSeconds": 90, "heartbeatIntervalSeconds": 30, "isRunning": True,
    }  # fmt: skip


@pytest.fixture
def brisk(tmp_path: Path) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path / "brisk", interval_seconds=1)
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
@pytest.mark.only_sqlite
def test_heartbeats_of_long_ago_are_no_recent_ones(brisk: LiveServer) -> None:
    brisk.join("silent").beat()

    def told() -> dict[str, Any]:
        path = "/api/providers/heartbeat/stats"
        answer: dict[str, Any] = brisk.ask("GET", path, credential=brisk.token).json()
        return answer

    assert told()["timeoutThresholdSeconds"] == 3
    wait_until(lambda: told()["recentHeartbeats"] == 0)
    wait_until(lambda: told()["onlineProviders"] == 0)
    assert told()["totalProviders"] == 1
