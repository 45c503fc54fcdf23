"""The bounds of what clients send, as JSON Schema, beside the types that check them.

The checks themselves stand in the types (`__post_init__`), for the worker has no use for schemas.
What is written here twice is held together by tests/server/test_openapi_bounds.py, which asks both
about each bound and about what lies just beyond.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qubix_server import inherited
from qubix_worker import protocol
from qubix_worker.protocol import (
    ATTEMPT_MOST,
    JOBS_HELD_MOST,
    KIND_PATTERN,
    NAME_LENGTH,
    SLOTS_MOST,
    TEXT_LENGTH,
    TIMEOUT_SECONDS_MOST,
    WORKER_ID_PATTERN,
)

Schema = dict[str, Any]

PLAIN_TEXT = "#/components/schemas/PlainText"


def text(most: int, least: int = 0) -> Schema:
    return {"$ref": PLAIN_TEXT, "minLength": least, "maxLength": most}


def within(least: float, most: float) -> Schema:
    return {"minimum": least, "maximum": most}


def items(most: int, of: Schema | None = None) -> Schema:
    return {"maxItems": most} | ({"items": of} if of else {})


KIND: Schema = {"type": "string", "pattern": f"^{KIND_PATTERN.pattern}$"}
KINDS = items(32, KIND)
WORKER_ID: Schema = {"type": "string", "pattern": f"^{WORKER_ID_PATTERN.pattern}$"}
PERCENT = within(0, 100)
CELSIUS = within(-100, 300)
AMOUNT = within(0, 1e9)
RUN = text(64)
REPORT = within(0, 1 << 53)
GIGABYTES: Schema = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": inherited.GIGABYTES_MOST},
        {
            "type": "string",
            "pattern": r"^\s*([0-9]{1,15}(\.[0-9]{1,9})?\s*[tgmkTGMK]?[iI]?[bB]?)\s*$",
            "description": "With or without its unit; at most 1000000 GB.",
        },
        {
            "type": "string",
            "pattern": r"^\s*([uU][nN][kK][nN][oO][wW][nN]|[nN]/[aA]|[nN][oO][nN][eE])?\s*$",
        },
        {"type": "null"},
    ]
}
_UP_TO_65536 = "[0-9]{1,4}|[0-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-6]"
CORES: Schema = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": inherited.CORES_MOST},
        {"type": "string", "pattern": rf"^\s*0{{0,4}}({_UP_TO_65536})\s*$"},
        {"type": "null"},
    ]
}
BOUNDS: Mapping[type, Mapping[str, Schema]] = {
    protocol.OperatingSystem: {"version": text(TEXT_LENGTH), "architecture": text(TEXT_LENGTH)},
    protocol.Processor: {
        "logical_cores": within(1, 65536),
        "physical_cores": within(1, 65536),
        "model": text(TEXT_LENGTH),
        "features": items(64, text(32, least=1)),
    },
    protocol.Memory: {"total_bytes": within(1, 1 << 60)},
    protocol.Disk: {"total_bytes": within(0, 1 << 62), "free_bytes": within(0, 1 << 62)},
    protocol.GraphicsCard: {
        **dict.fromkeys(
            ("vendor", "name", "uuid", "driver", "compute", "pci_address", "part_of"),
            text(TEXT_LENGTH),
        ),
        "memory_total_bytes": within(1, 1 << 50),
    },
    protocol.Hardware: {
        "virtual_machine": text(TEXT_LENGTH),
        "container": text(TEXT_LENGTH),
        "graphics_cards": items(64),
    },
    protocol.Registration: {
        "worker_id": WORKER_ID,
        "name": text(NAME_LENGTH, least=1),
        "worker_version": text(64),
        "worker_sha256": text(64),
        "enrollment": text(128, least=1),
        "capabilities": KINDS,
    },
    protocol.GraphicsUsage: {
        "name": text(TEXT_LENGTH),
        "uuid": text(TEXT_LENGTH),
        "power_watts": within(0, 1e5),
        "percent": PERCENT,
        "temperature_celsius": CELSIUS,
        "memory_used_mb": AMOUNT,
        "memory_total_mb": AMOUNT,
    },
    protocol.Usage: {
        "cpu_percent": PERCENT,
        "ram_percent": PERCENT,
        "ram_used_gb": AMOUNT,
        "ram_total_gb": AMOUNT,
        "gpu_percent": PERCENT,
        "gpu_temp": CELSIUS,
        "gpu_mem_used_mb": AMOUNT,
        "gpu_mem_total_mb": AMOUNT,
        "timestamp": text(64),
        "gpus": items(64),
    },
    protocol.Heartbeat: {
        "name": text(NAME_LENGTH, least=1),
        "current_job": text(64),
        "pause_reason": text(TEXT_LENGTH),
        "capabilities": KINDS,
        "free_slots": within(0, SLOTS_MOST),
        "session": RUN,
        "report": REPORT,
        "current_jobs": items(JOBS_HELD_MOST, text(64)),
        "worker_version": text(64),
        "worker_sha256": text(64),
    },
    protocol.Requirements: {"min_vram_gb": within(0, 1e6), "min_ram_gb": within(0, 1e6)},
    protocol.JobCreation: {
        "kind": KIND,
        "timeout_seconds": within(1, TIMEOUT_SECONDS_MOST),
        "idempotency_key": text(128, least=1),
    },
    protocol.JobProgress: {
        "session": RUN,
        "report": REPORT,
        "progress": PERCENT,
        "current_operation": text(TEXT_LENGTH),
        "log": items(1000, {"type": "string", "maxLength": 4096}),
    },
    protocol.JobCompletion: {
        "attempt": within(0, ATTEMPT_MOST),
        "error": text(4096),
        "metrics": {
            "maxProperties": 64,
            "additionalProperties": {"type": "number", "minimum": -1e300, "maximum": 1e300},
        },
    },
    inherited.Graphics: {
        **dict.fromkeys(("vendor", "model", "renderer", "description", "type"), text(TEXT_LENGTH)),
        "vram": GIGABYTES,
    },
    inherited.Cpu: {"model": text(TEXT_LENGTH), "cores": CORES},
    inherited.Ram: {"total": GIGABYTES},
    inherited.QuickRegistration: {
        "worker_id": WORKER_ID,
        "enrollment": text(128),
        "location": text(TEXT_LENGTH),
        "name": text(NAME_LENGTH),
        "price_per_hour": within(0, 1e9),
        "capabilities": KINDS,
    },
}
