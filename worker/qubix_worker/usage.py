"""How much of this computer is in use now. Samples are shared, so that asking often is cheap."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

import psutil

from qubix_worker.errors import QubixError
from qubix_worker.hardware import nvidia
from qubix_worker.protocol import GraphicsUsage, Usage

log = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
CARDS_FRESH_SECONDS = 10.0
GIB = 1 << 30


class Sampler:
    """Samples this computer's use; safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._usage = Usage()
        self._at = -CARDS_FRESH_SECONDS
        self._cards: tuple[GraphicsUsage, ...] = ()
        self._cards_at = -CARDS_FRESH_SECONDS
        psutil.cpu_percent()  # the first call starts the measurement and tells nothing

    def sample(self) -> Usage:
        with self._lock:
            now = time.monotonic()
            if now - self._at >= FRESH_SECONDS:
                self._usage, self._at = self._measure(now), now
            return self._usage

    def _measure(self, now: float) -> Usage:
        if now - self._cards_at >= CARDS_FRESH_SECONDS:
            self._cards, self._cards_at = _cards(), now
        memory = psutil.virtual_memory()
        first = self._cards[0] if self._cards else None
        return Usage(
            cpu_percent=min(psutil.cpu_percent(), 100.0),
            ram_percent=memory.percent,
            ram_used_gb=round(memory.used / GIB, 2),
            ram_total_gb=round(memory.total / GIB, 2),
            gpu_percent=first.percent if first else None,
            gpu_temp=first.temperature_celsius if first else None,
            gpu_mem_used_mb=first.memory_used_mb if first else None,
            gpu_mem_total_mb=first.memory_total_mb if first else None,
            gpus=self._cards,
            timestamp=datetime.now(UTC).isoformat(timespec="seconds"),
        )


def _cards() -> tuple[GraphicsUsage, ...]:
    try:
        return nvidia.usage()
    except QubixError:
        log.debug("the cards' use could not be read", exc_info=True)
        return ()
