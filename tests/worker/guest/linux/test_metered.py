"""What the connection of a Linux computer costs, of which NetworkManager tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.worker.guest.linux.buses import Answer, Call, OwnBus
from tests.worker.guest.linux.computer import with_buses


def network_manager(metered: Callable[[], int]) -> Answer:
    def answer(call: Call) -> tuple[str, tuple[Any, ...]] | None:
        wanted = ("org.freedesktop.NetworkManager", "Metered")
        return ("v", (("u", metered()),)) if call.body == wanted else None

    return answer


@pytest.mark.parametrize(
    ("told", "metered"), [(0, False), (1, True), (2, False), (3, True), (4, False)]
)
def test_network_manager_tells_what_a_connection_costs(
    tmp_path: Path, system_bus: OwnBus, told: int, metered: bool
) -> None:
    system_bus.serve("org.freedesktop.NetworkManager", network_manager(lambda: told))
    computer = with_buses(tmp_path, system=system_bus)
    computer.runs_network_manager()
    assert computer.body.metered() is metered


def test_the_cost_is_asked_again_only_with_other_routes_or_after_minutes(
    tmp_path: Path, system_bus: OwnBus
) -> None:
    told = [2]
    system_bus.serve("org.freedesktop.NetworkManager", network_manager(lambda: told[0]))
    computer = with_buses(tmp_path, system=system_bus)
    computer.runs_network_manager()
    computer.goes_online_by("0101A8C0")
    assert computer.body.metered() is False
    told[0] = 1
    for _ in range(20):
        assert computer.body.metered() is False
    assert len(system_bus.calls) == 1
    computer.goes_online_by("012BA8C0")  # by a telephone
    assert computer.body.metered() is True
    told[0] = 2
    computer.uptime += 301
    assert computer.body.metered() is False


def test_a_network_manager_that_has_gone_tells_nothing(tmp_path: Path, system_bus: OwnBus) -> None:
    computer = with_buses(tmp_path, system=system_bus)
    computer.runs_network_manager()
    assert computer.body.metered() is None
