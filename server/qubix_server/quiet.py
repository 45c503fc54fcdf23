"""Heartbeats that tell nothing new, which nearly all are: read quickly, kept many at a time.

A heartbeat is quiet where `heartbeats.take` would note no more of it than when it was heard, its
number and what is in use. What is quiet is decided here by comparing it with what is known; all
others go to `take`, one after the other. The one thing to know before changing it: whatever `take`
acts upon must be compared here, or it would go unnoticed.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy import Connection

from qubix_server import heartbeats
from qubix_server.credentials import digest
from qubix_server.events import Outcome
from qubix_server.heartbeats import News
from qubix_server.store import beats, jobs, recent
from qubix_server.store.writer import alone
from qubix_worker.protocol import TEXT_LENGTH, Heartbeat

Percent = Annotated[float, Meta(ge=0, le=100)]
Celsius = Annotated[float, Meta(ge=-100, le=300)]
Amount = Annotated[float, Meta(ge=0, le=1e9)]
Text = Annotated[str, Meta(max_length=TEXT_LENGTH)]


class Card(Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """`protocol.GraphicsUsage`, read quickly."""

    name: Text
    percent: Percent | UnsetType = UNSET
    temperature_celsius: Celsius | UnsetType = UNSET
    memory_used_mb: Amount | UnsetType = UNSET
    memory_total_mb: Amount | UnsetType = UNSET
    power_watts: Annotated[float, Meta(ge=0, le=1e5)] | UnsetType = UNSET
    uuid: Text | UnsetType = UNSET


class Use(Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """`protocol.Usage`, read quickly. Other spellings than these are for `take`."""

    cpu_percent: Percent | UnsetType = UNSET
    ram_percent: Percent | UnsetType = UNSET
    ram_used_gb: Amount | UnsetType = UNSET
    ram_total_gb: Amount | UnsetType = UNSET
    gpu_percent: Percent | UnsetType = UNSET
    gpu_temp: Celsius | UnsetType = UNSET
    gpu_mem_used_mb: Amount | UnsetType = UNSET
    gpu_mem_total_mb: Amount | UnsetType = UNSET
    gpus: Annotated[tuple[Card, ...], Meta(max_length=64)] = ()
    timestamp: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET


class QuickBeat(Struct, rename="camel", frozen=True):
    """A `protocol.Heartbeat` that may be quiet."""

    status: Literal["online", "busy", "paused"]
    usage: Use = Use()
    current_job: str | None = None
    worker_version: str | None = None
    worker_sha256: str | None = None
    current_jobs: Annotated[tuple[str, ...], Meta(max_length=64)] | None = None
    free_slots: int | None = None
    pause_reason: str | None = None
    capabilities: tuple[str, ...] | None = None
    session: str | None = None
    report: Annotated[int, Meta(ge=0, le=1 << 53)] | None = None
    hardware: None = None
    """Anything else is news."""
    name: None = None
    """Likewise."""


_read = msgspec.json.Decoder(QuickBeat).decode


def read(body: bytes) -> QuickBeat | None:
    """`body` as a heartbeat that may be quiet; None where it must be read with more care."""
    try:
        beat = _read(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return beat if _is_printable(beat.usage) else None


def _is_printable(use: Use) -> bool:
    if use.timestamp is not UNSET and not use.timestamp.isprintable():
        return False
    return all(
        card.name.isprintable() and (card.uuid is UNSET or card.uuid.isprintable())
        for card in use.gpus
    )


@dataclass(slots=True)
class Heard:
    """A heartbeat as it came. `quick` is None where it is surely news."""

    worker_id: str
    credential: str | None
    at: int
    quick: QuickBeat | None
    careful: Callable[[], Heartbeat]
    """The same, read with care. Does not raise where `quick` is there."""
    address: Callable[[], str] = lambda: ""
    """Where it came from."""


def take_all(connection: Connection, heard: Sequence[Heard]) -> list[Outcome[News] | Exception]:
    """Keeps heartbeats in the order in which they came: each one's outcome, or its refusal."""
    return _Round(connection, heard).run()


