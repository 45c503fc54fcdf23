"""Many machines at once, put straight into a server's database: to join them would take minutes."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import create_engine, insert

from qubix_server.store.schema import metrics, providers
from tests.conftest import LiveServer

HOUR_MS = 3_600_000
CARDS = (
    (None, None),
    ("NVIDIA GeForce RTX 4070", 12.0),
    ("NVIDIA GeForce RTX 3060", 12.0),
    ("AMD Radeon RX 7900 XTX", 24.0),
    ("Apple M2 Pro", 16.0),
)


def put_many(server: LiveServer, count: int, *, with_history: int = 0) -> None:
    """`count` machines named node-1, node-2, …; the first `with_history` tell of their last hour.

    They were heard of in an hour from now, so that none falls silent while a test looks on.
    """
    engine = create_engine(f"sqlite:///{server.home}/server/qubix.db")
    dice = random.Random(5)
    try:
        with engine.begin() as connection:
            first = connection.execute(
                insert(providers).returning(providers.c.seq), [_row(dice, 1)]
            ).scalar_one()
            rows = [_row(dice, number) for number in range(2, count + 1)]
            if rows:
                connection.execute(insert(providers), rows)
            told = list(_history(dice, first, min(count, with_history)))
            if told:
                connection.execute(insert(metrics), told)
    finally:
        engine.dispose()


def _row(dice: random.Random, number: int) -> dict[str, Any]:
    card, vram = dice.choice(CARDS)
    state = dice.choices(("online", "busy", "paused", "offline"), (60, 25, 10, 5))[0]
    now = time.time_ns() // 1_000_000
    usage = {"cpuPercent": dice.uniform(2, 99), "ramPercent": dice.uniform(20, 80)}
    if card:
        usage |= {"gpuPercent": dice.uniform(0, 100), "gpuTemp": dice.uniform(35, 84)}
    hardware = {
        "os": {"name": "linux", "version": "12", "architecture": "x86_64"},
        "processor": {"logicalCores": 16, "physicalCores": 8, "model": "AMD Ryzen 7 7700X"},
        "memory": {"totalBytes": 32 << 30},
        "graphicsCards": (
            [{"vendor": "A maker", "name": card, "memoryTotalBytes": int(vram) << 30}]
            if card and vram
            else []
        ),
    }
    return {
        "id": str(uuid.uuid4()), "worker_id": f"node-{number}", "name": f"node-{number}",
        "type": "native", "gpu_model": card, "gpu_vram_gb": vram,
        "cpu_model": "AMD Ryzen 7 7700X", "cpu_cores": 16, "ram_total_gb": 32.0, "os": "linux",
        "location": None, "hardware": json.dumps(hardware), "capabilities": '["wasm"]',
        "worker_version": "0.1.0", "worker_sha256": "", "registered_at": now,
        "last_heartbeat_at": now + HOUR_MS, "is_online": state != "offline", "is_enabled": True,
        "state": state, "usage": json.dumps(usage), "total_jobs": 0, "free_slots": None,
        "names_jobs": False, "pause_reason": "Its owner is using it." if state == "paused" else None,
    }  # fmt: skip


def _history(dice: random.Random, first: int, count: int) -> Iterator[dict[str, Any]]:
    now = time.time_ns() // 1_000_000
    for seq in range(first, first + count):
        cpu, gpu, temperature = dice.uniform(5, 90), dice.uniform(5, 95), dice.uniform(40, 75)
        for minutes in range(60, 0, -1):
            cpu = min(100, max(0, cpu + dice.uniform(-12, 12)))
            gpu = min(100, max(0, gpu + dice.uniform(-15, 15)))
            temperature = min(90, max(30, temperature + (gpu - 50) / 40 + dice.uniform(-1, 1)))
            yield {
                "provider_seq": seq, "at": now - minutes * 60_000, "cpu_percent": cpu,
                "ram_percent": 40 + cpu / 4, "gpu_percent": gpu, "gpu_temp": temperature,
                "gpu_mem_used": 2000 + gpu * 60,
            }  # fmt: skip
