"""What travels between worker and server, and nothing else.

The worker uses these types as they are; the server decodes and validates requests into them.
Values that break a rule raise ValueError with a sentence that names the key as it stands on
the wire. Units stand in the names. The contract itself is the server's API documentation.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from qubix_worker import bounds
from qubix_worker.wire import camel

NAME_LENGTH = bounds.NAME_LENGTH
SLOTS_MOST = bounds.SLOTS_MOST
WORKER_ID_PATTERN = bounds.WORKER_ID_PATTERN
KIND_PATTERN = re.compile(r"[a-z][a-z0-9-]{0,31}")
TEXT_LENGTH = 256
BODY_BYTES = 64 * 1024
"""Largest request body, other than a result or a module."""
RESULT_BYTES = 16 * 1024 * 1024
"""Largest result of a job, and largest module that can be handed to one."""
TIMEOUT_SECONDS_MOST = 24 * 3600
ATTEMPT_MOST = 999_999
"""The worker names files after attempts."""
JOBS_HELD_MOST = 1024
"""Most jobs that a worker can name in a heartbeat: those at work and those not yet handed in."""

WorkerState = Literal["online", "busy", "paused", "offline"]
_SHOWN = (("server_name", NAME_LENGTH), ("meaning", 1024), ("expires_at", 64), ("version", 64))


# --- Joining ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class EnrollmentInfo:
    """What the wizard shows before a computer joins: whose network it is and what joining means.

    A person sees these texts as they are: one that is too long is cut, and what is no plain text in
    it is taken out. To refuse it would only keep that person from joining.
    """

    server_name: str
    meaning: str
    expires_at: str
    heartbeat_interval_seconds: int = 30
    version: str = ""

    def __post_init__(self) -> None:
        for key, most in _SHOWN:
            object.__setattr__(self, key, _plain(getattr(self, key), most))


@dataclass(frozen=True)
class OperatingSystem:
    name: Literal["linux", "windows", "macos"]
    version: str
    architecture: str

    def __post_init__(self) -> None:
        _text("os.version", self.version, TEXT_LENGTH)
        _text("os.architecture", self.architecture, TEXT_LENGTH)


@dataclass(frozen=True)
class Processor:
    logical_cores: int
    physical_cores: int | None = None
    model: str | None = None
    features: tuple[str, ...] = ()
    """Instruction sets by the names that Linux gives them in /proc/cpuinfo: `avx2`, `asimd`."""

    def __post_init__(self) -> None:
        if len(self.features) > 64:
            raise ValueError("processor.features must have at most 64 entries")
        for feature in self.features:
            _text("processor.features", feature, 32, least=1)
        _within("processor.logicalCores", self.logical_cores, 1, 65536)
        _within("processor.physicalCores", self.physical_cores, 1, 65536)
        _text("processor.model", self.model, TEXT_LENGTH)


@dataclass(frozen=True)
class Memory:
    total_bytes: int

    def __post_init__(self) -> None:
        _within("memory.totalBytes", self.total_bytes, 1, 1 << 60)


@dataclass(frozen=True)
class Disk:
    total_bytes: int
    free_bytes: int

    def __post_init__(self) -> None:
        _within("disk.totalBytes", self.total_bytes, 0, 1 << 62)
        _within("disk.freeBytes", self.free_bytes, 0, 1 << 62)


@dataclass(frozen=True)
class GraphicsCard:
    """One card, or one partition of a card. What its driver does not tell is None; nothing is ever
    guessed."""

    vendor: str
    """`NVIDIA`, `AMD`, `Intel`, `Apple`, or as the system names another maker."""
    name: str
    uuid: str | None = None
    """The vendor's own identity of this very card, where it has one."""
    memory_total_bytes: int | None = None
    """The card's own memory; for one with unified memory, what it shares with the processor."""
    driver: str | None = None
    compute: str | None = None
    """What programs can be made for, in the vendor's words: `8.6` (CUDA), `gfx1100`, `Metal 3`."""
    pci_address: str | None = None
    """`0000:01:00.0`, as Linux writes it."""
    form: Literal["discrete", "integrated", "virtual", "partition"] | None = None
    unified_memory: bool | None = None
    """True where the card has no memory of its own but all of the computer's."""
    part_of: str | None = None
    """For a partition (MIG): the uuid of the card that it is a part of."""
    state: Literal["ready", "no_driver", "passed_through", "off"] = "ready"
    """Whether programs of this computer can use it now: not without a driver, not while it is
    given to a virtual machine (vfio), not while a hybrid laptop has switched it off."""

    def __post_init__(self) -> None:
        for key in ("vendor", "name", "uuid", "driver", "compute", "pci_address", "part_of"):
            _text(f"graphicsCards.{camel(key)}", getattr(self, key), TEXT_LENGTH)
        _within("graphicsCards.memoryTotalBytes", self.memory_total_bytes, 1, 1 << 50)


