"""Rows as others see them: the JSON values of a provider and of a job, and what is public."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import RowMapping

from qubix_server.clock import rfc3339
from qubix_worker.protocol import GraphicsCard, Hardware
from qubix_worker.wire import to_wire

BYTES_PER_GB = 2**30


def provider(row: RowMapping) -> dict[str, Any]:
    """A provider in its public fields."""
    return {
        "id": row["id"],
        "workerId": row["worker_id"],
        "name": row["name"],
        "type": row["type"],
        "gpuModel": row["gpu_model"],
        "gpuVram": row["gpu_vram_gb"],
        "cpuModel": row["cpu_model"],
        "cpuCores": row["cpu_cores"],
        "ramTotal": row["ram_total_gb"],
        "location": row["location"],
        "isOnline": row["is_online"],
        "isAvailable": is_available(row),
        "currentJobId": row["current_job_id"],
        "totalJobs": row["total_jobs"],
        "registeredAt": rfc3339(row["registered_at"]),
        "lastHeartbeat": rfc3339(row["last_heartbeat_at"]),
    }


def provider_in_full(row: RowMapping) -> dict[str, Any]:
    """A provider as an operator sees it."""
    return provider(row) | {
        "hardware": msgspec.json.decode(row["hardware"]),
        "capabilities": msgspec.json.decode(row["capabilities"]),
        "workerVersion": row["worker_version"],
        "workerSha256": row["worker_sha256"],
        "status": row["state"],
        "pauseReason": row["pause_reason"],
        "freeSlots": row["free_slots"],
        "pricePerHour": row["price_per_hour"],
        "isEnabled": row["is_enabled"],
        "usage": msgspec.json.decode(row["usage"]) if row["usage"] else None,
    }


def free_places(row: RowMapping) -> int:
    """How many jobs could be given to this provider now: see the rules in `leases`."""
    if not (row["is_online"] and row["is_enabled"] and row["state"] in ("online", "busy")):
        return 0
    if row["free_slots"] is None:
        return 1 if row["state"] == "online" and row["current_job_id"] is None else 0
    return max(0, int(row["free_slots"]) - int(row["unnamed_jobs"]))


def is_available(row: RowMapping) -> bool:
    """Whether a job could be given to this provider now."""
    return free_places(row) > 0


def job(row: RowMapping) -> dict[str, Any]:
    """A job without its spec and result, which can be large and have routes of their own."""
    return {
        "id": row["id"],
        "kind": row["kind"],
        "status": row["status"],
        "requirements": requirements(row),
        "timeoutSeconds": row["timeout_seconds"],
        "idempotencyKey": row["idempotency_key"],
        "workerId": row["worker_id"],
        "attempt": row["attempt"],
        "progress": row["progress"],
        "currentOperation": row["current_operation"],
        "error": row["error"],
        "metrics": msgspec.json.decode(row["metrics"]) if row["metrics"] else {},
        "createdAt": rfc3339(row["created_at"]),
        "assignedAt": rfc3339(row["assigned_at"]),
        "startedAt": rfc3339(row["started_at"]),
        "finishedAt": rfc3339(row["finished_at"]),
    }


def job_for_worker(row: RowMapping) -> dict[str, Any]:
    """A job as its worker is given it (`qubix_worker.protocol.Job`)."""
    return {
        "id": row["id"],
        "kind": row["kind"],
        "spec": msgspec.json.decode(row["spec"]),
        "timeoutSeconds": row["timeout_seconds"],
        "attempt": row["attempt"],
    }


def requirements(row: RowMapping) -> dict[str, Any]:
    wanted = {
        "minVramGb": row["min_vram_gb"],
        "minRamGb": row["min_ram_gb"],
        "gpu": row["needs_gpu"] or None,
        "os": row["os"],
    }
    return {key: value for key, value in wanted.items() if value is not None}


def hardware_columns(hardware: Hardware) -> dict[str, Any]:
    """The hardware as it was told, and what of it is filtered by. Of the cards that programs can
    use now, the one with the most memory stands for all."""
    ready = [card for card in hardware.graphics_cards if _can_compute(card)]
    cards = sorted(ready, key=lambda card: -(card.memory_total_bytes or 0))
    card = cards[0] if cards else None
    return {
        "hardware": msgspec.json.encode(to_wire(hardware)).decode(),
        "gpu_model": card.name if card else None,
        "gpu_vram_gb": _gb(card.memory_total_bytes) if card else None,
        "cpu_model": hardware.processor.model,
        "cpu_cores": hardware.processor.logical_cores,
        "ram_total_gb": _gb(hardware.memory.total_bytes) if hardware.memory else None,
        "os": hardware.os.name,
    }


def _can_compute(card: GraphicsCard) -> bool:
    """Whether a job could have it. One that sleeps tells no uuid, by which it would be given."""
    own = card.form not in ("integrated", "virtual") or card.vendor == "Apple"
    return own and card.state == "ready"


def _gb(count: int | None) -> float | None:
    return None if count is None else round(count / BYTES_PER_GB, 1)
