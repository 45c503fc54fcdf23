"""What the running worker tells of its computer: as it is now, and nothing of what is left out."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qubix_worker import settings as settings_file
from qubix_worker.computer import Known
from qubix_worker.identity import Identity
from qubix_worker.launcher import worker_command
from qubix_worker.paths import Paths
from qubix_worker.protocol import (
    Disk,
    GraphicsCard,
    GraphicsUsage,
    Hardware,
    Memory,
    OperatingSystem,
    Processor,
)
from qubix_worker.settings import Settings
from qubix_worker.usage import Sampler
from qubix_worker.worker import Worker
from tests.conftest import LiveServer, wait_until

ONE = GraphicsCard("NVIDIA", "Card one", uuid="GPU-1", memory_total_bytes=8 << 30, driver="1")
TWO = GraphicsCard("NVIDIA", "Card two", uuid="GPU-2", memory_total_bytes=24 << 30, driver="1")
HARDWARE = Hardware(
    OperatingSystem("linux", "Debian", "x86_64"),
    Processor(4, 2, "A processor"),
    Memory(16 << 30),
    Disk(100 << 30, 50 << 30),
    (ONE,),
)
USES = (
    GraphicsUsage("Card two", percent=99.0, uuid="GPU-2"),
    GraphicsUsage("Card one", percent=11.0, uuid="GPU-1"),
)


class Computer:
    """A computer whose cards and engines come and go, with a worker that looks often."""

    def __init__(self, home: Path, server: LiveServer) -> None:
        self.known = Known(HARDWARE, ("wasm",))
        self.server = server
        machine = server.join(f"w-{home.name}")
        paths = Paths.under(home)
        self.chosen = Settings(server=server.url, name="computer")
        settings_file.save(paths.settings, self.chosen)
        self.paths = paths
        who = Identity(machine.worker_id, server.url, "computer", "", machine.secret)
        self.worker = Worker(
            paths, who, self.chosen, worker_command(),
            look_at_computer=lambda: self.known, find_out_seconds=0.0,
            sampler=Sampler(lambda: USES),
        )  # fmt: skip
        self.thread = threading.Thread(target=self.worker.run)

    def provider(self) -> dict[str, Any]:
        path = f"/api/providers/{self.worker.status.worker_id}"
        answer = self.server.ask("GET", path, credential=self.server.token)
        found: dict[str, Any] = answer.json()["provider"]
        return found

    def cards(self) -> list[str]:
        return [card["name"] for card in self.provider()["hardware"].get("graphicsCards", ())]

    def has_cards(self, *cards: GraphicsCard) -> None:
        hardware = dataclasses.replace(self.known.hardware, graphics_cards=cards)
        self.known = dataclasses.replace(self.known, hardware=hardware)


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    server = LiveServer(tmp_path / "server home", interval_seconds=1)
    server.start()
    computer = Computer(tmp_path / "home", server)
    computer.thread.start()
    yield computer
    computer.worker.stop("the test is over")
    computer.thread.join(20)
    assert not computer.thread.is_alive()
    server.stop()


def test_what_it_has_is_told_anew_after_a_start(computer: Computer) -> None:
    wait_until(lambda: computer.cards() == ["Card one"])
    assert computer.provider()["hardware"]["disk"]["freeBytes"] == 50 << 30
    assert computer.provider()["capabilities"] == ["wasm"]


@pytest.mark.slow
def test_a_card_that_comes_and_goes_and_an_engine_that_comes_are_told(computer: Computer) -> None:
    wait_until(lambda: computer.cards() == ["Card one"])
    computer.has_cards(ONE, TWO)
    wait_until(lambda: computer.cards() == ["Card one", "Card two"])
    assert computer.provider()["gpuModel"] == "Card two"
    computer.has_cards(TWO)
    wait_until(lambda: computer.cards() == ["Card two"])
    computer.known = dataclasses.replace(computer.known, kinds=("wasm", "container"))
    wait_until(lambda: "container" in computer.provider()["capabilities"])


@pytest.mark.slow
def test_a_card_that_is_left_out_later_is_told_no_more(computer: Computer) -> None:
    computer.has_cards(ONE, TWO)
    wait_until(lambda: computer.cards() == ["Card one", "Card two"])
    assert computer.provider()["usage"]["gpuPercent"] == 99
    chosen = dataclasses.replace(computer.chosen, excluded_cards=("gpu-2",))
    settings_file.save(computer.paths.settings, chosen)
    wait_until(lambda: computer.cards() == ["Card one"])
    provider = computer.provider()
    assert provider["gpuModel"] == "Card one"
    assert provider["usage"]["gpuPercent"] == 11
    assert [card["uuid"] for card in provider["usage"]["gpus"]] == ["GPU-1"]