class _Round:
    """One row of heartbeats, in one transaction."""

    def __init__(self, connection: Connection, heard: Sequence[Heard]) -> None:
        self._connection = connection
        self._all = heard
        # The others too: all are locked in one order.
        found = beats.find(connection, {one.worker_id for one in heard})
        self._known = found.known
        self._heard: dict[int, beats.Heard] = {}
        self._measured: list[beats.Measured] = []
        self._jobs_wait = found.jobs_wait
        self._no_job_for: set[tuple[object, ...]] = set()

    def run(self) -> list[Outcome[News] | Exception]:
        outcomes = [self._take(one) for one in self._all]
        self._write()
        return outcomes

    def _take(self, one: Heard) -> Outcome[News] | Exception:
        worker = self._known.get(one.worker_id)
        if one.quick and worker and _is_quiet(one, one.quick, worker):
            can_take = _can_take(worker)
            if not (can_take and self._there_is_a_job_for(worker)):
                self._keep(one, one.quick, worker)
                return _QUIET[can_take]
        # What was kept until now is to be seen by `take`, and what that changes by the next ones.
        self._write()
        self._known.pop(one.worker_id, None)
        self._jobs_wait = None
        self._no_job_for.clear()
        return alone(
            self._connection,
            lambda connection: heartbeats.take(
                connection,
                one.worker_id,
                one.credential,
                one.careful(),
                one.at,
                address=one.address,
            ),
        )

    def _keep(self, one: Heard, beat: QuickBeat, worker: beats.Known) -> None:
        use = beat.usage
        worker.report = beat.report
        worker.recent = recent.with_another(
            worker.recent,
            (
                one.at,
                _told(use.cpu_percent),
                _told(use.ram_percent),
                _told(use.gpu_percent),
                _told(use.gpu_temp),
                _told(use.gpu_mem_used_mb),
            ),
        )
        if recent.is_full(worker.recent, worker.seq):
            self._measured += [(worker.seq, *row) for row in recent.measurements(worker.recent)]
            worker.recent = recent.NONE
        self._heard[worker.seq] = (worker.seq, one.at, beat.report, text(use), worker.recent)

    def _write(self) -> None:
        if self._heard:
            beats.keep(self._connection, self._heard.values(), self._measured)
            self._heard, self._measured = {}, []

    def _there_is_a_job_for(self, worker: beats.Known) -> bool:
        if self._jobs_wait is None:
            self._jobs_wait = jobs.any_wait(self._connection)
        if not self._jobs_wait:
            return False
        has_gpu = worker.gpu_model is not None
        alike = (
            worker.capabilities, worker.ram_total_gb, worker.gpu_vram_gb, has_gpu, worker.os
        )  # fmt: skip
        if alike in self._no_job_for:
            return False
        job = jobs.oldest_for(
            self._connection,
            msgspec.json.decode(worker.capabilities),
            ram_gb=worker.ram_total_gb,
            vram_gb=worker.gpu_vram_gb,
            has_gpu=has_gpu,
            os=worker.os,
            but=worker.held,
        )
        if job is None and not worker.held:
            self._no_job_for.add(alike)
        return job is not None


def _is_quiet(one: Heard, beat: QuickBeat, worker: beats.Known) -> bool:
    """Whether it says what is known already."""
    if not (worker.is_online and worker.has_one_secret and one.credential):
        return False
    if not hmac.compare_digest(worker.secret_hash, digest(one.credential)):
        return False
    named = set(beat.current_jobs or ())
    if beat.current_job:
        named.add(beat.current_job)
    return (
        beat.status == worker.state
        and beat.session == worker.session
        and _is_later(beat.report, worker.report)
        and beat.free_slots == worker.free_slots
        and beat.pause_reason == worker.pause_reason
        and beat.worker_version in (None, worker.worker_version)
        and beat.worker_sha256 in (None, worker.worker_sha256)
        and (beat.capabilities is None or text(beat.capabilities) == worker.capabilities)
        and (worker.names_jobs or not (named or heartbeats.names_jobs(beat)))
        and named == worker.held
        and worker.all_begun
    )


def _is_later(report: int | None, before: int | None) -> bool:
    if report is None or before is None:
        return report is before
    return report > before


def _can_take(worker: beats.Known) -> bool:
    """`views.is_available`, of one that has begun all that it holds."""
    if not worker.is_enabled or worker.state == "paused":
        return False
    if worker.free_slots is None:
        return worker.state == "online" and not worker.held
    return worker.free_slots > 0


def _told(value: float | UnsetType) -> float | None:
    return None if value is UNSET else value


def text(value: object) -> str:
    return msgspec.json.encode(value).decode()


_QUIET = {can_take: Outcome(News(can_take=can_take)) for can_take in (False, True)}