@dataclass(frozen=True)
class Hardware:
    """What cannot be read is None, and costs no other figure."""

    os: OperatingSystem
    processor: Processor
    memory: Memory | None = None
    disk: Disk | None = None
    graphics_cards: tuple[GraphicsCard, ...] = ()
    virtual_machine: str | None = None
    """The virtual machine that this system runs in: `kvm`, `vmware`, `microsoft`, `wsl`."""
    container: str | None = None
    """The container that the worker runs in: `docker`, `podman`, `lxc`."""

    def __post_init__(self) -> None:
        _text("virtualMachine", self.virtual_machine, TEXT_LENGTH)
        _text("container", self.container, TEXT_LENGTH)
        if len(self.graphics_cards) > 64:
            raise ValueError("graphicsCards must have at most 64 entries")


@dataclass(frozen=True)
class Registration:
    worker_id: str
    name: str
    hardware: Hardware
    worker_version: str
    worker_sha256: str
    capabilities: tuple[str, ...]
    enrollment: str

    def __post_init__(self) -> None:
        _worker_id(self.worker_id)
        _text("name", self.name, NAME_LENGTH, least=1)
        _text("workerVersion", self.worker_version, 64)
        _text("workerSha256", self.worker_sha256, 64)
        _text("enrollment", self.enrollment, 128, least=1)
        _kinds("capabilities", self.capabilities)


@dataclass(frozen=True)
class RegistrationAnswer:
    """What the worker reads of the answer; the server's answer has more (`provider`)."""

    worker_secret: str
    heartbeat_interval_seconds: int = 30

    def __post_init__(self) -> None:
        _within("heartbeatIntervalSeconds", self.heartbeat_interval_seconds, 1, 3600)


# --- Heartbeats ------------------------------------------------------------------------------


@dataclass(frozen=True)
class GraphicsUsage:
    """The use of one card at one moment; None is what its driver does not tell."""

    name: str
    percent: float | None = None
    temperature_celsius: float | None = None
    memory_used_mb: float | None = None
    memory_total_mb: float | None = None
    power_watts: float | None = None
    uuid: str | None = None

    def __post_init__(self) -> None:
        _text("usage.gpus.name", self.name, TEXT_LENGTH)
        _text("usage.gpus.uuid", self.uuid, TEXT_LENGTH)
        _within("usage.gpus.powerWatts", self.power_watts, 0, 1e5)
        _within("usage.gpus.percent", self.percent, 0, 100)
        _within("usage.gpus.temperatureCelsius", self.temperature_celsius, -100, 300)
        _within("usage.gpus.memoryUsedMb", self.memory_used_mb, 0, 1e9)
        _within("usage.gpus.memoryTotalMb", self.memory_total_mb, 0, 1e9)


