"""How much of the processor is in use, asked for by whoever comes."""

from __future__ import annotations

import threading
from typing import NamedTuple

from qubix_worker.protocol import Usage
from qubix_worker.usage import Sampler


class Times(NamedTuple):
    """As psutil gives them."""

    user: float
    idle: float
    iowait: float
    guest: float


class Computer:
    def __init__(self) -> None:
        self.now = 0.0
        self.times = Times(100.0, 100.0, 0.0, 0.0)
        self.sampler = Sampler(lambda: (), lambda: self.now, lambda: self.times)

    def spends(self, **seconds: float) -> None:
        self.now += 2
        for name, more in seconds.items():
            self.times = self.times._replace(**{name: getattr(self.times, name) + more})

    def asked_by_another_thread(self) -> Usage:
        told: list[Usage] = []
        thread = threading.Thread(target=lambda: told.append(self.sampler.sample()))
        thread.start()
        thread.join()
        return told[0]


def test_threads_that_ask_for_the_first_time_are_told_what_is_in_use() -> None:
    computer = Computer()
    computer.spends(user=1.0, idle=1.0)
    assert computer.asked_by_another_thread().cpu_percent == 50.0
    computer.spends(user=2.0)
    assert computer.asked_by_another_thread().cpu_percent == 100.0
    assert computer.sampler.sample().cpu_percent == 100.0
    computer.spends(user=0.5, idle=1.0, iowait=0.5)
    assert computer.sampler.sample().cpu_percent == 25.0


def test_what_guests_had_is_counted_once() -> None:
    computer = Computer()
    computer.spends(user=1.0, idle=1.0, guest=1.0)
    assert computer.sampler.sample().cpu_percent == 50.0


def test_where_no_time_has_passed_it_tells_what_it_knew() -> None:
    computer = Computer()
    computer.now += 2
    assert computer.sampler.sample().cpu_percent is None
    computer.spends(user=1.0, idle=3.0)
    assert computer.sampler.sample().cpu_percent == 25.0
    computer.now += 2
    assert computer.sampler.sample().cpu_percent == 25.0
