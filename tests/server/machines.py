"""Many machines at once, put straight into a server's database: to join them would take minutes."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import create_engine, func, insert, select

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
    rows = [_row(dice, number) for number in range(1, count + 1)]
    try:
        with engine.begin() as connection:
            connection.execute(insert(providers), rows)
            newest = connection.execute(select(func.max(providers.c.seq))).scalar_one()
            told = [
                entry
                for at, row in enumerate(rows[:with_history])
                for entry in _history(dice, newest - count + 1 + at, json.loads(row["usage"]))
            ]
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
        "names_jobs": False, "pause_reason": "In use" if state == "paused" else None,
    }  # fmt: skip


def _history(dice: random.Random, seq: int, usage: dict[str, float]) -> Iterator[dict[str, Any]]:
    """An hour that ends with `usage`, a row a minute."""
    now = time.time_ns() // 1_000_000
    values = [usage["cpuPercent"], usage.get("gpuPercent"), usage.get("gpuTemp")]
    walk = []
    for _ in range(60):
        walk.append(tuple(values))
        values = [
            value and min(98, max(2, value + dice.uniform(-step, step)))
            for value, step in zip(values, (12, 15, 2), strict=True)
        ]
    for minutes, (cpu, gpu, temperature) in zip(range(59, -1, -1), reversed(walk), strict=True):
        yield {
            "provider_seq": seq, "at": now - minutes * 60_000, "cpu_percent": cpu,
            "ram_percent": 40 + (cpu or 0) / 4, "gpu_percent": gpu, "gpu_temp": temperature,
            "gpu_mem_used": gpu and 2000 + gpu * 60,
        }  # fmt: skip