@dataclass(frozen=True)
class Usage:
    cpu_percent: float | None = None
    ram_percent: float | None = None
    ram_used_gb: float | None = None
    ram_total_gb: float | None = None
    gpu_percent: float | None = None
    gpu_temp: float | None = None
    gpu_mem_used_mb: float | None = None
    gpu_mem_total_mb: float | None = None
    gpus: tuple[GraphicsUsage, ...] = ()
    timestamp: str | None = None

    def __post_init__(self) -> None:
        _within("usage.cpuPercent", self.cpu_percent, 0, 100)
        _within("usage.ramPercent", self.ram_percent, 0, 100)
        _within("usage.ramUsedGb", self.ram_used_gb, 0, 1e9)
        _within("usage.ramTotalGb", self.ram_total_gb, 0, 1e9)
        _within("usage.gpuPercent", self.gpu_percent, 0, 100)
        _within("usage.gpuTemp", self.gpu_temp, -100, 300)
        _within("usage.gpuMemUsedMb", self.gpu_mem_used_mb, 0, 1e9)
        _within("usage.gpuMemTotalMb", self.gpu_mem_total_mb, 0, 1e9)
        _text("usage.timestamp", self.timestamp, 64)
        if len(self.gpus) > 64:
            raise ValueError("usage.gpus must have at most 64 entries")


@dataclass(frozen=True)
class Heartbeat:
    status: WorkerState
    usage: Usage = field(default_factory=Usage)
    current_job: str | None = None
    worker_version: str | None = None
    worker_sha256: str | None = None
    current_jobs: tuple[str, ...] | None = None
    """All jobs that the worker has: those at work, and those whose results are on their way. None,
    from a worker that has one at a time: `current_job` tells it."""
    free_slots: int | None = None
    """How many more jobs the worker takes now. None: one, where it is online and has none."""
    pause_reason: str | None = None
    """While `paused`: why, as a sentence for a person."""
    capabilities: tuple[str, ...] | None = None
    """The kinds of jobs that the worker can run now. None: those that it registered with."""
    session: str | None = None
    """One run of the worker: another one after each start."""
    report: int | None = None
    """The number of this heartbeat in its session, given when it was made. The worker may have two
    on their way; what the later one says holds, whichever arrives first."""
    hardware: Hardware | None = None
    """What the computer has, where that is no more what it last told: a card came or went, or its
    owner leaves out another one."""
    name: str | None = None
    """What its owner calls the computer, where that is no more what it last told."""

    def __post_init__(self) -> None:
        _text("name", self.name, NAME_LENGTH, least=1)
        _text("currentJob", self.current_job, 64)
        _text("pauseReason", self.pause_reason, TEXT_LENGTH)
        _kinds("capabilities", self.capabilities or ())
        _within("freeSlots", self.free_slots, 0, SLOTS_MOST)
        _text("session", self.session, 64)
        _within("report", self.report, 0, 1 << 53)
        if self.current_jobs is not None:
            if len(self.current_jobs) > JOBS_HELD_MOST:
                raise ValueError(f"currentJobs must have at most {JOBS_HELD_MOST} entries")
            for job in self.current_jobs:
                _text("currentJobs", job, 64)
        _text("workerVersion", self.worker_version, 64)
        _text("workerSha256", self.worker_sha256, 64)


@dataclass(frozen=True)
class Job:
    """A job as a worker is given it. `spec` is for the kind to understand and to check."""

    id: str
    kind: str
    spec: dict[str, Any]
    timeout_seconds: int
    attempt: int = 1

    def __post_init__(self) -> None:
        if not WORKER_ID_PATTERN.fullmatch(self.id):
            raise ValueError("id must be letters, digits, '.', '_' or '-', at most 64")
        _kinds("kind", (self.kind,))  # a log repeats it
        _within("timeoutSeconds", self.timeout_seconds, 1, TIMEOUT_SECONDS_MOST)
        _within("attempt", self.attempt, 0, ATTEMPT_MOST)


