"""D-Bus as the worker speaks it: to a real bus, to one that hangs, and to what is none."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from qubix_worker.system.senses_bus import Bus, BusError
from tests.worker.guest.linux.buses import OwnBus


@pytest.mark.slow
def test_a_bus_that_never_answers_costs_its_patience_only(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "bus"))
        listening.listen()
        with pytest.raises(OSError, match="authenticate"):
            Bus(f"unix:path={tmp_path}/bus")


@pytest.mark.parametrize(
    "address", ["", "tcp:host=192.0.2.1,port=1", "rubbish", "unix:path=/nowhere", "unix:dir=/tmp"]
)
def test_an_address_that_is_no_bus_is_an_error_of_its_kind(address: str) -> None:
    with pytest.raises(OSError, match=r"bus|No such file"):
        Bus(address)


def test_nobody_is_started_only_to_answer(session_bus: OwnBus) -> None:
    bus = Bus(session_bus.address)
    with pytest.raises(BusError, match=r"ServiceUnknown|NameHasNoOwner"):
        bus.call("org.example.Sleeping", "/", "org.example.Sleeping", "Wake")
    bus.close()
