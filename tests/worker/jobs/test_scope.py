"""A job's scope, asked of a real bus with a manager on it that answers as systemd documents."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qubix_worker.kinds import Limits
from qubix_worker.kinds.confine.scope import Scope, session_bus

pytest.importorskip("jeepney")

from tests.worker.guest.linux.buses import Call, OwnBus, own_bus

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")

PID = 4711


class Manager:
    """What systemd does with what it is asked, as far as files show it."""

    def __init__(self, root: Path, *, has_processor: bool = True) -> None:
        self.processes = root / "proc"
        self.cgroups = root / "cgroup"
        self.units: dict[str, dict[str, Any]] = {}
        self._has_processor = has_processor

    def answer(self, call: Call) -> tuple[str, tuple[Any, ...]] | None:
        if call.method == "StartTransientUnit":
            name, mode, properties, more = call.body
            assert (mode, more) == ("fail", [])
            self._set(name, properties)
            self._show(name)
            return "o", ("/org/freedesktop/systemd1/job/1",)
        if call.method == "SetUnitProperties":
            name, runtime, properties = call.body
            assert runtime and name in self.units
            self._set(name, properties)
            self._show(name)
            return "", ()
        return None

    def _set(self, name: str, properties: list[tuple[str, tuple[str, Any]]]) -> None:
        unit = self.units.setdefault(name, {})
        unit.update({key: value for key, (_, value) in properties})

    def _show(self, name: str) -> None:
        path = f"user.slice/user@1000.service/app.slice/{name}"
        about = self.processes / str(PID) / "cgroup"
        about.parent.mkdir(parents=True, exist_ok=True)
        about.write_text(f"0::/{path}\n")
        (self.cgroups / path).mkdir(parents=True, exist_ok=True)
        if self._has_processor:
            quota = self.units[name]["CPUQuotaPerSecUSec"] // 10
            (self.cgroups / path / "cpu.max").write_text(f"{quota} 100000\n")


@pytest.fixture
def bus() -> Iterator[OwnBus]:
    with own_bus() as bus:
        yield bus


@pytest.fixture
def scope_with(bus: OwnBus) -> Callable[[Manager], Scope]:
    def make(manager: Manager) -> Scope:
        bus.serve("org.freedesktop.systemd1", manager.answer)
        return Scope(PID, bus.address, processes=manager.processes, cgroups=manager.cgroups)

    return make


def test_a_child_is_put_into_a_scope_with_its_limits(
    scope_with: Callable[[Manager], Scope], tmp_path: Path
) -> None:
    manager = Manager(tmp_path)
    assert scope_with(manager).limit(Limits(64, cores=0.25))
    assert manager.units == {
        "qubix-job-4711.scope": {
            "CPUQuotaPerSecUSec": 250_000,
            "CPUWeight": 1,
            "IOWeight": 1,
            "MemoryMax": (64 + 512) << 20,
            "MemorySwapMax": 0,
            "TasksMax": 64,
            "Description": "A job that QUBIX runs on this computer",
            "CollectMode": "inactive-or-failed",
            "PIDs": [PID],
        }
    }


def test_its_limits_are_changed_while_it_runs(
    scope_with: Callable[[Manager], Scope], tmp_path: Path
) -> None:
    manager = Manager(tmp_path)
    scope = scope_with(manager)
    scope.limit(Limits(64, cores=0.25))
    assert scope.limit(Limits(64, cores=0.5, priority="low"))
    (unit,) = manager.units.values()
    assert (unit["CPUQuotaPerSecUSec"], unit["CPUWeight"], unit["PIDs"]) == (500_000, 20, [PID])


def test_a_manager_that_was_not_given_the_processor_does_not_count(
    scope_with: Callable[[Manager], Scope], tmp_path: Path
) -> None:
    assert not scope_with(Manager(tmp_path, has_processor=False)).limit(Limits(64, cores=0.25))


def test_without_a_manager_or_a_bus_nothing_is_held_and_nothing_fails(
    bus: OwnBus, tmp_path: Path
) -> None:
    assert not Scope(PID, bus.address).limit(Limits(64))
    assert not Scope(PID, f"unix:path={tmp_path}/none").limit(Limits(64))


def test_the_bus_is_looked_for_only_where_systemd_runs(tmp_path: Path) -> None:
    assert session_bus({}, tmp_path / "none") is None
    assert session_bus({"XDG_RUNTIME_DIR": str(tmp_path)}, tmp_path) is None
    os.mkfifo(tmp_path / "bus")
    assert session_bus({"XDG_RUNTIME_DIR": str(tmp_path)}, tmp_path) is None
