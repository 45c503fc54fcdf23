"""How much of this computer is in use now. Samples are shared, so that asking often is cheap."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psutil

from qubix_worker.hardware import readings
from qubix_worker.protocol import GraphicsUsage, Usage

FRESH_SECONDS = 1.0
GIB = 1 << 30


class Sampler:
    """Samples this computer's use; safe to call from several threads.

    `cards` tells the use of the graphics cards; it keeps its own figures for as long as they are
    fresh (see `readings`).
    """

    def __init__(
        self,
        cards: Callable[[], tuple[GraphicsUsage, ...]] | None = None,
        clock: Callable[[], float] = time.monotonic,
        times: Callable[[], Any] = psutil.cpu_times,
    ) -> None:
        """`times`: for how long the processor has done what, in seconds, as psutil tells it."""
        self._lock = threading.Lock()
        self._cards = cards or readings.here().usage
        self._clock = clock
        self._usage = Usage()
        self._at: float | None = None
        self._times = times
        self._before = times()

    def sample(self) -> Usage:
        with self._lock:
            now = self._clock()
            if self._at is None or now - self._at >= FRESH_SECONDS:
                self._usage, self._at = self._measure(), now
            return self._usage

    def _measure(self) -> Usage:
        memory = psutil.virtual_memory()
        usage = Usage(
            cpu_percent=self._processor(),
            ram_percent=memory.percent,
            ram_used_gb=round(memory.used / GIB, 2),
            ram_total_gb=round(memory.total / GIB, 2),
            timestamp=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        return with_cards(usage, self._cards())

    def _processor(self) -> float | None:
        """Since the last measurement, whichever thread took it: psutil's own percentage counts for
        each thread by itself, and tells one that asks for the first time that nothing is in use."""
        before, now = self._before, self._times()
        # What guests had counts as the user's time already (proc(5)).
        passed: dict[str, float] = {
            name: max(0.0, getattr(now, name) - getattr(before, name))
            for name in now._fields
            if not name.startswith("guest")
        }
        whole = sum(passed.values())
        if not whole:
            return self._usage.cpu_percent
        self._before = now
        idle = passed["idle"] + passed.get("iowait", 0.0)
        return round((whole - idle) / whole * 100, 1)


def with_cards(usage: Usage, cards: tuple[GraphicsUsage, ...]) -> Usage:
    """`usage` with these cards, and with the figures of the first one as its own."""
    first = cards[0] if cards else None
    return replace(
        usage,
        gpu_percent=first.percent if first else None,
        gpu_temp=first.temperature_celsius if first else None,
        gpu_mem_used_mb=first.memory_used_mb if first else None,
        gpu_mem_total_mb=first.memory_total_mb if first else None,
        gpus=cards,
    )