@dataclass(frozen=True)
class WorkerRelease:
    """The worker that the server hands out now."""

    version: str
    sha256: str


@dataclass(frozen=True)
class HeartbeatAnswer:
    """Everything but `pendingJobs` may be missing: an inherited server knows no more."""

    pending_jobs: tuple[Job, ...] = ()
    cancelled_jobs: tuple[str, ...] = ()
    heartbeat_interval_seconds: int = 30
    worker: WorkerRelease | None = None

    def __post_init__(self) -> None:
        _within("heartbeatIntervalSeconds", self.heartbeat_interval_seconds, 1, 3600)


# --- Jobs ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Requirements:
    min_vram_gb: float | None = None
    min_ram_gb: float | None = None
    gpu: bool | None = None
    os: Literal["linux", "windows", "macos"] | None = None

    def __post_init__(self) -> None:
        _within("requirements.minVramGb", self.min_vram_gb, 0, 1e6)
        _within("requirements.minRamGb", self.min_ram_gb, 0, 1e6)


@dataclass(frozen=True)
class JobCreation:
    kind: str
    spec: dict[str, Any]
    requirements: Requirements = field(default_factory=Requirements)
    timeout_seconds: int = 300
    idempotency_key: str | None = None

    def __post_init__(self) -> None:
        _kinds("kind", (self.kind,))
        _within("timeoutSeconds", self.timeout_seconds, 1, TIMEOUT_SECONDS_MOST)
        _text("idempotencyKey", self.idempotency_key, 128, least=1)


@dataclass(frozen=True)
class JobProgress:
    progress: float
    current_operation: str | None = None
    log: tuple[str, ...] = ()
    session: str | None = None
    """One run of the worker: another one after each start."""
    report: int | None = None
    """The number of this report in its session, rising. One that is told again, since its answer
    was lost, has its number again, and is taken once. None: from a worker that does not count."""

    def __post_init__(self) -> None:
        _text("session", self.session, 64)
        _within("report", self.report, 0, 1 << 53)
        _within("progress", self.progress, 0, 100)
        _text("currentOperation", self.current_operation, TEXT_LENGTH)
        if len(self.log) > 1000 or any(len(line) > 4096 for line in self.log):
            raise ValueError("log must have at most 1000 lines of at most 4096 characters")


@dataclass(frozen=True)
class JobCompletion:
    """How a job ended. `result` is JSON whose form the kind decides; `error` is a sentence."""

    status: Literal["completed", "failed"]
    result: dict[str, Any] | None = None
    error: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    attempt: int | None = None

    def __post_init__(self) -> None:
        _text("error", self.error, 4096)
        _within("attempt", self.attempt, 0, ATTEMPT_MOST)
        if len(self.metrics) > 64 or not all(map(math.isfinite, self.metrics.values())):
            raise ValueError("metrics must have at most 64 finite numbers")


# --- Rules -----------------------------------------------------------------------------------


def _within(key: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not least <= value <= most:
        raise ValueError(f"{key} must be between {least:g} and {most:g}")


def _text(key: str, value: str | None, most: int, *, least: int = 0) -> None:
    if value is None:
        return
    if not least <= len(value) <= most:
        raise ValueError(f"{key} must have {least} to {most} characters")
    if not value.isprintable():
        raise ValueError(f"{key} must not contain control characters")


def _plain(text: str, most: int) -> str:
    """One line of at most so many characters, without any that steer a terminal or the direction
    of the text."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 3] + "..."


def _worker_id(value: str) -> None:
    if not WORKER_ID_PATTERN.fullmatch(value):
        raise ValueError("workerId must be letters, digits, '.', '_' or '-', at most 64")


def _kinds(key: str, values: tuple[str, ...]) -> None:
    if len(values) > 32 or not all(map(KIND_PATTERN.fullmatch, values)):
        raise ValueError(f"{key} must be short lower-case names such as 'wasm'")
